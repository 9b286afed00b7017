from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from carriers.criteria import Criterion
from carriers.models import Bench, Choice, Floor, Profile, Weighing
from carriers.models.choices import Floored
from carriers.scoring.scales import Figure as Counted
from carriers.services import benching, choosing
from carriers.services.choosing.foreseeing import Course, Part
from desk import attention
from desk.choosing import effect
from desk.models import Deed, Look, Role
from feedback.insight.statistics import Figure
from tests.carriers.choices import by_cost, make_carrier, make_score, make_weighing
from tests.carriers.crowds import make_crowd
from tests.dispatch.fleets import make_demand
from tests.dispatch.hubs import make_hub
from tests.factories import NOON, make_brand, make_member, make_partner, make_shipment
from tracking.models import Brand, Shipment
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

PAGE = "/admin/desk/carriers/"
WEIGH = "/admin/desk/carriers/weigh/"


@pytest.fixture
def brand() -> Brand:
    return make_brand(name="Kaarna")


@pytest.fixture
def lead() -> User:
    return make_member(Role.LEAD)


@pytest.fixture
def desk(client: Client, lead: User) -> Client:
    client.force_login(lead)
    return client


def given(brand: Brand, **fields: object) -> dict[str, Any]:
    """Fill in the form: cost alone counts, unless told otherwise."""
    known = {"cost": 100, "on_window": 0, "satisfaction": 0, "claims": 0, "co2": 0, "capacity": 0}
    return {"brand": brand.pk, **known, "dear": "20", "dirty_g": 2000, "is_on": "on", "do": "save"} | fields


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


def bench() -> Bench:
    make_score(make_carrier("posti"), on_window=0.75, on_window_n=40)
    Floor.objects.create(criterion=Floored.ON_WINDOW, worst=Decimal("0.8"))
    (made,) = benching.judge(at=NOON)
    return made


def test_the_page_lists_carriers_with_their_figures_and_floors(desk: Client, brand: Brand) -> None:
    make_score(
        make_carrier("posti", base="4.90", deliveries_a_day=50), on_window=0.925, on_window_n=40, stars=4.5, stars_n=8
    )
    Floor.objects.create(criterion=Floored.CLAIMS, worst=Decimal("0.05"))
    Floor.objects.create(criterion=Floored.SATISFACTION, worst=Decimal("2.5"))

    page = text(desk.get(PAGE, {"brand": brand.pk}))

    for told in (
        "92.5 % of 40",
        "4.50 stars of 8",
        "not known",
        "from 4.90 EUR",
        "0 of 50 today",
        "Claims: at most 5.0 %, counted from 30 deliveries on",
        "Satisfaction: at least 2.50 stars, counted from 30 deliveries on",
    ):
        assert told in page
    assert "Nobody is chosen yet" in page


def test_weights_are_saved_and_written_in_the_book(desk: Client, brand: Brand, lead: User) -> None:
    answer = desk.post(WEIGH, given(brand, cost=60, claims=40))

    assert answer.status_code == 302
    saved = Weighing.objects.get(brand=brand)
    assert (saved.is_on, saved.cost, saved.claims, saved.dear, saved.dirty_g) == (True, 60, 40, Decimal(20), 2000)
    look = Look.objects.get(deed=Deed.ACTED, what="weigh")
    assert (look.user, look.details["brand"], look.details["before"]) == (lead, brand.slug, {})
    assert look.details["after"]["cost"] == "60"
    assert "Carriers are chosen for what comes in" in text(desk.get(PAGE, {"brand": brand.pk}))


@pytest.mark.parametrize(
    "wrong",
    [{"cost": 99}, {"cost": 101}, {"cost": ""}, {"cost": 110, "co2": -10}, {"dear": 0}, {"dirty_g": 0}, {"brand": 0}],
)
@pytest.mark.parametrize("do", ["save", "show"])
def test_weights_that_are_not_whole_are_refused(desk: Client, brand: Brand, wrong: dict[str, object], do: str) -> None:
    answer = desk.post(WEIGH, {**given(brand, do=do), **wrong})

    assert answer.status_code == 422
    assert not Weighing.objects.exists()


