"""What a checkout may offer before there is a shipment, from which hub, and what becomes of it."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from dispatch.models import Booking, Demand, Hub, Level, Quote
from dispatch.services import drafts, quotes
from dispatch.services.drafts import Goods
from dispatch.services.quotes import Basket, Expired, NoSuchOffer, Taken, TooManyDays
from dispatch.services.slots import Full
from tests.dispatch.hubs import make_duty, make_hub, make_levels, make_slot
from tests.factories import make_brand, make_shipment
from tests.tracking.test_races import at_once

MONDAY = date(2026, 11, 23)
TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Ten o'clock in Helsinki, on a Monday."""

WEEK = [MONDAY + timedelta(days=days) for days in range(7)]
DOOR = Goods((60.1689, 24.9455), mass_g=2_000, volume_ml=10_000)
BASKET = Basket(DOOR, "00100")
FAR = (60.21, 24.99)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def ask(basket: Basket = BASKET, *, at: datetime = TEN, days: list[date] = WEEK) -> Quote:
    return quotes.quote(make_brand(), basket, days, at=at)


def offers(quote: Quote) -> dict[str, tuple[str, str, str, str]]:
    """Say of each offer from when to when it is, until when it can be had, and its price; by level and day."""

    def clock(moment: str) -> str:
        return f"{datetime.fromisoformat(moment).astimezone(UTC):%d %H:%M}"

    return {
        f"{offer['level']} {offer['end'][8:10]}": (
            clock(offer["start"]),
            clock(offer["end"]),
            clock(offer["until"]),
            offer["price"],
        )
        for offer in quote.offers
    }


def test_each_level_is_offered_with_its_window_cut_off_and_price() -> None:
    hub = make_hub()
    make_levels(hub)
    make_slot(hub, weekdays="1")

    quote = ask()

    assert offers(quote) == {
        "same_day 23": ("23 11:00", "23 20:00", "23 09:00", "7.90"),
        "slot 23": ("23 15:00", "23 18:00", "23 10:00", "3.90"),
        "next_day 24": ("24 06:00", "24 20:00", "23 18:00", "4.90"),
        "standard 25": ("24 06:00", "25 20:00", "23 18:00", "2.90"),
    }
    assert quote.valid_until == TEN + timedelta(minutes=30)
    assert quotes.find(quote.token) == quote
    assert len(quote.token) == 32


def test_after_a_cut_off_the_next_day_that_is_left_is_offered() -> None:
    make_levels(make_hub())

    friday_night = datetime(2026, 12, 4, 19, tzinfo=UTC)
    days = [date(2026, 12, 4) + timedelta(days=days) for days in range(7)]

    assert offers(ask(at=friday_night, days=days)) == {
        # Saturday's cut-off has passed, and Sunday is Independence Day besides.
        "next_day 07": ("07 06:00", "07 20:00", "06 18:00", "4.90"),
        "standard 08": ("07 06:00", "08 20:00", "06 18:00", "2.90"),
    }


def test_only_what_comes_by_the_days_that_were_asked_for_is_offered() -> None:
    make_levels(make_hub())

    assert set(offers(ask(days=[MONDAY]))) == {"same_day 23"}
    for days in ([], WEEK * 3):
        with pytest.raises(TooManyDays):
            ask(days=days)


def test_where_somebody_works_the_offer_knows_what_it_adds_to_the_air() -> None:
    hub = make_hub()
    make_levels(hub)
    make_duty(hub, MONDAY)

    same_day, next_day, _standard = ask().offers

    (line,) = same_day["sum"]
    assert (line["hub"], same_day["hub"]) == (hub.place.slug, hub.place.slug)
    assert float(line["money"]) > 0
    assert same_day["kg_co2e"] == line["kg_co2e"] > 0
    assert next_day["kg_co2e"] is None
    assert next_day["sum"] == [{"hub": hub.place.slug, "money": None}]


def two_hubs() -> tuple[Hub, Hub]:
    near, far = make_hub(), make_hub(FAR)
    for hub in (near, far):
        make_levels(hub)
        make_duty(hub, MONDAY)
    return near, far


def test_the_hub_from_which_it_costs_least_brings_it_and_says_why() -> None:
    near, far = two_hubs()

    offer = ask(days=[MONDAY]).offers[0]

    costs = {line["hub"]: float(line["money"]) for line in offer["sum"]}
    assert offer["hub"] == near.place.slug
    assert costs.keys() == {near.place.slug, far.place.slug}
    assert costs[near.place.slug] < costs[far.place.slug]


@pytest.mark.parametrize(
    ("change", "why"), [("stock", "not_stocked"), ("reach", "too_far"), ("cutoff", None), ("load", "no_room")]
)
def test_a_hub_that_cannot_keep_it_does_not_bring_it(change: str, why: str | None) -> None:
    near, far = make_hub(reach_m=100 if change == "reach" else 15_000), make_hub(FAR)
    for hub in (near, far):
        make_levels(hub)
        make_duty(hub, MONDAY, payload_g=1_000 if (change, hub) == ("load", near) else 800_000)
    if change == "cutoff":
        near.cutoffs.filter(level=Level.SAME_DAY).update(until=time(9))

    basket = BASKET._replace(stocked=[far.place.slug] if change == "stock" else None)
    offer = ask(basket, days=[MONDAY]).offers[0]

    assert offer["hub"] == far.place.slug
    assert {line["hub"]: line["why"] for line in offer["sum"] if "why" in line} == (
        {near.place.slug: why} if why else {}
    )


