"""Who is told of a change, where, and that they can take it back."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatch import confirming, tasks
from notifications import segments
from notifications.models import Notification
from notifications.triggers import Channel
from tests.factories import make_shipment
from tracking.changes import services
from tracking.changes.models import Action, Change
from tracking.changes.services import LINK, SMS, Author, Offer
from tracking.shipments.lifecycle import Status

TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def make_change(by: Author = LINK) -> Change:
    shipment = make_shipment(status=Status.AT_HUB, at=TEN - timedelta(hours=20))
    services.offer(shipment, [Offer(Action.SAFE_PLACE, TEN + timedelta(hours=5))], at=TEN)
    return services.ask(shipment, Action.SAFE_PLACE, {"where": "In the shed"}, by=by, at=TEN)


def test_the_recipient_is_told_once_at_the_address_in_the_order() -> None:
    change = make_change()

    told = [confirming.confirm(change, at=TEN) for _ in range(2)]

    letter = Notification.objects.get()
    assert told == [Channel.SMS, Channel.SMS]
    assert (letter.recipient, letter.details["page"]) == ("+358401234567", "tracking:options")
    assert segments.economical(letter.details["text"]) == (
        f"Your delivery {change.shipment.reference} was changed: Leave it in a safe place. In the shed. "
        "Was it not you? Undo it until today, 15:00:"
    )


def test_what_came_from_the_address_itself_and_what_was_undone_is_not_told() -> None:
    undone = services.undo(make_change(), at=TEN)

    assert [confirming.confirm(change, at=TEN) for change in (make_change(SMS), undone)] == [None, None]
    tasks.confirm_change(change_id=0)
    assert not Notification.objects.exists()


def test_who_tries_things_out_is_told_of_the_first_three() -> None:
    shipment = make_change().shipment
    tried = [
        services.ask(shipment, Action.SAFE_PLACE, {"where": f"Shed {number}"}, by=LINK, at=TEN) for number in range(4)
    ]

    assert confirming.confirm(tried[-1], at=TEN) is None
    assert not Notification.objects.exists()
