from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from carriers import signals
from carriers.criteria import Criterion, Source
from carriers.models import Bench, Choice, Floor, Profile, Tariff, Weighing
from carriers.models.choices import Floored, How
from carriers.scoring.scales import Figure
from carriers.services import choosing, crowd
from carriers.services.choosing import AlreadyTheirs, TooLate, records
from carriers.services.choosing.market import WhyNot
from desk.models import Role
from dispatch.models import Demand, Level, Quote
from tests.carriers.choices import by_cost, make_carrier, make_score, make_weighing
from tests.carriers.crowds import DOOR, make_crowd
from tests.dispatch.fleets import make_demand, make_duty
from tests.dispatch.hubs import make_hub
from tests.factories import NOON, make_brand, make_member, make_route, make_shipment
from tracking.figures.models import CarrierScore
from tracking.models import Brand, Place, Shipment
from tracking.rounds.models import CarrierKind
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def lead() -> User:
    return make_member(Role.LEAD)


def names(shipment: Shipment) -> list[str]:
    return [one.carrier.slug for one in choosing.ranked(shipment, at=NOON)]


def refused(shipment: Shipment) -> dict[str, WhyNot]:
    return dict(choosing.survey(shipment, at=NOON).account.refused)


def line(shipment: Shipment, slug: str, criterion: Criterion) -> Any:
    found = next(one for one in choosing.ranked(shipment, at=NOON) if one.carrier.slug == slug)
    return next(line for line in found.sum.lines if line.criterion == criterion)


def test_whoever_has_the_best_sum_gets_it_and_the_sum_is_kept(brand: Brand) -> None:
    make_weighing(brand)
    cheap, good = make_carrier("cheap", base="4.00"), make_carrier("good", base="6.00")
    make_score(cheap, on_window=0.7, on_window_n=200)
    make_score(good, on_window=0.98, on_window_n=200)
    shipment = make_shipment(brand=brand)

    choice = choosing.choose(shipment, at=NOON)

    assert choice is not None
    assert (choice.carrier, choice.how, choice.by) == (good, How.SUM, None)
    shipment.refresh_from_db()
    assert shipment.carrier == good
    kept = records.of(choice)
    assert [told.name for told in kept.ranked] == ["Good", "Cheap"]
    assert kept.again() == [told.sum for told in kept.ranked]


def test_the_sum_stays_as_it_was_whatever_is_known_later(brand: Brand) -> None:
    weighing = make_weighing(brand)
    carrier = make_carrier("posti", base="4.00")
    make_score(carrier, on_window=0.9, on_window_n=50)
    choice = choosing.choose(make_shipment(brand=brand), at=NOON)
    assert choice is not None
    before = records.of(choice)

    Tariff.objects.update(base=9)
    Weighing.objects.filter(pk=weighing.pk).update(dear=5)
    CarrierScore.objects.all().delete()
    choice.refresh_from_db()

    assert records.of(choice) == before
    assert before.again() == [told.sum for told in before.ranked]


def test_choosing_twice_chooses_once(brand: Brand) -> None:
    by_cost(brand)
    make_carrier("posti", base="4.00")
    shipment = make_shipment(brand=brand)

    assert choosing.choose(shipment, at=NOON) is not None
    assert choosing.choose(shipment, at=NOON) is None

    assert Choice.objects.count() == 1


@pytest.mark.parametrize("is_on", [False, None])
def test_nobody_is_chosen_for_a_brand_that_has_not_switched_it_on(brand: Brand, is_on: bool | None) -> None:
    if is_on is not None:
        make_weighing(brand, is_on=is_on)
    make_carrier("posti", base="4.00")
    shipment = make_shipment(brand=brand)

    assert choosing.choose(shipment, at=NOON) is None

    assert names(shipment) == ["posti"]
    assert not Choice.objects.exists()


