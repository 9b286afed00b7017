"""Offers before anybody has taken them: what they hold, whom they go to, how far out, and how they end."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from carriers import signals
from carriers.models.crowd import Courier, Invitation, Offer, OfferState, Terms
from carriers.services import crowd, places
from carriers.services.crowd import CannotBeOffered, asking, fitting, offering
from notifications.models import Notification
from tests.carriers.crowds import (
    DOOR,
    HOUR,
    MINUTE,
    answers,
    ask,
    begin,
    invitations_of,
    make_courier,
    make_crowd,
    make_scene,
)
from tests.dispatch.fleets import make_demand
from tests.dispatch.hubs import make_hub
from tests.factories import NOON, make_driver, make_route, make_shipment
from tracking.figures.models import DriverScore
from tracking.rounds import services as rounds
from tracking.rounds.models import Carrier, CarrierKind, ShiftState
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

BESIDE = (60.1691, 24.9458)


def rate(courier: Courier, stars: float, n: int) -> None:
    DriverScore.objects.create(
        driver=courier.driver, since=date(2026, 9, 1), until=date(2026, 11, 22), stars=stars, stars_n=n
    )


def asked(offer: Offer) -> list[Courier]:
    return [invitation.courier for invitation in invitations_of(offer)]


def test_what_is_handed_to_a_crowd_is_offered_with_its_load_time_and_pay() -> None:
    carrier, hub, _ = make_scene()

    offer, shipment = begin(carrier, hub)

    shipment.refresh_from_db()
    assert shipment.carrier == carrier
    assert list(offer.shipments.all()) == [shipment]
    assert (offer.mass_g, offer.volume_ml, offer.doors) == (1_000, 8_000, 1)
    assert (offer.earliest, offer.latest) == (NOON, NOON + 8 * HOUR)
    assert offer.cell == places.cell_at(*DOOR)
    assert offer.pay == Decimal("4.20") + (Decimal("0.80") * offer.kilometres).quantize(Decimal("0.01"))
    assert (offer.state, offer.ring) == (OfferState.GATHERING, None)


def test_handing_over_twice_is_one_offer() -> None:
    carrier, hub, _ = make_scene()
    offer, shipment = begin(carrier, hub)

    assert crowd.hand_over(shipment, carrier, at=NOON + MINUTE) == offer
    assert Offer.objects.count() == 1


def test_what_goes_next_door_at_the_same_time_joins_and_pays_for_its_door() -> None:
    carrier, hub, _ = make_scene()
    offer, first = begin(carrier, hub)
    second = make_demand(hub, BESIDE, earliest=NOON + HOUR, latest=NOON + 9 * HOUR).shipment
    Shipment.objects.filter(id=second.id).update(brand=first.brand)

    joined = crowd.hand_over(second, carrier, at=NOON)

    assert joined == offer
    offer.refresh_from_db()
    assert (offer.doors, offer.mass_g, offer.volume_ml) == (2, 2_000, 16_000)
    assert (offer.earliest, offer.latest) == (NOON + HOUR, NOON + 8 * HOUR)
    assert offer.pay == 2 * Decimal("4.20") + (Decimal("0.80") * offer.kilometres).quantize(Decimal("0.01"))


@pytest.mark.parametrize(
    ("point", "earliest", "is_same_brand"),
    [((60.1740, 24.9410), NOON, True), (BESIDE, NOON + 7 * HOUR + 40 * MINUTE, True), (BESIDE, NOON, False)],
)
def test_what_goes_elsewhere_later_or_for_another_shop_is_an_offer_of_its_own(
    point: tuple[float, float], earliest: datetime, is_same_brand: bool
) -> None:
    carrier, hub, _ = make_scene()
    offer, first = begin(carrier, hub)
    other = make_demand(hub, point, earliest=earliest, latest=NOON + 9 * HOUR).shipment
    if is_same_brand:
        Shipment.objects.filter(id=other.id).update(brand=first.brand)

    assert crowd.hand_over(other, carrier, at=NOON) != offer


def test_no_more_than_three_doors_are_one_errand() -> None:
    carrier, hub, _ = make_scene()
    offer, first = begin(carrier, hub)
    points = [BESIDE, (60.1690, 24.9460), (60.1688, 24.9452)]
    others = [make_demand(hub, point).shipment for point in points]
    Shipment.objects.filter(id__in=[other.id for other in others]).update(brand=first.brand)

    found = [crowd.hand_over(other, carrier, at=NOON) for other in others]

    assert [other == offer for other in found] == [True, True, False]


def test_what_nobody_can_be_sent_with_is_not_offered_and_nothing_changes() -> None:
    carrier, hub, _ = make_scene()
    too_late = make_demand(hub, DOOR, earliest=NOON - 5 * HOUR, latest=NOON + 29 * MINUTE).shipment
    nowhere = make_demand(hub, None).shipment
    on_the_road = make_shipment(status=Status.OUT_FOR_DELIVERY)
    on_a_round = make_route([DOOR]).stops.get().shipments.get()

    for shipment in (too_late, nowhere, on_the_road, on_a_round):
        with pytest.raises(CannotBeOffered):
            crowd.hand_over(shipment, carrier, at=NOON)
        assert Shipment.objects.get(id=shipment.id).carrier is None
    assert not Offer.objects.exists()


def test_a_carrier_that_is_no_crowd_asks_nobody() -> None:
    hub = make_hub()
    own = Carrier.objects.create(slug="vans", name="Vans", kind=CarrierKind.OWN_FLEET)

    with pytest.raises(CannotBeOffered):
        crowd.hand_over(make_demand(hub, DOOR).shipment, own, at=NOON)


def test_those_nearest_are_asked_first_and_the_circle_widens_after_a_while() -> None:
    carrier, hub, [here] = make_scene(widens_seconds=120, answer_seconds=3_600)
    [near, far] = [make_courier(carrier, hub, ring=ring) for ring in (1, 3)]
    make_courier(carrier, hub, ring=5)

    offer, _ = ask(carrier, hub)
    assert (offer.state, offer.ring, asked(offer)) == (OfferState.OPEN, 0, [here])

    asking.widen(offer.id, at=NOON + timedelta(seconds=119))
    assert asked(offer) == [here]
    asking.widen(offer.id, at=NOON + timedelta(seconds=120))
    assert asked(offer) == [here, near]
    asking.widen(offer.id, at=NOON + timedelta(seconds=240))
    assert asked(offer) == [here, near, far]
    asking.widen(offer.id, at=NOON + timedelta(seconds=360))
    offer.refresh_from_db()
    assert (offer.ring, asked(offer)) == (4, [here, near, far])


def test_asking_twice_at_one_moment_asks_once() -> None:
    carrier, hub, _ = make_scene(couriers=2)

    offer, _ = ask(carrier, hub)
    again = asking.widen(offer.id, at=NOON)

    assert not again
    assert len(asked(offer)) == 2
    assert Notification.objects.count() == 2


def test_nobody_is_asked_who_cannot_carry_it_does_not_want_to_or_is_suspended() -> None:
    carrier, hub, [fits] = make_scene()
    make_courier(carrier, hub, payload_g=999)
    make_courier(carrier, hub, is_available=False)
    make_courier(carrier, hub, suspended_at=NOON)
    make_courier(carrier, hub, available_from=time(17), available_until=time(20))
    make_courier(make_crowd(), hub)

    offer, _ = ask(carrier, hub)

    assert asked(offer) == [fits]


@pytest.mark.parametrize(
    ("since", "until", "is_asked"),
    [
        (time(12), time(13), True),
        (time(11), time(12), False),
        (time(22), time(12, 1), True),
        (time(22), time(6), False),
        (time(12), time(12), True),
    ],
)
def test_hours_are_by_the_clock_at_the_door_and_may_go_past_midnight(since: time, until: time, is_asked: bool) -> None:
    carrier, hub, _ = make_scene(couriers=0)
    make_courier(carrier, hub, available_from=since, available_until=until)

    offer, _ = ask(carrier, hub)

    assert bool(asked(offer)) == is_asked


def test_whom_shoppers_rate_below_the_floor_is_not_asked_once_enough_have_and_the_best_are_asked_first() -> None:
    carrier, hub, [unrated, low, hardly_rated, good] = make_scene(couriers=4, least_stars=3.5, least_ratings=5)
    rate(low, 3.4, 5)
    rate(hardly_rated, 1.0, 4)
    rate(good, 4.8, 40)

    offer, _ = ask(carrier, hub)

    assert asked(offer) == [good, hardly_rated, unrated]


def test_who_is_at_work_or_has_another_errand_is_not_asked() -> None:
    carrier, hub, [free, at_work, on_an_errand] = make_scene(couriers=3)
    shift = rounds.plan_shift(at_work.driver, starts_at=NOON - HOUR, ends_at=NOON + HOUR)
    rounds.move_shift(shift, ShiftState.WORKING, at=NOON - HOUR)
    _, invitations = ask(carrier, hub)
    crowd.accept(next(each for each in invitations if each.courier == on_an_errand), at=NOON)

    offer, _ = ask(carrier, hub, at=NOON + MINUTE)

    assert asked(offer) == [free]


def test_who_was_seen_lately_is_where_they_were_seen_and_at_home_later() -> None:
    carrier, hub, [courier] = make_scene()
    far = places.cell_at(60.25, 25.10)
    Courier.objects.update(seen_cell=far, seen_at=NOON - timedelta(hours=2) + MINUTE)
    offer, _ = begin(carrier, hub)
    terms = Terms.objects.get()

    assert fitting.find(offer, terms, ring=4, at=NOON) == []
    assert fitting.find(offer, terms, ring=0, at=NOON + MINUTE) == [courier]


def test_finding_couriers_is_one_query(django_assert_num_queries: Any) -> None:
    carrier, hub, _ = make_scene(couriers=3)
    offer, _ = begin(carrier, hub)
    terms = Terms.objects.get()

    with django_assert_num_queries(1):
        assert len(fitting.find(offer, terms, ring=2, at=NOON)) == 3


def test_where_nobody_is_left_to_ask_the_offer_ends_and_whoever_listens_hears_of_it(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    heard: list[object] = []

    def hear(offer_id: int, shipment_ids: list[int], **_: object) -> None:
        heard.append((offer_id, shipment_ids))

    carrier, hub, _ = make_scene(couriers=0)
    signals.offer_ended.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            offer, _ = ask(carrier, hub)
    finally:
        signals.offer_ended.disconnect(hear)

    [shipment_id] = offer.shipments.values_list("id", flat=True)
    assert (offer.state, offer.ended_at) == (OfferState.ENDED, NOON)
    assert heard == [(offer.id, [shipment_id])]
    assert crowd.hand_over(Shipment.objects.get(id=shipment_id), carrier, at=NOON) != offer


def test_an_offer_waits_for_those_asked_and_ends_when_their_time_is_over() -> None:
    carrier, hub, _ = make_scene(last_ring=0, answer_seconds=600)
    offer, _ = ask(carrier, hub)

    crowd.sweep(at=NOON + timedelta(seconds=599))
    assert answers(offer) == ["asked"]
    crowd.sweep(at=NOON + timedelta(seconds=600))

    offer.refresh_from_db()
    assert answers(offer) == ["expired"]
    assert offer.state == OfferState.ENDED


def test_an_offer_ends_half_an_hour_before_it_would_be_too_late() -> None:
    carrier, hub, _ = make_scene(answer_seconds=100_000)
    offer, _ = ask(carrier, hub)

    crowd.sweep(at=NOON + 8 * HOUR - 31 * MINUTE)
    assert Offer.objects.get().state == OfferState.OPEN
    crowd.sweep(at=NOON + 8 * HOUR - 30 * MINUTE)

    assert Offer.objects.get().state == OfferState.ENDED
    assert answers(offer) == ["expired"]


def test_staff_can_withdraw_an_offer_once() -> None:
    carrier, hub, _ = make_scene()
    offer, _ = ask(carrier, hub)

    assert crowd.withdraw(offer, at=NOON)
    assert not crowd.withdraw(offer, at=NOON)

    offer.refresh_from_db()
    assert (offer.state, answers(offer)) == (OfferState.WITHDRAWN, ["withdrawn"])


def test_what_somebody_else_carries_leaves_its_offer() -> None:
    carrier, hub, _ = make_scene()
    offer, shipment = begin(carrier, hub)

    crowd.take_away(shipment, at=NOON)
    crowd.take_away(shipment, at=NOON)

    offer.refresh_from_db()
    assert (offer.state, offer.offered.get().until) == (OfferState.WITHDRAWN, NOON)


@pytest.mark.parametrize("how", ["cancelled", "another carrier", "a van"])
def test_an_offer_whose_shipment_goes_another_way_is_withdrawn_by_the_next_sweep(how: str) -> None:
    carrier, hub, _ = make_scene()
    offer, _ = ask(carrier, hub)
    shipment = offer.shipments.get()
    if how == "cancelled":
        shipments.record(shipment, Status.CANCELLED, at=NOON)
    elif how == "another carrier":
        shipments.carry(shipment, make_driver().carrier, at=NOON)
    else:
        shipments.assign(shipment, make_route([DOOR], is_active=False).stops.get(), at=NOON)

    crowd.sweep(at=NOON + MINUTE)

    offer.refresh_from_db()
    assert (offer.state, answers(offer)) == (OfferState.WITHDRAWN, ["withdrawn"])


def test_what_a_crowd_was_given_elsewhere_is_offered_by_the_sweep_once() -> None:
    carrier, hub, _ = make_scene()
    shipment = make_demand(hub, DOOR).shipment
    shipments.carry(shipment, carrier, at=NOON)

    crowd.hand_over_waiting(at=NOON)
    crowd.hand_over_waiting(at=NOON)

    assert Offer.objects.get().shipments.get() == shipment
    crowd.withdraw(Offer.objects.get(), at=NOON)
    crowd.hand_over_waiting(at=NOON)
    assert Offer.objects.count() == 1
    assert not offering.unasked().exists()


def test_a_suspended_courier_is_asked_no_more_and_what_they_were_asked_is_taken_back() -> None:
    carrier, hub, [courier] = make_scene(last_ring=0)
    offer, _ = ask(carrier, hub)

    crowd.suspend(courier, at=NOON)

    assert answers(offer) == ["withdrawn"]
    crowd.sweep(at=NOON)
    assert Offer.objects.get().state == OfferState.ENDED
    crowd.reinstate(courier)
    assert ask(carrier, hub)[1][0].courier == courier


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [
        ("offer_has_time", {"latest": NOON - HOUR}),
        ("offer_accepted_means_by_whom", {"state": OfferState.ACCEPTED}),
        ("offer_over_means_ended_at", {"state": OfferState.DONE}),
        ("offer_over_means_ended_at", {"ended_at": NOON}),
        ("offer_open_means_by_nobody", {"accepted_at": NOON}),
    ],
)
def test_an_offer_says_nothing_impossible(constraint: str, wrong: dict[str, object]) -> None:
    carrier, hub, _ = make_scene()
    begin(carrier, hub)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Offer.objects.update(**wrong)


def test_a_shipment_is_in_one_offer_at_a_time() -> None:
    carrier, hub, _ = make_scene()
    _, shipment = begin(carrier, hub)
    other, _ = begin(carrier, hub, at=NOON)

    with pytest.raises(IntegrityError, match=r"offered_once_at_a_time|UNIQUE"), transaction.atomic():
        other.offered.create(shipment=shipment)


def test_a_courier_is_asked_once_each_time_an_offer_goes_out() -> None:
    carrier, hub, _ = make_scene()
    _, [invitation] = ask(carrier, hub)
    invitation.pk, invitation.token, invitation.question = None, "another", None

    with pytest.raises(IntegrityError, match=r"invitation_once_each_time_out|UNIQUE"), transaction.atomic():
        invitation.save()


@pytest.mark.parametrize(
    ("constraint", "model", "wrong"),
    [
        ("invitation_answered_means_when", Invitation, {"answer": "declined"}),
        ("courier_hours_have_both_ends", Courier, {"available_from": time(8)}),
        ("courier_seen_means_where", Courier, {"seen_at": NOON}),
        ("terms_take_time", Terms, {"widens_seconds": 0}),
        ("terms_stars_are_at_most_five", Terms, {"least_stars": 5.5}),
    ],
)
def test_what_is_kept_of_crowds_says_nothing_impossible(
    constraint: str, model: type[Invitation] | type[Courier] | type[Terms], wrong: dict[str, object]
) -> None:
    carrier, hub, _ = make_scene()
    ask(carrier, hub)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model.objects.update(**wrong)