def test_what_weights_would_have_done_is_shown_beside_what_happened_and_nothing_is_changed(
    desk: Client, brand: Brand
) -> None:
    at = timezone.now() - timedelta(days=2)
    cheap, dear = make_carrier("cheap", base="4.00"), make_carrier("dear", base="6.50")
    make_score(cheap, on_window=0.8, on_window_n=60)
    make_score(dear, on_window=1, on_window_n=60)
    make_weighing(brand, cost=0, on_window=100, satisfaction=0, claims=0, co2=0, capacity=0)
    for number in range(4):
        shipment = make_shipment(brand=brand, status=Status.DELIVERED, at=at)
        shipments.carry(shipment, dear if number else cheap, at=at)
    before = list(Shipment.objects.order_by("id").values())

    page = text(desk.post(WEIGH, given(brand, do="show")))

    for told in ("As it was", "By the weights as saved", "By these weights", "4 shipments that ended"):
        assert told in page
    for told in ("23.50 EUR", "26.00 EUR", "16.00 EUR", "5.88 EUR for each of 4", "75.0 %", "100.0 %"):
        assert told in page
    # (0.8 × 60 + 0.9 × 20) / 80 and (1 × 60 + 0.9 × 20) / 80
    assert "82.5 %" in page
    assert "97.5 %" in page
    assert list(Shipment.objects.order_by("id").values()) == before
    assert Weighing.objects.get().on_window == 100
    assert not Choice.objects.exists()


def test_of_a_month_without_deliveries_nothing_is_said(desk: Client, brand: Brand) -> None:
    assert "nothing to compare with" in text(desk.post(WEIGH, given(brand, do="show")))


def test_an_expectation_mixes_carriers_by_what_they_would_have_had() -> None:
    def part(shipments_n: int, value: str, n: int) -> Part:
        return Part("x", shipments_n, expected={Criterion.ON_WINDOW: Counted(Decimal(value), n)})

    known = effect.expectation(Course({"a": part(30, "0.9", 100), "b": part(10, "0.5", 0)}, 0), Criterion.ON_WINDOW)

    assert known.n == 100
    assert known.value == pytest.approx(0.8)
    assert known.interval is not None
    # Wilson's interval of 90 of 100 is 0.826 to 0.945; of nobody anything is possible.
    low, high = known.interval
    assert low == pytest.approx(0.75 * 0.8256, abs=1e-3)
    assert high == pytest.approx(0.75 * 0.9448 + 0.25, abs=1e-3)
    assert effect.expectation(Course({}, 3), Criterion.ON_WINDOW) == Figure(0)


def test_who_is_benched_is_listed_and_lifted_with_a_reason(desk: Client, lead: User) -> None:
    made = bench()
    page = text(desk.get(PAGE))
    assert "Within the window: 75.0 % of 40, the floor is 80.0 %" in page

    answer = desk.post(f"/admin/desk/carriers/benches/{made.pk}/lift/", {"why": "They have a new depot"})

    assert answer.status_code == 302
    made.refresh_from_db()
    assert (made.lifted_by, made.lifted_why) == (lead, "They have a new depot")
    look = Look.objects.get(deed=Deed.ACTED, what="lift_bench")
    assert (look.reason, look.details) == ("They have a new depot", {"carrier": "posti"})


def test_a_bench_is_not_lifted_without_a_reason_nor_twice(desk: Client, brand: Brand) -> None:
    made = bench()
    address = f"/admin/desk/carriers/benches/{made.pk}/lift/"

    assert desk.post(address, {"why": ""}).status_code == 422
    assert Bench.objects.open().exists()

    desk.post(address, {"why": "A new depot"})
    page = text(desk.post(address, {"why": "Again"}, follow=True))
    assert "Somebody has done so already." in page
    assert Look.objects.filter(what="lift_bench").count() == 1


