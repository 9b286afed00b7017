"""The only writer of quotes: what a checkout may offer before there is a shipment, and what becomes of it after.

An offer holds for a while but is not a reservation: the last place in a slot is for who orders first.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, NamedTuple

from django.db import transaction

from atlas import areas
from dispatch import holidays
from dispatch import slots as clocks
from dispatch.models import Cutoff, Demand, Hub, Level, Quote, Tariff
from dispatch.services import choosing_hub, slots
from dispatch.services.choosing_hub import Drafts, Possibility
from dispatch.services.drafts import Goods, Point
from tracking.shipments import services as shipments
from tracking.shipments.models import Brand, Shipment

HOLDS: Final = timedelta(minutes=30)
MOST_DAYS: Final = 14


class TooManyDays(Exception):
    """A quote is for at most two weeks of days, and for at least one."""


class NoSuchOffer(Exception):
    """The quote holds no offer of this key."""


class Expired(Exception):
    """The quote holds no longer, or the cut-off of the offer has passed: ask for a new one."""


class Taken(Exception):
    """Another shipment has taken this quote."""


class Basket(NamedTuple):
    """What is to be ordered: how much it is, whereto, and the slugs of the hubs that have it (``None``: all)."""

    goods: Goods
    postcode: str
    stocked: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A way to have it brought: when, for how much, what it adds to the air, from which hub, and how that was chosen.

    ``key`` is unique within its quote. ``kg_co2e`` is ``None`` while nobody knows who works that day. ``sum`` has
    a line for each hub: what it would cost from there, or why it cannot come from there.
    """

    key: str
    level: str
    name: str
    hub: str
    start: str
    end: str
    until: str
    price: str
    kg_co2e: float | None
    sum: Sequence[dict[str, Any]]


class _Way(NamedTuple):
    """A level or slot of one hub on a day, before anybody knows what it adds."""

    key: str
    level: Level
    name: str
    hub: Hub
    day: date
    start: datetime
    end: datetime
    until: datetime
    ready_at: datetime | None
    price: Decimal


@transaction.atomic
def quote(brand: Brand, basket: Basket, days: Sequence[date], *, at: datetime) -> Quote:
    """Offer every way in which a basket can come by the end of one of these days, and write that down.

    Raises ``TooManyDays``.
    """
    if not 0 < len(days) <= MOST_DAYS:
        raise TooManyDays
    hubs = Hub.objects.select_related("place").prefetch_related("slots", "tariffs", "cutoffs")
    fitting, refused = choosing_hub.candidates(list(hubs), basket.goods, stocked=basket.stocked)
    ways = [way for hub in fitting for way in _ways(hub, basket.postcode, days, at=at) if way.until > at]
    latitude, longitude = basket.goods.point
    return Quote.objects.create(
        brand=brand,
        latitude=latitude,
        longitude=longitude,
        mass_g=basket.goods.mass_g,
        volume_ml=basket.goods.volume_ml,
        offers=[asdict(offer) for offer in _offers(ways, refused, Drafts(basket.goods, at=at))],
        made_at=at,
        valid_until=at + HOLDS,
    )


@transaction.atomic
def take(quote: Quote, key: str, shipment: Shipment, *, at: datetime) -> Demand:
    """Turn an offer into what a new shipment is promised: its hub, its time, its place in a slot.

    The same shipment may take the same offer twice.

    Raises ``NoSuchOffer``, ``Expired``, ``Taken``, ``slots.Full`` or ``slots.NotOffered``; nothing has changed then.
    """
    quote = Quote.objects.select_for_update(of=("self",)).get(pk=quote.pk)
    if quote.shipment_id is not None and (quote.shipment_id, quote.taken) != (shipment.pk, key):
        raise Taken
    offer = next((offer for offer in quote.offers if offer["key"] == key), None)
    if offer is None:
        raise NoSuchOffer
    if quote.shipment_id is not None:
        return Demand.objects.get(shipment=shipment)
    if quote.valid_until <= at or datetime.fromisoformat(offer["until"]) <= at:
        raise Expired
    if offer["level"] == Level.SLOT:
        _book(shipment, key, at=at)
    start, end = datetime.fromisoformat(offer["start"]), datetime.fromisoformat(offer["end"])
    values = {
        "hub": Hub.objects.get(place__slug=offer["hub"]),
        "level": offer["level"],
        "mass_g": quote.mass_g,
        "volume_ml": quote.volume_ml,
        "earliest": start,
        "latest": end,
    }
    demand, _ = Demand.objects.update_or_create(shipment=shipment, defaults=values)
    shipments.promise(shipment, start=start, end=end, at=at)
    quote.shipment, quote.taken, quote.taken_at = shipment, key, at
    quote.save(update_fields=["shipment", "taken", "taken_at"])
    return demand


def locate(text: str) -> Point | None:
    """Find an address on the maps of this installation: the point of its door, and none of a whole street."""
    for area in areas.loaded():
        found = area.addresses.search(text, limit=1)
        if found and found[0].number:
            return found[0].latitude, found[0].longitude
    return None


