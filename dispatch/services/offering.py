"""What is possible for a shipment now, with what each way costs and does to the air: written down for its readers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from django.db.models import F

from atlas import projection
from dispatch import holidays, offers
from dispatch import slots as clocks
from dispatch.models import Cutoff, Demand, Hub, Level
from dispatch.models.plans import Way
from dispatch.offers import Standing
from dispatch.planning.plan import Cost
from dispatch.services import collecting, demands, drafts, slots
from dispatch.services.drafts import Draft, Goods
from tracking.changes import preferences, rules
from tracking.changes import services as changes
from tracking.changes.models import Action
from tracking.changes.services import Offer
from tracking.rounds.models import Place, PlaceKind
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

DAYS_AHEAD: Final = 7
OTHER_DAYS: Final = 5
HOLDS: Final = (7, 14)
PICKUP_POINTS: Final = 3
PICKUP_WITHIN_M: Final = 5_000
ANEW_AFTER: Final = timedelta(minutes=30)
AT_ONCE: Final = 20
NOTHING: Final = Cost()
"""Of what no van goes anywhere for."""

Choice = dict[str, Any]


def refresh(shipment: Shipment, *, at: datetime) -> bool:
    """Work out what can be changed about a shipment now, and offer that. Says whether its readers see a difference.

    Where a carrier of its own sees to it, nothing is offered here. Its recipient's standing wishes hold from now on.
    Twice is harmless.
    """
    demand = demands.take_in(shipment, at=at)
    if demand is None:
        return False
    Demand.objects.filter(id=demand.id).update(offered_at=at)
    hub = demand.hub or demands.hub_for(shipment, Hub.objects.select_related("place"))
    if hub is None:
        return False
    made = _Offering(demand, hub, at=at).offers()
    is_seen = changes.offer(shipment, list(made), at=at)
    return bool(preferences.apply(shipment, at=at)) or is_seen


def due(*, at: datetime) -> list[int]:
    """Find the shipments whose offers were never worked out, or not within half an hour; some at a time.

    What was worked out counts, not what is offered: of some there is nothing, and they are to keep nobody waiting.
    """
    changeable = [*rules.STILL, Status.OUT_FOR_DELIVERY]
    waiting = Demand.objects.filter(demands.ours("shipment__"), shipment__status__in=changeable)
    stale = waiting.exclude(offered_at__gt=at - ANEW_AFTER)
    oldest_first = F("offered_at").asc(nulls_first=True)
    return list(stale.order_by(oldest_first, "earliest").values_list("shipment_id", flat=True)[:AT_ONCE])


@dataclass(frozen=True, slots=True)
class _Before:
    """What the delivery costs as it stands, if anybody knows."""

    cost: Cost | None

    def line(self, after: Cost | None) -> Choice:
        """Say what another way adds to the air, with the sum."""
        if self.cost is None or after is None:
            return {}
        return {
            "kg_co2e": offers.difference(after.kg_co2e, self.cost.kg_co2e),
            "sum": {
                "km": round(after.metres / 1000, 2),
                "kg": round(after.kg_co2e, 3),
                "km_before": round(self.cost.metres / 1000, 2),
                "kg_before": round(self.cost.kg_co2e, 3),
            },
        }


class _Offering:
    """A shipment, its demand and its hub, looked at once."""

    def __init__(self, demand: Demand, hub: Hub, *, at: datetime) -> None:
        self._demand, self._shipment, self._hub, self._at = demand, demand.shipment, hub, at
        self._goods = Goods.of(demand)
        self._today = at.astimezone(hub.zone).date()
        self._day = max(self._today, demand.earliest.astimezone(hub.zone).date())
        self._drafts: dict[date, Draft | None] = {}

    def offers(self) -> Iterator[Offer]:
        """Yield everything that can be changed now."""
        status = Status(self._shipment.status)
        standing = Standing(status, self._leaves_at(), self._demand.earliest, self._demand.latest)
        by_choice = self._choices() if status in rules.STILL else {}
        untils = [datetime.fromisoformat(choice["until"]) for made in by_choice.values() for choice in made]
        until = offers.until_it_leaves(standing, latest_choice=max(untils, default=None))
        if until is not None and status in rules.STILL:
            yield from (Offer(action, until, choices) for action, choices in by_choice.items() if choices)
            yield Offer(Action.ADDRESS, until)
        if status in rules.STILL or status == Status.OUT_FOR_DELIVERY:
            at_door = offers.until_the_door(standing)
            yield from (Offer(action, at_door) for action in Action if action in rules.AT_THE_DOOR)

    @cached_property
    def _before(self) -> _Before:
        if self._demand.way == Way.COLLECT:
            return _Before(NOTHING)
        return _Before(self._added(self._day, self._demand.earliest, self._demand.latest))

    def _choices(self) -> dict[Action, list[Choice]]:
        return {
            Action.RESCHEDULE: list(self._other_days()),
            Action.SLOT: list(self._slots()),
            Action.HOLD: list(self._holds()),
            Action.PICKUP_POINT: [*self._at_the_hub(), *self._pickup_points()],
        }

    def _leaves_at(self) -> datetime:
        stop = self._shipment.stop
        return stop.route.departs_at if stop is not None and stop.is_pending else self._demand.earliest

    def _slots(self) -> Iterator[Choice]:
        days = [self._today + timedelta(days=days) for days in range(DAYS_AHEAD)]
        for opening in slots.openings(self._hub, postcode=self._shipment.postcode, days=days, at=self._at):
            told = self._told(opening.key, opening.day, opening.start, opening.end, until=opening.until)
            if told:
                yield {**told, "name": opening.slot.kind, "price": str(opening.price)}

    def _other_days(self) -> Iterator[Choice]:
        """Yield the next working days but the one it comes on anyway."""
        day = self._today
        for _ in range(OTHER_DAYS):
            day = self._working_day(day + timedelta(days=1))
            if day != self._day and (told := self._on_day(f"day-{day:%Y%m%d}", day)):
                yield told

    def _holds(self) -> Iterator[Choice]:
        for days in HOLDS:
            day = self._working_day(self._day + timedelta(days=days))
            if told := self._on_day(f"hold-{day:%Y%m%d}", day):
                yield told

    def _at_the_hub(self) -> Iterator[Choice]:
        """Yield the hub itself, where somebody hands parcels over: no van goes anywhere."""
        found = collecting.collection(self._hub, since=self._at_hand_from())
        if found is None or self._demand.way == Way.COLLECT:
            return
        is_waiting = Status(self._shipment.status) in offers.WAITING
        yield {
            **_place(self._hub.place),
            "start": found.start.isoformat(),
            "end": found.end.isoformat(),
            "until": (found.end - offers.PREPARING if is_waiting else self._leaves_at()).isoformat(),
            "kept_until": found.kept_until.isoformat(),
            "opens": [f"{clock:%H:%M}" for clock in (self._hub.hands_over_from, self._hub.hands_over_until)],
            "price": "0.00",
            **self._before.line(NOTHING),
        }

    def _at_hand_from(self) -> datetime:
        """Say from when it can be handed over at its hub; what a van has with it still is so the next day."""
        soonest = max(self._at + offers.PREPARING, self._demand.ready_at or self._at)
        status = Status(self._shipment.status)
        if status in collecting.AT_HAND:
            return soonest
        day = self._today + timedelta(days=1) if status in offers.WAITING else self._day
        return max(soonest, demands.open_span(day, zone_of=self._shipment, hub=self._hub)[0])

    def _pickup_points(self) -> Iterator[Choice]:
        """Yield the nearest pickup points, on the day that it comes anyway."""
        if self._goods is None:
            return
        away = {place: _away_m(place, self._goods.point) for place in Place.objects.filter(kind=PlaceKind.PICKUP_POINT)}
        near = [place for place in sorted(away, key=lambda place: away[place]) if away[place] <= PICKUP_WITHIN_M]
        start, end = demands.open_span(self._day, zone_of=self._shipment, hub=self._hub)
        for place in near[:PICKUP_POINTS]:
            goods = self._goods._replace(point=(place.latitude, place.longitude))
            draft = drafts.make(self._hub, self._day, goods, at=self._at, without=self._shipment)
            found = draft.insertion(start, end) if draft else None
            if draft is None or found:
                told = {
                    **_place(place),
                    "start": start.isoformat(),
                    "end": end.isoformat(),
                    "until": self._leaves_at().isoformat(),
                    "price": "0.00",
                }
                yield {**told, **self._before.line(found.added if found else None)}

    def _on_day(self, key: str, day: date) -> Choice | None:
        start, end = demands.open_span(day, zone_of=self._shipment, hub=self._hub)
        until = self._cutoff(day)
        told = self._told(key, day, start, end, until=until) if until > self._at else None
        return told and {**told, "price": "0.00"}

    def _told(self, key: str, day: date, start: datetime, end: datetime, *, until: datetime) -> Choice | None:
        """Describe a time at which it may come; ``None`` where no van has room for it then."""
        added = self._added(day, start, end)
        if added is None and self._drafted(day) is not None:
            return None
        times = {"start": start.isoformat(), "end": end.isoformat(), "until": until.isoformat()}
        return {"key": key, **times, **self._before.line(added)}

    def _added(self, day: date, start: datetime, end: datetime) -> Cost | None:
        draft = self._drafted(day)
        found = draft.insertion(start, end) if draft else None
        return found.added if found else None

    def _drafted(self, day: date) -> Draft | None:
        if self._goods is None:
            return None
        if day not in self._drafts:
            self._drafts[day] = drafts.make(self._hub, day, self._goods, at=self._at, without=self._shipment)
        return self._drafts[day]

    def _cutoff(self, day: date) -> datetime:
        """Say until when something can be ordered for a day: as for what is promised for the next one."""
        cutoff: Cutoff | None = (
            self._hub.cutoffs.filter(level__in=[Level.NEXT_DAY, Level.STANDARD]).order_by("level").first()
        )
        if cutoff is None:
            return demands.open_span(day, zone_of=self._shipment, hub=self._hub)[0] - offers.PREPARING
        return clocks.cutoff(day, days_before=cutoff.days_before, until=cutoff.until, zone=self._hub.zone)

    def _working_day(self, day: date) -> date:
        return holidays.working_days_after(day, 0, country=self._hub.country, subdivision=self._hub.subdivision)


def _place(place: Place) -> Choice:
    """Say where something can be collected."""
    return {"key": place.slug, "place": place.slug, "name": place.name, "address": place.address}


def _away_m(place: Place, point: tuple[float, float]) -> float:
    return float(projection.distance_m(place.latitude, place.longitude, *point))
