"""Many at once, on a real database: whoever says yes first has it, and everything else happens once."""

from functools import partial

import pytest
from django.db import connection
from django.test import Client

from carriers.models.crowd import Answer, Earning, Invitation, Offer, OfferState
from carriers.services import crowd
from carriers.services.crowd import NotForYou, Why, asking
from notifications.models import Notification
from tests.carriers.crowds import DOOR, answers, ask, begin, make_scene
from tests.dispatch.fleets import make_demand
from tests.factories import NOON
from tests.tracking.test_races import at_once
from tracking.rounds.models import Shift
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status

COURIERS = 20

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_twenty_who_accept_at_once_exactly_one_has_it_and_the_others_hear_that_somebody_was_faster() -> None:
    carrier, hub, _ = make_scene(couriers=COURIERS)
    offer, invitations = ask(carrier, hub)
    assert len(invitations) == COURIERS

    said = at_once(*[partial(crowd.accept, invitation, at=NOON) for invitation in invitations])

    assert [each for each in said if isinstance(each, Offer)] == [offer]
    assert [each.why for each in said if isinstance(each, NotForYou)] == [Why.FASTER] * (COURIERS - 1)
    assert sorted(answers(offer)) == ["accepted"] + ["overtaken"] * (COURIERS - 1)
    winner = Invitation.objects.get(answer=Answer.ACCEPTED)
    assert Offer.objects.get().courier == winner.courier
    assert Shift.objects.get().driver == winner.courier.driver


def test_twenty_taps_on_twenty_phones_are_one_yes_and_nineteen_kind_pages() -> None:
    def tap(token: str) -> tuple[int, bool]:
        page = Client().post(f"/offer/{token}/accept/")
        connection.close()
        return page.status_code, "Somebody was faster" in page.content.decode()

    carrier, hub, _ = make_scene(couriers=COURIERS, answer_seconds=10**8)
    demand = make_demand(hub, DOOR, latest=NOON.replace(year=2036))
    offer = crowd.hand_over(demand.shipment, carrier, at=NOON)
    asking.widen(offer.id, at=NOON)

    said = at_once(*[partial(tap, token) for token in offer.invitations.values_list("token", flat=True)])

    assert sorted(map(str, said)) == ["(302, False)"] + ["(409, True)"] * (COURIERS - 1)


def test_one_courier_who_accepts_two_errands_at_once_has_one() -> None:
    carrier, hub, _ = make_scene()
    (_, [one]), (_, [other]) = ask(carrier, hub), ask(carrier, hub)

    said = at_once(*[partial(crowd.accept, invitation, at=NOON) for invitation in (one, other)])

    assert [each.why for each in said if isinstance(each, NotForYou)] == [Why.BUSY]
    assert Offer.objects.filter(state=OfferState.ACCEPTED).count() == 1


def test_two_workers_that_ask_at_once_ask_everybody_once() -> None:
    carrier, hub, _ = make_scene(couriers=3)
    offer, _ = begin(carrier, hub)

    at_once(*[partial(asking.widen, offer.id, at=NOON)] * 3)

    assert answers(offer) == ["asked"] * 3
    assert Notification.objects.count() == 3


def test_a_shipment_that_two_hand_over_at_once_is_in_one_offer() -> None:
    carrier, hub, _ = make_scene()
    shipment = make_demand(hub, DOOR).shipment

    found = at_once(*[partial(crowd.hand_over, shipment, carrier, at=NOON)] * 3)

    assert len({each.pk for each in found if isinstance(each, Offer)}) == 1
    assert Offer.objects.count() == 1


def test_what_is_withdrawn_and_accepted_at_once_is_one_of_both() -> None:
    carrier, hub, _ = make_scene(couriers=2)
    for _ in range(3):
        offer, [invitation, *_] = ask(carrier, hub)

        at_once(partial(crowd.accept, invitation, at=NOON), partial(crowd.withdraw, offer, at=NOON))

        offer.refresh_from_db()
        assert offer.state == OfferState.WITHDRAWN
        assert not Shift.objects.exists()
        assert "accepted" not in answers(offer)


def test_what_two_workers_find_brought_is_paid_once() -> None:
    carrier, hub, _ = make_scene()
    offer, [invitation] = ask(carrier, hub)
    crowd.accept(invitation, at=NOON)
    for status in (Status.OUT_FOR_DELIVERY, Status.DELIVERED):
        shipments.record(offer.shipments.get(), status, at=NOON)

    at_once(*[partial(crowd.follow, offer.id, at=NOON)] * 3)

    assert Earning.objects.get().amount == offer.pay
    assert Offer.objects.get().state == OfferState.DONE