def find(token: str) -> Quote | None:
    """Find a quote by its token, with its brand and its shipment."""
    return Quote.objects.select_related("brand", "shipment").filter(token=token).first()


def forget(*, made_before: datetime) -> int:
    """Delete the quotes that nobody took and that were made before then: they say where somebody lives."""
    return Quote.objects.filter(shipment=None, made_at__lt=made_before).delete()[0]


def _book(shipment: Shipment, key: str, *, at: datetime) -> None:
    try:
        slot, day = slots.read_key(key)
        slots.book(shipment, slot, day, at=at)
    except slots.TooLate as error:
        raise Expired from error


def _ways(hub: Hub, postcode: str, days: Sequence[date], *, at: datetime) -> Iterator[_Way]:
    """Yield what a hub offers by level, and then by slot."""
    cutoffs = {cutoff.level: cutoff for cutoff in hub.cutoffs.all()}
    for tariff in hub.tariffs.all():
        if tariff.level in cutoffs:
            yield from _by_level(hub, tariff, cutoffs[tariff.level], days, at=at)
    of_slots = cutoffs.get(Level.SLOT)
    for opening in slots.openings(hub, postcode=postcode, days=days, at=at):
        until, ready_at = opening.until, None
        if of_slots is not None:
            stocked_until, ready_at = _leaves(hub, of_slots, opening.day)
            until = min(until, stocked_until)
        yield _Way(
            key=opening.key,
            level=Level.SLOT,
            name=opening.slot.kind,
            hub=hub,
            day=opening.day,
            start=opening.start,
            end=opening.end,
            until=until,
            ready_at=ready_at,
            price=opening.price,
        )


def _by_level(hub: Hub, tariff: Tariff, cutoff: Cutoff, days: Sequence[date], *, at: datetime) -> Iterator[_Way]:
    """Yield the first way at which a level can come, if that is by the end of one of these days.

    Same day is today or not at all; next day is the next working day.
    """
    law = {"country": hub.country, "subdivision": hub.subdivision}
    today = at.astimezone(hub.zone).date()
    first = today if tariff.level == Level.SAME_DAY else today + timedelta(days=cutoff.days_before)
    for ahead in range(1 if tariff.level == Level.SAME_DAY else MOST_DAYS):
        day = first + timedelta(days=ahead)
        until, ready_at = _leaves(hub, cutoff, day)
        if until <= at or not holidays.is_working_day(day, **law):
            continue
        last = holidays.working_days_after(day, max(0, tariff.days - cutoff.days_before), **law)
        span = clocks.span(day, max(hub.opens_at, cutoff.ready_at), hub.closes_at, zone=hub.zone)
        by = clocks.moment(last, hub.closes_at, zone=hub.zone, is_end=True)
        if span is not None and last in days:
            key = f"{tariff.level}-{last:%Y%m%d}"
            yield _Way(key, Level(tariff.level), "", hub, day, span[0], by, until, ready_at, tariff.price)
        return


def _leaves(hub: Hub, cutoff: Cutoff, day: date) -> tuple[datetime, datetime]:
    """Say until when an order must be in to leave a hub on a day, and from when it can leave."""
    until = clocks.cutoff(day, days_before=cutoff.days_before, until=cutoff.until, zone=hub.zone)
    return until, clocks.moment(day, cutoff.ready_at, zone=hub.zone)


def _offers(ways: Sequence[_Way], refused: dict[str, str], drafts: Drafts) -> Iterator[Offer]:
    """Yield one offer for each time that any hub can keep, earliest first, from the hub where it costs least.

    Different hubs have slots of their own; two that are at the same time are one offer.
    """

    def when(way: _Way) -> tuple[datetime, datetime, str]:
        return way.end, way.start, way.level

    for _, group in groupby(sorted(ways, key=when), key=when):
        same = list(group)
        weighed = [(way, _weigh(way, drafts)) for way in same]
        possible = {possibility.hub.pk: (way, possibility) for way, possibility in weighed if possibility}
        if not possible:
            continue
        best = choosing_hub.choose([possibility for _, possibility in possible.values()])
        lines = [possibility.line() for _, possibility in possible.values()]
        full = {way.hub.place.slug: "no_room" for way, possibility in weighed if not possibility}
        reasons = [{"hub": hub, "why": why} for hub, why in {**full, **refused}.items()]
        yield _offer(possible[best.hub.pk][0], best, [*lines, *reasons])


def _weigh(way: _Way, drafts: Drafts) -> Possibility | None:
    draft = drafts.of(way.hub, way.day)
    return choosing_hub.weigh(way.hub, draft, start=way.start, end=way.end, ready_at=way.ready_at)


def _offer(way: _Way, best: Possibility, lines: Sequence[dict[str, Any]]) -> Offer:
    return Offer(
        key=way.key,
        level=way.level.value,
        name=way.name,
        hub=way.hub.place.slug,
        start=way.start.isoformat(),
        end=way.end.isoformat(),
        until=way.until.isoformat(),
        price=str(way.price),
        kg_co2e=round(best.added.added.kg_co2e, 3) if best.added else None,
        sum=lines,
    )
