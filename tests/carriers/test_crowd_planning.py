"""What couriers are asked about is no van's meanwhile, and a van's again when nobody takes it."""

import pytest

from carriers.services import crowd
from carriers.services.crowd import asking, offering
from dispatch import spoken_for
from dispatch.models import Duty, Plan
from dispatch.services import publishing
from tests.carriers.crowds import DOOR, MINUTE, begin, make_scene
from tests.dispatch.fleets import make_demand, make_duty, make_plan
from tests.factories import NOON
from tracking.shipments.models import Shipment, ShipmentQuerySet

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def planned(plan: Plan) -> set[int]:
    return set(plan.visits.values_list("shipment", flat=True))


def on_a_route_of(duty: Duty) -> ShipmentQuerySet:
    return Shipment.objects.filter(stop__route__shift=duty.shift)


def test_what_couriers_are_asked_about_is_not_planned_until_the_offer_has_ended() -> None:
    carrier, hub, _ = make_scene()
    make_duty(hub)
    offer, offered = begin(carrier, hub)
    other = make_demand(hub).shipment

    assert planned(make_plan(hub)) == {other.id}

    crowd.withdraw(offer, at=NOON)
    assert planned(make_plan(hub)) == {other.id, offered.id}


def test_a_plan_of_before_puts_nothing_on_a_van_that_couriers_are_asked_about_since() -> None:
    carrier, hub, _ = make_scene()
    duty = make_duty(hub)
    offered, other = make_demand(hub, DOOR).shipment, make_demand(hub).shipment
    plan = make_plan(hub)
    assert planned(plan) == {offered.id, other.id}
    offer = crowd.hand_over(offered, carrier, at=NOON)

    publishing.publish(plan, by=None, at=NOON + MINUTE)

    assert list(on_a_route_of(duty)) == [other]
    crowd.follow(offer.id, at=NOON + MINUTE)
    assert list(offer.shipments.filter(offered__until=None)) == [offered]


def test_a_plan_that_left_something_out_takes_it_off_no_couriers_route() -> None:
    carrier, hub, _ = make_scene()
    offered = make_demand(hub, DOOR).shipment
    plan = make_plan(hub)
    assert list(plan.visits.filter(tour=None).values_list("shipment", flat=True)) == [offered.id]
    offer = crowd.hand_over(offered, carrier, at=NOON)
    (invitation,) = asking.widen(offer.id, at=NOON)
    accepted = crowd.accept(invitation, at=NOON)

    publishing.publish(plan, by=None, at=NOON + MINUTE)

    assert list(Shipment.objects.filter(stop__route__shift=accepted.shift)) == [offered]


def test_one_name_speaks_for_one_set_of_shipments() -> None:
    offering.register()

    with pytest.raises(spoken_for.NameTaken):
        spoken_for.register("crowd", Shipment.objects.all)