def test_what_came_with_a_carrier_keeps_it(brand: Brand) -> None:
    by_cost(brand)
    make_carrier("posti", base="4.00")
    named, shipment = make_carrier("named", base="9.00"), make_shipment(brand=brand)
    shipments.carry(shipment, named, at=NOON)

    assert choosing.choose(shipment, at=NOON) is None

    shipment.refresh_from_db()
    assert shipment.carrier == named


def test_where_nobody_can_carry_it_it_waits_and_is_tried_again(brand: Brand) -> None:
    by_cost(brand)
    make_carrier("posti", base="4.00", area="33")
    shipment = make_shipment(brand=brand, at=NOON - timedelta(minutes=1))

    assert choosing.choose(shipment, at=NOON) is None
    assert refused(shipment) == {"Posti": WhyNot.AREA}
    assert choosing.list_missed(at=NOON) == [shipment.id]

    Profile.objects.update(area="33 001")
    assert choosing.choose(shipment, at=NOON) is not None
    assert choosing.list_missed(at=NOON) == []


def test_what_came_in_just_now_is_left_to_its_nudge(brand: Brand) -> None:
    by_cost(brand)
    make_shipment(brand=brand, at=NOON - timedelta(seconds=10))
    make_shipment(brand=make_brand(), at=NOON - timedelta(minutes=10))

    assert choosing.list_missed(at=NOON) == []


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        ({"area": "33 34"}, WhyNot.AREA),
        ({"levels": "same_day slot"}, WhyNot.LEVEL),
        ({"most_mass_g": 900}, WhyNot.TOO_HEAVY),
        ({"reach_m": 300}, WhyNot.TOO_FAR),
        ({"deliveries_a_day": 0}, WhyNot.FULL),
        ({"deliveries_an_hour": 6}, WhyNot.FULL),
    ],
)
def test_who_cannot_carry_it_is_named_with_the_reason(brand: Brand, profile: dict[str, Any], why: WhyNot) -> None:
    make_hub()
    make_carrier("posti", base="4.00", **profile)
    shipment = make_shipment(brand=brand)
    Shipment.objects.filter(id=shipment.id).update(hub=Place.objects.get())

    assert names(shipment) == []
    assert refused(shipment) == {"Posti": why}


def test_a_carrier_with_a_reach_is_asked_only_where_the_way_is_known(brand: Brand) -> None:
    make_carrier("posti", base="4.00", reach_m=10_000)
    shipment = make_shipment(brand=brand)

    assert refused(shipment) == {"Posti": WhyNot.NO_POINT}


def test_the_tariff_of_the_most_exact_zone_counts(brand: Brand) -> None:
    carrier = make_carrier("posti", base="4.00")
    Tariff.objects.create(carrier=carrier, postcode="00", base=Decimal(5))
    Tariff.objects.create(carrier=carrier, postcode="0010", base=Decimal(6), per_kg=Decimal("0.5"))
    Tariff.objects.create(carrier=carrier, postcode="33", base=Decimal(7))

    found = line(make_shipment(brand=brand), "posti", Criterion.COST)

    assert found.figure.value == Decimal("6.50")


def test_a_carrier_without_a_tariff_there_cannot_have_it(brand: Brand) -> None:
    carrier = make_carrier("posti")
    Tariff.objects.create(carrier=carrier, postcode="33", base=Decimal(7))

    assert refused(make_shipment(brand=brand)) == {"Posti": WhyNot.NO_TARIFF}


def test_own_vans_cost_what_their_drivers_and_kilometres_do(brand: Brand) -> None:
    duty = make_duty()
    own = duty.shift.driver.carrier
    Profile.objects.create(
        carrier=own, hub=duty.hub.place, deliveries_an_hour=12, doors_a_round=40, metres_between_doors=400,
        vehicle_type=duty.vehicle_type,
    )  # fmt: skip
    shipment = make_shipment(brand=brand)

    # 30 an hour / 12, 20 a shift / 40 doors, 0.30 a km × (2 × 0.570 km / 40 + 0.400 km)
    assert line(shipment, "own", Criterion.COST).figure.value == Decimal("3.13")
    # 0.317 kg a km
    assert line(shipment, "own", Criterion.CO2).figure.value == Decimal(136)
    # 8 hours × 12 an hour, all of it free
    assert line(shipment, "own", Criterion.CAPACITY).figure.value == Decimal(1)


