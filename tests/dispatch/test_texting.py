"""Another time by text message: who is asked, what a digit does, and what comes back."""

from datetime import UTC, datetime, time, timedelta

import pytest

from dispatch import texting
from dispatch.models import Demand, TextedOffer
from dispatch.services import offering
from notifications import segments
from notifications.models import Inbound, Meaning, Notification, Question
from notifications.services import replies
from notifications.triggers import Channel, Trigger
from tests.dispatch.hubs import make_hub, make_slot
from tests.factories import make_shipment
from tracking.changes import services as changes
from tracking.changes.models import Action, Asker, OfferedAction
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MAIJA = "+358401234567"

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def make_missed(*, room: int = 2) -> Shipment:
    """Make somebody who was missed at ten, and may have it in the evening of Tuesday or Wednesday."""
    hub = make_hub()
    make_slot(hub, weekdays="23", room=room)
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, at=TEN - 3 * HOUR)
    Demand.objects.create(shipment=shipment, hub=hub, earliest=TEN - HOUR, latest=TEN + HOUR)
    shipments.record(shipment, Status.ATTEMPTED, at=TEN)
    return refreshed(shipment)


def refreshed(shipment: Shipment, *, at: datetime = TEN) -> Shipment:
    shipment = Shipment.objects.select_related("brand", "stop__route").get(id=shipment.id)
    offering.refresh(shipment, at=at)
    OfferedAction.objects.filter(action=Action.RESCHEDULE).delete()
    return shipment


def text_in(body: str, *, at: datetime = TEN + HOUR) -> Inbound:
    number = Inbound.objects.count()
    return replies.receive(provider_id=f"SM{number}", channel=Channel.SMS, sender=MAIJA, body=body, at=at)


def letters() -> list[str]:
    rows = Notification.objects.filter(trigger=Trigger.REPLY, channel=Channel.SMS).order_by("id")
    return [segments.economical(row.details["text"]) for row in rows]


def test_who_was_missed_is_offered_the_next_times_with_their_prices() -> None:
    shipment = make_missed()

    assert texting.ask(shipment, at=TEN) is True

    (letter,) = letters()
    assert letter.splitlines() == [
        "We missed you. When shall we come? Answer with a digit.",
        "1: Tomorrow, 17:00-20:00 (3.90 EUR)",
        "2: Wednesday 25 November, 17:00-20:00 (3.90 EUR)",
    ]
    question = Question.objects.get()
    assert (question.address, question.choices, question.open_until) == (MAIJA, ["1", "2"], TEN + 12 * HOUR)


def test_a_digit_picks_what_it_stood_for_although_the_offers_have_changed_since() -> None:
    shipment = make_missed()
    texting.ask(shipment, at=TEN)
    make_slot(Demand.objects.get().hub, weekdays="2", starts=time(9))
    refreshed(shipment, at=TEN + HOUR)

    inbound = text_in(" 2. ")

    (change,) = changes.in_force([shipment])
    assert (change.action, change.asked_by, change.details["start"]) == (
        Action.SLOT,
        Asker.SMS,
        "2026-11-25T15:00:00+00:00",
    )
    assert inbound.meaning == Meaning.ANSWER
    assert letters()[-1] == "Done: Wednesday 25 November, 17:00-20:00."


def test_what_is_gone_meanwhile_is_said_to_be_gone() -> None:
    shipment = make_missed(room=1)
    texting.ask(shipment, at=TEN)
    other = make_shipment(status=Status.AT_HUB, at=TEN - 3 * HOUR)
    Demand.objects.create(shipment=other, hub=shipment.demand.hub, earliest=TEN + 24 * HOUR, latest=TEN + 30 * HOUR)
    key = TextedOffer.objects.get().ways[0]["key"]
    offering.refresh(other, at=TEN)
    changes.ask(other, Action.SLOT, {"key": key}, by=changes.LINK, at=TEN)

    text_in("1")

    assert not changes.in_force([shipment])
    assert letters()[-1] == "This is no longer to be had. Please choose something else."


def test_words_that_are_no_digit_are_for_a_person() -> None:
    shipment = make_missed()
    texting.ask(shipment, at=TEN)

    assert text_in("tomorrow please").meaning == Meaning.KEPT
    assert text_in("3").meaning == Meaning.KEPT
    assert not changes.in_force([shipment])


def test_each_attempt_is_asked_about_once() -> None:
    shipment = make_missed()

    assert [texting.ask(shipment, at=TEN) for _ in range(2)] == [True, False]
    shipments.record(shipment, Status.OUT_FOR_DELIVERY, at=TEN + 25 * HOUR)
    shipments.record(shipment, Status.ATTEMPTED, at=TEN + 26 * HOUR)
    shipment.refresh_from_db()
    assert texting.ask(refreshed(shipment, at=TEN + 26 * HOUR), at=TEN + 26 * HOUR) is True
    assert Question.objects.filter(closed_at=None).count() == 1


@pytest.mark.parametrize("reason", ["coming", "no number", "nothing offered", "another question"])
def test_nobody_is_asked_without_need(reason: str) -> None:
    shipment = make_missed(room=0 if reason == "nothing offered" else 2)
    if reason == "coming":
        shipments.record(shipment, Status.OUT_FOR_DELIVERY, at=TEN)
    if reason == "no number":
        Shipment.objects.update(phone="")
    if reason == "another question":
        Question.objects.create(
            address=MAIJA, asker="survey", shipment=shipment, asked_at=TEN, open_until=TEN + 2 * HOUR
        )

    assert texting.ask(Shipment.objects.select_related("brand").get(id=shipment.id), at=TEN) is False
    assert letters() == []
    assert not TextedOffer.objects.exists()