def test_attention_is_drawn_to_who_is_benched_and_to_what_nobody_can_carry(lead: User, brand: Brand) -> None:
    made = bench()
    by_cost(brand)
    make_carrier("other", base="1.00", area="33")
    waiting = make_shipment(brand=brand, at=NOON - timedelta(minutes=20))
    make_shipment(brand=brand, at=NOON - timedelta(minutes=5))

    found = {kind.name: [(row.subject, row.url) for row in kind.rows] for kind in attention.find(lead, at=NOON)}

    assert found["benched"] == [(made.carrier.name, PAGE)]
    assert found["without_carrier"] == [(waiting.reference, reverse("desk:shipment", args=[waiting.pk]))]


def test_who_sees_one_carrier_alone_hears_of_no_bench() -> None:
    bench()

    assert "benched" not in {kind.name for kind in attention.find(make_partner(), at=NOON)}
    assert "benched" not in {kind.name for kind in attention.find(make_member(Role.LEAD, brand=make_brand()), at=NOON)}


def test_the_sum_is_printed_on_the_shipment_for_our_own_people(client: Client, brand: Brand) -> None:
    make_weighing(brand)
    posti, other = make_carrier("posti", base="5.00"), make_carrier("gone", base="1.00", area="33")
    make_score(posti, on_window=0.95, on_window_n=60)
    shipment = make_shipment(brand=brand)
    choosing.choose(shipment, at=NOON)
    address = reverse("desk:shipment", args=[shipment.pk])

    client.force_login(make_member(Role.AGENT))
    page = text(client.get(address))
    client.force_login(make_partner(posti))
    theirs = text(client.get(address))

    for told in (
        "Why this carrier",
        "Posti, by the sum",
        "5.00 EUR, by its tariff",
        "0.750",
        "× 0.30",
        "0.22500",
        "95.0 % of 60",
        f"{other.name}: It does not go to this postcode.",
    ):
        assert told in page
    assert "Why this carrier" not in theirs
    assert "0.22500" not in theirs


def test_the_sum_says_that_a_crowd_costs_what_its_couriers_are_paid(client: Client, brand: Brand) -> None:
    by_cost(brand)
    Profile.objects.create(carrier=make_crowd(pay_per_km=0))
    shipment = make_demand(make_hub(), status=Status.CREATED).shipment
    Shipment.objects.filter(id=shipment.id).update(brand=brand)
    choosing.choose(Shipment.objects.get(id=shipment.id), at=NOON)
    client.force_login(make_member(Role.LEAD))

    page = text(client.get(reverse("desk:shipment", args=[shipment.pk])))

    assert "4.20 EUR, what its couriers are paid" in page
    assert "from 4.20 EUR" in text(client.get(reverse("desk:carriers")))


def test_an_agent_chooses_another_carrier_with_a_reason_which_is_kept(client: Client, brand: Brand) -> None:
    by_cost(brand)
    make_carrier("cheap", base="1.00")
    other = make_carrier("other", base="9.00")
    shipment = make_shipment(brand=brand)
    choosing.choose(shipment, at=NOON)
    client.force_login(agent := make_member(Role.AGENT))
    address = reverse("desk:act", args=[shipment.pk, "choose_carrier"])

    assert client.post(address, {"carrier": other.pk}).status_code == 422
    assert client.post(address, {"carrier": other.pk, "reason": "The customer asked"}).status_code == 302

    shipment.refresh_from_db()
    assert shipment.carrier == other
    look = Look.objects.get(what="choose_carrier")
    assert (look.user, look.reason, look.details) == (
        agent,
        "The customer asked",
        {"before": "cheap", "after": "other"},
    )
    assert f"{agent.username}: The customer asked" in text(client.get(reverse("desk:shipment", args=[shipment.pk])))


def test_what_is_on_the_road_is_offered_to_nobody_else(client: Client) -> None:
    make_carrier("other", base="9.00")
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    client.force_login(make_member(Role.AGENT))

    assert "Choose another carrier" not in text(client.get(reverse("desk:shipment", args=[shipment.pk])))