def test_what_no_hub_can_bring_is_not_offered() -> None:
    two_hubs()

    assert ask(BASKET._replace(stocked=[])).offers == []
    assert ask(Basket(DOOR._replace(point=(65.0, 25.5)), "90100")).offers == []


def test_an_offer_becomes_a_promise_from_its_hub() -> None:
    hub = make_hub()
    make_levels(hub)
    quote, shipment = ask(), make_shipment()

    demand = quotes.take(quote, "same_day-20261123", shipment, at=TEN)
    again = quotes.take(quote, "same_day-20261123", shipment, at=TEN + timedelta(days=1))

    assert demand == again == Demand.objects.get()
    assert (demand.hub, demand.level, demand.mass_g, demand.volume_ml) == (hub, Level.SAME_DAY, 2_000, 10_000)
    assert (demand.earliest, demand.latest) == (TEN + timedelta(hours=3), TEN + timedelta(hours=12))
    shipment.refresh_from_db()
    assert (shipment.promised_start, shipment.promised_end) == (demand.earliest, demand.latest)


def test_an_offer_of_a_slot_takes_a_place_in_it() -> None:
    slot = make_slot(weekdays="1", room=1)
    first, second = ask(), ask()
    key = f"{slot.pk}-20261123"

    quotes.take(first, key, make_shipment(), at=TEN)
    with pytest.raises(Full):
        quotes.take(second, key, make_shipment(), at=TEN)

    assert Booking.objects.count() == Demand.objects.count() == 1
    second.refresh_from_db()
    assert second.shipment is None


@pytest.mark.parametrize(
    ("key", "minutes", "refusal"),
    [
        ("same_day-20261123", 30, Expired),
        ("same_day-20261124", 0, NoSuchOffer),
        ("", 0, NoSuchOffer),
    ],
)
def test_an_offer_holds_for_a_while_and_as_it_was_made(key: str, minutes: int, refusal: type[Exception]) -> None:
    make_levels(make_hub())
    quote = ask()

    with pytest.raises(refusal):
        quotes.take(quote, key, make_shipment(), at=TEN + timedelta(minutes=minutes))

    assert not Demand.objects.exists()


def test_an_offer_cannot_be_had_after_its_cut_off_although_the_quote_still_holds() -> None:
    make_levels(make_hub())
    quote = ask(at=TEN + timedelta(minutes=50))

    with pytest.raises(Expired):
        quotes.take(quote, "same_day-20261123", make_shipment(), at=TEN + timedelta(minutes=60))


def test_a_quote_is_for_one_shipment() -> None:
    make_levels(make_hub())
    quote = ask()
    quotes.take(quote, "same_day-20261123", make_shipment(), at=TEN)

    with pytest.raises(Taken):
        quotes.take(quote, "same_day-20261123", make_shipment(), at=TEN)


def test_what_nobody_took_is_forgotten() -> None:
    make_levels(make_hub())
    old, taken, new = ask(), ask(), ask(at=TEN + timedelta(hours=1))
    quotes.take(taken, "same_day-20261123", make_shipment(), at=TEN)

    assert quotes.forget(made_before=TEN + timedelta(minutes=1)) == 1
    assert set(Quote.objects.all()) == {taken, new}
    assert quotes.find(old.token) is None


def test_the_database_holds_that_what_was_taken_has_a_shipment_and_a_time() -> None:
    quote = ask()
    quote.taken = "same_day-20261123"

    with pytest.raises(IntegrityError, match="quote_taken_means"), transaction.atomic():
        quote.save()


@pytest.mark.django_db(transaction=True)
def test_of_two_shipments_that_take_a_quote_at_once_one_has_it() -> None:
    for _ in range(3):
        Hub.objects.all().delete()
        make_levels(make_hub())
        quote = ask()

        outcomes = at_once(
            *[
                partial(quotes.take, quote, "same_day-20261123", shipment, at=TEN)
                for shipment in (make_shipment(), make_shipment())
            ]
        )

        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Demand", "Taken"]


def test_the_room_of_a_slot_is_what_fits_into_the_day() -> None:
    hub = make_hub()
    make_duty(hub, MONDAY)
    shipment = make_shipment()
    Demand.objects.create(shipment=shipment, hub=hub, earliest=TEN, latest=TEN + timedelta(hours=10))
    quarter = TEN + timedelta(hours=7), TEN + timedelta(hours=7, minutes=9)

    # At a door three minutes each, and no drive between: begun at once, after three, six and nine minutes.
    assert drafts.room(hub, MONDAY, quarter, most=20, at=TEN) == 4
    assert drafts.room(hub, MONDAY, quarter, most=2, at=TEN) == 2
    assert drafts.room(hub, MONDAY + timedelta(days=1), quarter, most=20, at=TEN) is None
