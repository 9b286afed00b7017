"""The EasyPost-compatible gateway, against a partner that speaks its API over HTTP."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from carriers.gateways.easypost import EasyPostGateway, Terms, reading
from carriers.gateways.outcomes import Address, Order, Refused, Unavailable, Uncertain
from tests.carriers import bookable
from tests.carriers.bookable import KEY, Misbehaving

SHOP = Address("Kauppa", "Lähettäjänkatu 1", "00150", "Helsinki", "FI")
MAIJA = Address("Maija Meikäläinen", "Aleksanterinkatu 13 B 7", "00100", "Helsinki", "FI", "+358401234567")
ORDER = Order("doorstep-1", SHOP, MAIJA, [1_000])
TWO_PARCELS = Order("doorstep-2", SHOP, MAIJA, [1_000, 1_000])


@pytest.fixture
def partner(settings: Settings) -> Iterator[Misbehaving]:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    with bookable.running() as running:
        yield running


def gateway(partner: Misbehaving, **terms: str) -> EasyPostGateway:
    return EasyPostGateway(Terms(**{"url": partner.url, "api_key": KEY, **terms}))


def test_an_order_is_booked_at_the_lowest_price_and_found_again(partner: Misbehaving) -> None:
    booked = gateway(partner).book(ORDER)

    assert booked.reference.startswith("shp_")
    assert (booked.price, booked.currency, booked.days, booked.expected_on) == (Decimal("5.40"), "EUR", 1, None)
    [label] = booked.labels
    assert label.url == f"{partner.url}/labels/{label.tracking_number}.svg"
    assert gateway(partner).find(ORDER) == booked
    made = partner.books.find("doorstep-1")
    assert made["parcel"] == {"weight": 35.3}
    assert made["to_address"] == {
        "name": "Maija Meikäläinen",
        "street1": "Aleksanterinkatu 13 B 7",
        "zip": "00100",
        "city": "Helsinki",
        "country": "FI",
        "phone": "+358401234567",
        "email": "",
    }


def test_several_parcels_are_one_order_with_a_number_each(partner: Misbehaving) -> None:
    booked = gateway(partner).book(TWO_PARCELS)

    assert booked.reference.startswith("order_")
    assert len({label.tracking_number for label in booked.labels}) == 2
    assert booked.price == Decimal("10.80")
    assert gateway(partner).find(TWO_PARCELS) == booked


def test_a_service_that_was_agreed_is_the_one_that_is_bought(partner: Misbehaving) -> None:
    assert gateway(partner, carrier="revontuli", service="today").book(ORDER).price == Decimal("7.90")


def test_who_has_no_such_carrier_refuses_and_nothing_is_bought(partner: Misbehaving) -> None:
    with pytest.raises(Refused, match="It names no price for this"):
        gateway(partner, carrier="UPS").book(ORDER)

    assert partner.times("buy") == 0


def test_what_is_booked_is_not_booked_again(partner: Misbehaving) -> None:
    booked = gateway(partner).book(ORDER)

    assert gateway(partner).book(ORDER) == booked
    assert len(partner.books.bought()) == 1


@pytest.mark.parametrize("order", [ORDER, TWO_PARCELS])
def test_a_purchase_without_an_answer_is_uncertain_and_found(partner: Misbehaving, order: Order) -> None:
    partner.faults["buy"].append(bookable.do_and_drop)

    with pytest.raises(Uncertain):
        gateway(partner).book(order)

    assert gateway(partner).find(order) == gateway(partner).book(order)
    assert len(partner.books.bought()) == len(order.masses_g)


def test_a_purchase_that_was_lost_on_the_way_is_made_with_what_was_begun(partner: Misbehaving) -> None:
    partner.faults["buy"].append(bookable.drop)

    with pytest.raises(Uncertain):
        gateway(partner).book(ORDER)

    assert gateway(partner).find(ORDER) is None
    gateway(partner).book(ORDER)
    assert partner.asked.count("make") == 1
    assert len(partner.books.bought()) == 1


def test_making_without_an_answer_costs_nothing_and_may_be_repeated(partner: Misbehaving) -> None:
    partner.faults["make"].append(bookable.do_and_drop)

    with pytest.raises(Unavailable):
        gateway(partner).book(ORDER)

    gateway(partner).book(ORDER)
    assert partner.times("make") == 1


@pytest.mark.parametrize(("deed", "raised"), [("find", Unavailable), ("make", Unavailable), ("buy", Uncertain)])
def test_a_server_that_fails_may_have_bought_only_where_it_was_to_buy(
    partner: Misbehaving, deed: str, raised: type[Exception]
) -> None:
    partner.faults[deed].append(bookable.say(HTTPStatus.BAD_GATEWAY, {}))

    with pytest.raises(raised):
        gateway(partner).book(ORDER)


@pytest.mark.parametrize("deed", ["make", "buy"])
def test_a_refusal_says_why_in_the_partners_words(partner: Misbehaving, deed: str) -> None:
    partner.faults[deed].append(bookable.refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "No parcels to this island."))

    with pytest.raises(Refused, match="No parcels to this island"):
        gateway(partner).book(ORDER)


def test_a_wrong_key_is_refused(partner: Misbehaving) -> None:
    with pytest.raises(Refused, match="not active"):
        gateway(partner, api_key="guessed").book(ORDER)


def test_who_asks_to_be_called_later_is_not_doubted(partner: Misbehaving) -> None:
    partner.faults["buy"].append(bookable.say(HTTPStatus.TOO_MANY_REQUESTS, {}))

    with pytest.raises(Unavailable, match="too many"):
        gateway(partner).book(ORDER)


@pytest.mark.parametrize("order", [ORDER, TWO_PARCELS])
def test_what_is_called_off_is_called_off_once(partner: Misbehaving, order: Order) -> None:
    booked = gateway(partner).book(order)

    gateway(partner).cancel(order, booked.reference)
    gateway(partner).cancel(order, booked.reference)

    assert partner.times("refund") == len(order.masses_g)
    assert partner.books.bought() == []


def test_what_is_on_its_way_is_not_called_off(partner: Misbehaving) -> None:
    booked = gateway(partner).book(ORDER)
    partner.books.track(partner.books.bought()[0], {"status": "in_transit", "status_detail": "in_transit"})

    with pytest.raises(Refused, match="fetched already"):
        gateway(partner).cancel(ORDER, booked.reference)


def test_nobody_is_called_inside_the_house(partner: Misbehaving, settings: Settings) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False

    with pytest.raises(Unavailable):
        gateway(partner).book(ORDER)

    assert partner.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nobody",
        "http://[",
        "http://127.0.0.1:port",
        "http://127.0.0.1:1",
        f"http://{'x' * 64}.example",
        "http://a b",
    ],
)
def test_where_nobody_is_nothing_is_booked(url: str, settings: Settings) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True

    with pytest.raises(Unavailable):
        EasyPostGateway(Terms(url, KEY)).book(ORDER)


PART = {
    "id": "shp_1",
    "tracking_code": "RE1",
    "selected_rate": {
        "rate": "5.40",
        "currency": "EUR",
        "delivery_days": None,
        "delivery_date": "2026-11-24T23:00:00Z",
    },
    "postage_label": {"label_url": "https://files.example.com/1.png"},
}


def test_a_day_that_is_named_is_read_as_it_is_written() -> None:
    booked = reading.booked(PART)

    assert booked is not None
    assert booked.expected_on == date(2026, 11, 24)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": None},
        {"id": "x" * 101},
        {"tracking_code": 7},
        {"selected_rate": "free"},
        {"selected_rate": {"rate": "NaN"}},
        {"selected_rate": {"rate": "-1"}},
        {"shipments": []},
    ],
)
def test_an_answer_that_cannot_be_true_is_not_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(reading.Unreadable):
        reading.booked(PART | wrong)


@pytest.mark.parametrize("url", [None, "javascript:alert(1)", "ftp://files.example.com/1", f"https://{'x' * 500}"])
def test_a_label_is_at_an_address_that_can_be_opened_or_nowhere(url: str | None) -> None:
    booked = reading.booked(PART | {"postage_label": {"label_url": url}})

    assert booked is not None
    assert booked.labels[0].url == ""


FIELDS = [*PART, "carrier", "currency", "delivery_date", "label_url", "message", "messages", "rate", "rates", "service"]
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
branches = st.dictionaries(st.sampled_from(FIELDS), leaves, max_size=6)
parts = st.dictionaries(
    st.sampled_from(FIELDS), leaves | branches | st.lists(leaves | branches, max_size=2), max_size=8
)


@given(parts | st.fixed_dictionaries({"id": leaves, "shipments": st.lists(leaves | parts, max_size=2)}))
def test_whatever_is_answered_is_read_or_said_to_be_unreadable(answer: dict[str, Any]) -> None:
    for read in (
        reading.booked,
        reading.to_be_refunded,
        lambda found: reading.cheapest(found, carrier="", service=""),
    ):
        try:
            read(answer)
        except (reading.Unreadable, Refused):
            continue


def test_two_parcels_of_which_one_has_no_number_are_not_booked() -> None:
    half = {"id": "order_1", "shipments": [PART, replace_code(PART)]}

    assert reading.booked(half) is None


def replace_code(part: dict[str, Any]) -> dict[str, Any]:
    return part | {"tracking_code": None}
