"""What no courier took goes on to whoever comes next, and the tasks and receivers around crowds."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from carriers import tasks
from carriers.models import BookingTry, Choice, Offer, PartnerBooking, Profile, Tariff
from carriers.models.choices import How
from carriers.models.crowd import OfferState
from carriers.services import choosing, crowd
from carriers.services.crowd import passing_on
from desk import attention
from desk.models import Role
from notifications.models import Notification
from tests.carriers.bookable import make_contract
from tests.carriers.choices import by_cost, make_carrier
from tests.carriers.crowds import DOOR, ask, begin, make_scene
from tests.dispatch.fleets import make_demand
from tests.dispatch.hubs import make_hub
from tests.factories import NOON, make_member
from tracking.rounds.models import Carrier, CarrierKind
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

MINUTE: Final = timedelta(minutes=1)


def make_partner(slug: str, base: str) -> Carrier:
    """Make a partner that can be chosen and booked with."""
    carrier = make_contract("https://partner.invalid", slug=slug).carrier
    Profile.objects.create(carrier=carrier)
    Tariff.objects.create(carrier=carrier, base=Decimal(base))
    return carrier


def choose() -> tuple[Shipment, Choice]:
    """Let a shipment come in for which a crowd without couriers is cheapest."""
    make_hub()
    neighbours = make_carrier("naapurit", base="1.00", kind=CarrierKind.CROWD)
    shipment = make_demand(None, DOOR, status=Status.CREATED).shipment
    by_cost(shipment.brand)
    choice = choosing.choose(shipment, at=NOON)
    assert choice is not None
    assert choice.carrier == neighbours
    shipment.refresh_from_db()
    return shipment, choice


def end(shipment: Shipment) -> Offer:
    """Ask the crowd about a shipment, whom nobody belongs to."""
    assert shipment.carrier is not None
    offer = crowd.hand_over(shipment, shipment.carrier, at=NOON)
    crowd.sweep(at=NOON + MINUTE)
    offer.refresh_from_db()
    assert offer.state == OfferState.ENDED
    return offer


def asked() -> list[str]:
    return list(BookingTry.objects.order_by("rank").values_list("contract__carrier__slug", flat=True))


def test_what_no_courier_took_goes_to_the_partners_after_the_crowd_once() -> None:
    for slug, base in (("third", "3.00"), ("second", "2.00")):
        make_partner(slug, base)
    shipment, _ = choose()
    end(shipment)

    crowd.sweep(at=NOON + 2 * MINUTE)
    crowd.sweep(at=NOON + 3 * MINUTE)

    assert asked() == ["second", "third"]
    assert PartnerBooking.objects.get().shipment == shipment


def test_where_nobody_comes_next_or_a_person_chose_it_stays_with_the_desk() -> None:
    shipment, choice = choose()
    end(shipment)
    assert crowd.pass_on(shipment, at=NOON) is None

    make_partner("second", "2.00")
    Choice.objects.filter(id=choice.id).update(how=How.HAND, by=make_member(Role.LEAD), reason="They live there.")
    assert crowd.pass_on(shipment, at=NOON) is None
    assert not PartnerBooking.objects.exists()


def test_what_is_offered_again_or_carried_by_others_is_not_passed_on() -> None:
    shipment, _ = choose()
    offer = end(shipment)
    assert passing_on.list_missed(at=NOON + 2 * MINUTE) == [shipment]

    again = crowd.hand_over(shipment, offer.carrier, at=NOON + 2 * MINUTE)
    assert passing_on.list_missed(at=NOON + 2 * MINUTE) == []
    crowd.withdraw(again, at=NOON + 2 * MINUTE)
    shipments.carry(shipment, None, at=NOON + 2 * MINUTE)
    assert passing_on.list_missed(at=NOON + 2 * MINUTE) == []


def test_what_no_courier_has_taken_needs_attention_and_what_they_are_asked_about_does_not() -> None:
    def subjects() -> list[str]:
        found = attention.find(make_member(Role.LEAD), at=NOON + 10 * MINUTE)
        return [row.subject for kind in found if kind.name == "untaken" for row in kind.rows]

    carrier, hub, _ = make_scene()
    offer, _ = begin(carrier, hub)
    assert subjects() == []

    crowd.withdraw(offer, at=NOON)
    assert subjects() == [offer.shipments.get().reference]


def test_tasks_ask_couriers_and_bear_being_called_twice() -> None:
    carrier, hub, _ = make_scene()
    shipment = make_demand(hub, DOOR, latest=NOON.replace(year=2036)).shipment
    shipments.carry(shipment, carrier, at=NOON)

    for _ in range(2):
        tasks.hand_to_crowd(shipment_id=shipment.id)
        tasks.sweep_crowds()
        tasks.follow_offer(offer_id=Offer.objects.get().id)

    assert Offer.objects.get().state == OfferState.OPEN
    assert Notification.objects.filter(shipment=None).count() == 1


def test_a_shipment_that_is_called_off_takes_its_offer_along_by_a_nudge(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier, hub, _ = make_scene()
    offer, _ = ask(carrier, hub)
    nudged: list[int] = []
    monkeypatch.setattr(tasks.follow_offer, "delay", lambda *, offer_id: nudged.append(offer_id))

    with django_capture_on_commit_callbacks(execute=True):
        shipments.record(offer.shipments.get(), Status.CANCELLED, at=NOON)

    assert nudged == [offer.id]
