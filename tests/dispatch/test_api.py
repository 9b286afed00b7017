"""What a checkout is offered by the API, and what comes of ordering it."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from dispatch.models import Booking, Demand, Quote
from tests.dispatch.hubs import make_duty, make_hub, make_levels, make_slot
from tests.factories import make_brand
from tests.programs import Program, problem
from tests.tracking.test_races import at_once
from tracking.keys.models import Scope
from tracking.links.models import TrackingLink
from tracking.shipments.models import Brand, Shipment

DOOR = {"street": "Aleksanterinkatu 13", "postcode": "00100", "city": "Helsinki"}
POINT = {"latitude": 60.1689, "longitude": 24.9455}
RECIPIENT = {"name": "Maija", "timezone": "Europe/Helsinki", **DOOR}
ORDER = {"reference": "A-1001", "recipient": RECIPIENT}

pytestmark = pytest.mark.django_db


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def shop(brand: Brand) -> Program:
    return Program(brand, Scope.QUOTES, Scope.SHIPMENTS_WRITE)


def days() -> list[str]:
    today = timezone.localdate()
    return [(today + timedelta(days=ahead)).isoformat() for ahead in range(1, 15)]


def ask(shop: Program, **changes: Any) -> Any:
    basket = {**DOOR, **POINT, "mass_g": 2_000, "volume_ml": 10_000, "days": days()}
    return shop.post("/quotes", basket | changes)


def order(shop: Program, quote: dict[str, Any], offer: str, **changes: Any) -> Any:
    return shop.post(f"/quotes/{quote['id']}/shipments", {"offer": offer, "shipment": ORDER | changes})


def of_level(quote: dict[str, Any], level: str) -> dict[str, Any]:
    offer: dict[str, Any] = next(offer for offer in quote["offers"] if offer["level"] == level)
    return offer


def test_each_offer_has_its_window_cut_off_price_and_the_hub_it_comes_from(shop: Program, brand: Brand) -> None:
    hub = make_hub()
    make_levels(hub)

    said = ask(shop)

    quote = Quote.objects.get()
    assert said.status_code == 201
    assert {name: value for name, value in said.json().items() if name not in {"offers", "valid_until"}} == {
        "id": quote.token,
        "brand": brand.slug,
        "currency": "EUR",
        "shipment": None,
        "taken": None,
    }
    offer = of_level(said.json(), "next_day")
    assert (offer["price"], offer["hub"], offer["kg_co2e"]) == ("4.90", hub.place.slug, None)
    assert datetime.fromisoformat(offer["until"]) < datetime.fromisoformat(offer["start"])
    assert offer["sum"] == [
        {"hub": hub.place.slug, "money": None, "carbon": None, "km": None, "kg_co2e": None, "why": None}
    ]


def test_where_somebody_works_the_sum_says_what_it_costs_and_emits_from_each_hub(shop: Program) -> None:
    near, far = make_hub(), make_hub((61.5, 23.8), reach_m=1000)
    make_levels(near)
    for day in days():
        make_duty(near, date.fromisoformat(day))

    offer = of_level(ask(shop).json(), "next_day")

    ours, theirs = offer["sum"]
    assert ours["kg_co2e"] == offer["kg_co2e"] > 0
    assert float(ours["money"]) > float(ours["carbon"]) > 0
    assert (theirs["hub"], theirs["why"], theirs["money"]) == (far.place.slug, "too_far", None)


def test_without_a_point_the_map_says_where_it_goes(shop: Program) -> None:
    make_levels(make_hub())

    ask(shop, latitude=None, longitude=None)

    quote = Quote.objects.get()
    assert (quote.latitude, quote.longitude) == pytest.approx((60.1689, 24.9455), abs=0.003)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"street": "Nowhere 1", "city": "Atlantis", "latitude": None, "longitude": None}, "street"),
        ({"longitude": None}, ""),
        ({"mass_g": 0}, "mass_g"),
        ({"volume_ml": 1.5}, "volume_ml"),
        ({"days": []}, "days"),
        ({"days": ["2026-11-22"] * 15}, "days"),
        ({"days": ["2026-02-30"]}, "days"),
        ({"days": [20261122]}, "days"),
        ({"days": ["9999-01-01"]}, "days"),
        ({"hubs": ["Not a slug"]}, "hubs"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_question_is_refused_with_the_place_that_is_wrong(
    shop: Program, changes: dict[str, Any], where: str
) -> None:
    said = problem(ask(shop, **changes), 422)

    assert said["mistakes"][0]["where"][:1] == ["body"]
    assert not where or where in said["mistakes"][0]["where"]
    assert not Quote.objects.exists()


def test_an_order_is_promised_what_was_offered(shop: Program, brand: Brand) -> None:
    make_levels(make_hub())
    quote = ask(shop).json()
    offer = of_level(quote, "next_day")

    said = order(shop, quote, offer["key"])

    shipment = Shipment.objects.get()
    assert said.status_code == 201

    assert datetime.fromisoformat(said.json()["promise"]["end"]) == datetime.fromisoformat(offer["end"])
    assert said.json()["tracking_url"].endswith(f"/t/{TrackingLink.objects.get().token}/")
    assert (shipment.brand, shipment.latitude, shipment.longitude) == (brand, 60.1689, 24.9455)
    assert Demand.objects.get().mass_g == 2_000
    read = shop.get(f"/quotes/{quote['id']}").json()
    assert (read["shipment"], read["taken"]) == (str(shipment.uid), offer["key"])


def test_where_the_last_place_is_gone_there_is_no_shipment_either(shop: Program) -> None:
    make_slot(room=1)
    first, second = ask(shop).json(), ask(shop).json()
    key = first["offers"][0]["key"]

    assert order(shop, first, key).status_code == 201
    problem(order(shop, second, key, reference="A-1002"), 409)

    assert Shipment.objects.count() == Booking.objects.count() == 1
    assert TrackingLink.objects.count() == 1


def test_a_quote_is_ordered_once_and_while_it_holds(shop: Program) -> None:
    make_levels(make_hub())
    quote, old = ask(shop).json(), ask(shop).json()
    offer = of_level(quote, "next_day")["key"]
    order(shop, quote, offer)
    Quote.objects.filter(token=old["id"]).update(valid_until=timezone.now())

    problem(order(shop, quote, offer, reference="A-1002"), 409)
    problem(order(shop, old, offer, reference="A-1002"), 409)

    assert Shipment.objects.count() == 1


@pytest.mark.parametrize(
    ("offer", "changes"),
    [
        ("", {}),
        ("no-such-offer", {}),
        ("", {"recipient": RECIPIENT | {"latitude": 60.2, "longitude": 24.9}}),
        ("", {"brand": "another"}),
        ("", {"promise": {"start": "2026-11-23T18:00:00Z", "end": "2026-11-23T20:00:00Z"}}),
        ("", {"reference": ""}),
    ],
)
def test_an_order_of_something_else_is_refused(shop: Program, offer: str, changes: dict[str, Any]) -> None:
    make_levels(make_hub())
    quote = ask(shop).json()
    known = of_level(quote, "next_day")["key"] if changes else offer

    problem(order(shop, quote, known, **changes), 422)

    assert not Shipment.objects.exists()


def test_asking_twice_under_one_name_orders_once(shop: Program) -> None:
    make_levels(make_hub())
    quote = ask(shop).json()
    body = {"offer": of_level(quote, "next_day")["key"], "shipment": ORDER}

    first, again = (shop.post(f"/quotes/{quote['id']}/shipments", body, Idempotency_Key="a") for _ in range(2))

    assert (first.status_code, again.json()) == (201, first.json())
    assert Shipment.objects.count() == 1


def test_another_brands_quote_is_not_there(shop: Program, brand: Brand) -> None:
    make_levels(make_hub())
    theirs = ask(Program(make_brand(), Scope.QUOTES)).json()

    problem(shop.get(f"/quotes/{theirs['id']}"), 404)
    problem(order(shop, theirs, of_level(theirs, "next_day")["key"]), 404)
    problem(ask(shop, brand=theirs["brand"]), 403)

    assert not Shipment.objects.exists()


def test_asking_does_not_include_ordering(brand: Brand) -> None:
    make_levels(make_hub())
    asker = Program(brand, Scope.QUOTES)
    quote = ask(asker).json()

    problem(order(asker, quote, of_level(quote, "next_day")["key"]), 403)

    assert not Shipment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_order_one_quote_at_once_one_has_it(brand: Brand) -> None:
    make_levels(make_hub())
    programs = [Program(brand, Scope.QUOTES, Scope.SHIPMENTS_WRITE) for _ in range(2)]
    quote = ask(programs[0]).json()
    offer = of_level(quote, "next_day")["key"]

    answers: list[Any] = at_once(
        *(partial(order, program, quote, offer, reference=program.key.begins) for program in programs)
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert Shipment.objects.count() == Demand.objects.count() == 1