def test_a_crowd_costs_what_its_terms_pay_for_an_offer(brand: Brand) -> None:
    hub, crowd_ = make_hub(), make_crowd()
    Profile.objects.create(carrier=crowd_)
    Tariff.objects.create(carrier=crowd_, base=Decimal(99))
    shipment = make_demand(hub, DOOR).shipment

    cost = line(shipment, crowd_.slug, Criterion.COST).figure

    assert cost == Figure(crowd.hand_over(shipment, crowd_, at=NOON).pay, source=Source.PAY)
    assert cost.value > Decimal("4.20")


def test_nobody_knows_what_a_crowd_is_paid_where_the_way_is_not_known(brand: Brand) -> None:
    crowd_ = make_crowd()
    Profile.objects.create(carrier=crowd_)

    assert line(make_shipment(brand=brand), crowd_.slug, Criterion.COST).figure.value is None


def test_a_cost_says_what_it_is_worked_out_from_and_a_record_of_before_does_not(brand: Brand) -> None:
    by_cost(brand)
    make_carrier("posti", base="4.00")
    choice = choosing.choose(make_shipment(brand=brand), at=NOON)
    assert choice is not None

    (told,) = records.of(choice).ranked
    assert told.sum.lines[0].figure == Figure(Decimal("4.00"), source=Source.TARIFF)

    del choice.account["ranked"][0]["lines"][0]["source"]
    (told,) = records.of(choice).ranked
    assert told.sum.lines[0].figure == Figure(Decimal("4.00"))


def test_what_a_checkout_reckoned_counts_for_our_own_vans(brand: Brand) -> None:
    own = make_carrier("own", kind=CarrierKind.OWN_FLEET)
    make_carrier("crowd", kind=CarrierKind.CROWD)
    shipment = make_shipment(brand=brand)
    offers = [
        {
            "key": "next_day-1",
            "hub": "kamppi",
            "sum": [{"hub": "other", "money": "1.00"}, {"hub": "kamppi", "money": "2.35"}],
        }
    ]
    Quote.objects.create(
        brand=brand, latitude=60.0, longitude=24.0, mass_g=1, volume_ml=1, offers=offers, made_at=NOON,
        valid_until=NOON, shipment=shipment, taken="next_day-1", taken_at=NOON,
    )  # fmt: skip

    assert own.kind == CarrierKind.OWN_FLEET
    assert line(shipment, "own", Criterion.COST).figure.value == Decimal("2.35")
    assert line(shipment, "crowd", Criterion.COST).figure.value is None


def test_a_carriers_own_figure_of_emissions_counts_per_parcel(brand: Brand) -> None:
    make_carrier("posti", base="4.00", grams_a_parcel=310, source="Their report of 2025")
    shipment = make_shipment(brand=brand, parcel_numbers=["A", "B"])

    assert line(shipment, "posti", Criterion.CO2).figure.value == Decimal(620)


def test_the_last_place_of_a_day_is_given_away_once(brand: Brand) -> None:
    by_cost(brand)
    make_carrier("few", base="1.00", deliveries_a_day=2)
    make_carrier("many", base="2.00")
    given = [make_shipment(brand=brand) for _ in range(4)]

    chosen = [choosing.choose(shipment, at=NOON) for shipment in given]

    assert [choice and choice.carrier.slug for choice in chosen] == ["few", "few", "many", "many"]


def test_who_moved_on_or_was_cancelled_takes_up_no_room(brand: Brand, lead: User) -> None:
    by_cost(brand)
    make_carrier("few", base="1.00", deliveries_a_day=1)
    other = make_carrier("many", base="2.00")
    moved, cancelled, third = (make_shipment(brand=brand) for _ in range(3))

    choosing.choose(moved, at=NOON)
    choosing.choose_by_hand(moved, other, reason="They know the house", by=lead, at=NOON)
    choosing.choose(cancelled, at=NOON)
    shipments.record(cancelled, Status.CANCELLED, at=NOON)
    choice = choosing.choose(third, at=NOON)

    assert choice is not None
    assert choice.carrier.slug == "few"


def test_who_is_benched_is_not_chosen_and_what_they_carry_goes_on(brand: Brand) -> None:
    by_cost(brand)
    benched = make_carrier("benched", base="1.00")
    make_carrier("other", base="2.00")
    first, second = make_shipment(brand=brand), make_shipment(brand=brand)
    choosing.choose(first, at=NOON)
    Bench.objects.create(
        carrier=benched, since=NOON, criterion=Floored.ON_WINDOW, figure=Decimal("0.7"), n=40, floor=Decimal("0.8")
    )

    choosing.choose(second, at=NOON)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.carrier, second.carrier and second.carrier.slug) == (benched, "other")
    assert refused(second) == {"Benched": WhyNot.BENCHED}


def test_a_person_may_choose_anybody_with_a_reason(brand: Brand, lead: User) -> None:
    by_cost(brand)
    make_carrier("cheap", base="1.00")
    dear = make_carrier("dear", base="9.00", area="33")
    shipment = make_shipment(brand=brand)
    choosing.choose(shipment, at=NOON)

    choice = choosing.choose_by_hand(shipment, dear, reason="The customer asked for it", by=lead, at=NOON)

    shipment.refresh_from_db()
    assert shipment.carrier == dear
    assert (choice.how, choice.by, choice.reason) == (How.HAND, lead, "The customer asked for it")
    assert [told.name for told in records.of(choice).ranked] == ["Cheap"]
    assert records.of(choice).refused == [("Dear", WhyNot.AREA)]


def test_by_hand_it_comes_off_its_route(lead: User) -> None:
    route = make_route([(60.1689, 24.9455)], is_active=False)
    shipment = Shipment.objects.get(stop__route=route)
    shipments.record(shipment, Status.ATTEMPTED, at=NOON)
    other = make_carrier("other")

    choosing.choose_by_hand(shipment, other, reason="The van broke down", by=lead, at=NOON)

    shipment.refresh_from_db()
    assert (shipment.carrier, shipment.stop) == (other, None)


@pytest.mark.parametrize("status", [Status.OUT_FOR_DELIVERY, Status.DELIVERED, Status.IN_TRANSIT, Status.CANCELLED])
def test_what_is_on_the_road_or_over_stays_with_whom_it_is(status: Status, lead: User) -> None:
    shipment, other = make_shipment(status=status), make_carrier("other")

    with pytest.raises(TooLate):
        choosing.choose_by_hand(shipment, other, reason="Why not", by=lead, at=NOON)

    shipment.refresh_from_db()
    assert shipment.carrier is None
    assert not Choice.objects.exists()


def test_nobody_is_chosen_for_what_they_have(brand: Brand, lead: User) -> None:
    by_cost(brand)
    carrier, shipment = make_carrier("cheap", base="1.00"), make_shipment(brand=brand)
    choosing.choose(shipment, at=NOON)

    with pytest.raises(AlreadyTheirs):
        choosing.choose_by_hand(shipment, carrier, reason="Again", by=lead, at=NOON)

    assert Choice.objects.count() == 1


def test_whoever_listens_hears_of_a_choice(
    brand: Brand, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    by_cost(brand)
    carrier, shipment = make_carrier("posti", base="1.00"), make_shipment(brand=brand)
    heard: list[tuple[int, int]] = []

    def hear(shipment_id: int, carrier_id: int, **_: object) -> None:
        heard.append((shipment_id, carrier_id))

    signals.carrier_chosen.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        choosing.choose(shipment, at=NOON)
    signals.carrier_chosen.disconnect(hear)

    assert heard == [(shipment.id, carrier.id)]


def test_the_day_is_the_first_on_which_it_may_be_brought(brand: Brand) -> None:
    by_cost(brand)
    make_carrier("posti", base="1.00")
    shipment = make_shipment(brand=brand)
    make_hub()
    Demand.objects.create(
        shipment=shipment, level=Level.NEXT_DAY, mass_g=1, volume_ml=1,
        earliest=NOON + timedelta(days=2), latest=NOON + timedelta(days=3),
    )  # fmt: skip

    choice = choosing.choose(shipment, at=NOON)

    assert choice is not None
    assert choice.day == (NOON + timedelta(days=2)).date()


def test_a_market_is_read_by_as_many_queries_however_large_it_is(
    brand: Brand, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shipment = make_shipment(brand=brand)
    for number in range(3):
        make_score(make_carrier(f"c{number}", base="1.00"), stars=4, stars_n=number + 1)
    with django_assert_num_queries(8):
        choosing.ranked(shipment, at=NOON)

    for number in range(3, 9):
        make_score(make_carrier(f"c{number}", base="1.00"), stars=4, stars_n=number + 1)
    with django_assert_num_queries(8):
        choosing.ranked(shipment, at=NOON)


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [
        ("weighing_adds_up_to_a_hundred", {"cost": 31}),
        ("weighing_has_scales", {"dear": 0}),
        ("weighing_has_scales", {"dirty_g": 0}),
    ],
)
def test_a_weighing_is_whole(constraint: str, wrong: dict[str, Any], brand: Brand) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make_weighing(brand, **wrong)


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [
        ("profile_has_rounds", {"doors_a_round": 0}),
        ("profile_grams_have_a_source", {"grams_a_parcel": 300}),
    ],
)
def test_a_profile_says_what_it_means(constraint: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make_carrier("posti", **wrong)


def test_a_tariff_is_one_a_zone_and_costs_nothing_or_more() -> None:
    carrier = make_carrier("posti", base="4.00")

    with pytest.raises(IntegrityError), transaction.atomic():
        Tariff.objects.create(carrier=carrier, base=5)
    with pytest.raises(IntegrityError, match="carrier_tariff_costs_nothing_or_more"), transaction.atomic():
        Tariff.objects.create(carrier=carrier, postcode="00", base=-1)


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [("floor_is_nothing_or_more", {"worst": -1}), ("floor_rests_on_some", {"least_n": 0})],
)
def test_a_floor_is_something(constraint: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Floor.objects.create(**{"criterion": Floored.CLAIMS, "worst": Decimal("0.05"), **wrong})


@pytest.mark.parametrize("wrong", [{"how": How.HAND}, {"reason": "Because"}])
def test_what_is_chosen_by_hand_has_a_reason_and_nothing_else_has(brand: Brand, wrong: dict[str, Any]) -> None:
    by_cost(brand)
    make_carrier("posti", base="1.00")
    choosing.choose(make_shipment(brand=brand), at=NOON)

    with pytest.raises(IntegrityError, match="choice_by_hand_means_reason"), transaction.atomic():
        Choice.objects.update(**wrong)


def test_the_sum_chooses_once_for_a_shipment(brand: Brand) -> None:
    by_cost(brand)
    carrier = make_carrier("posti", base="1.00")
    choice = choosing.choose(make_shipment(brand=brand), at=NOON)
    assert choice is not None

    with pytest.raises(IntegrityError), transaction.atomic():
        Choice.objects.create(shipment=choice.shipment, carrier=carrier, how=How.SUM, at=NOON, day=NOON.date())
