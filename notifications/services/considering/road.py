"""What nearness calls for: a few stops away, soon at the door, there."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from django.db import transaction

from atlas import projection
from notifications import rules
from notifications.rules import Standing
from notifications.services import policies, standings
from notifications.services.considering import calls, histories
from notifications.services.considering.calls import Call
from notifications.services.policies import Terms
from notifications.triggers import Channel, Trigger
from tracking.live import positions
from tracking.models import Route, Shipment, Stop
from tracking.visibility import STALE_AFTER

MINUTES: Final = 5
"""How long it still takes is said in steps of so many."""


@dataclass(frozen=True)
class Nearness:
    """A shipment on the road, and how near its driver is."""

    shipment: Shipment
    stop: Stop
    standing: Standing
    terms: Terms
    version: int

    @property
    def window_minutes(self) -> float:
        """Count the minutes until the window begins; infinitely many where nobody knows, or it is over."""
        start, end = self.standing.window_start, self.standing.window_end
        if start is None or end is None or end <= self.standing.at:
            return float("inf")
        return (start - self.standing.at) / timedelta(minutes=1)

    @cached_property
    def metres(self) -> float:
        """Measure how far the driver is, if this is where they go next: 0 at the door, infinitely far if unknown."""
        shift = self.stop.route.shift
        if self.stop.arrived_at is not None:
            return 0.0
        if self.standing.stops_before or not shift.is_working:
            return float("inf")
        fix = positions.last_raw_fix(shift.driver_id)
        if fix is None or self.standing.at - fix.recorded_at > STALE_AFTER:
            return float("inf")
        here, there = (fix.latitude, fix.longitude), (self.stop.latitude, self.stop.longitude)
        return float(projection.distance_m(*here, [there[0]], [there[1]])[0])


def road(*, at: datetime, route_id: int | None = None) -> frozenset[Channel]:
    """Write down what nearness calls for, for all on the road or for those on one route. Twice is harmless.

    The number of queries does not grow with the routes; Redis is asked for the drivers who are at a next stop.
    """
    routes = Route.objects.active() if route_id is None else Route.objects.active().filter(id=route_id)
    near = _near(routes.values_list("id", flat=True), at=at)
    return _write(near, at=at) if near else frozenset()


def _near(route_ids: Collection[int], *, at: datetime) -> list[int]:
    """Find the shipments that may be near enough for some channel of their brand. Four queries."""
    before: dict[int, int] = {}
    counts: dict[int, int] = defaultdict(int)
    stops = Stop.objects.pending().filter(route__in=route_ids).order_by("route_id", "sequence")
    for stop_id, stop_route_id in stops.values_list("id", "route_id"):
        before[stop_id] = counts[stop_route_id]
        counts[stop_route_id] += 1
    waiting = Shipment.objects.on_the_road().filter(stop__route__in=route_ids)
    found = list(waiting.order_by("id").values_list("id", "brand_id", "stop_id", "window_start"))
    reach = {brand_id: _reach(terms) for brand_id, terms in policies.of_brands({row[1] for row in found}).items()}
    return [
        shipment_id
        for shipment_id, brand_id, stop_id, start in found
        if before.get(stop_id, 0) <= reach[brand_id][0] or (start is not None and start - at <= reach[brand_id][1])
    ]


def _reach(terms: Terms) -> tuple[int, timedelta]:
    """Say how far away, in stops and in time, something may be called for at all."""
    stops = max(terms.nearness(Trigger.STOPS_AWAY, channel) for channel in Channel)
    minutes = max(terms.nearness(Trigger.ARRIVING_SOON, channel) for channel in Channel)
    return stops, timedelta(minutes=minutes)


@transaction.atomic
def _write(shipment_ids: Collection[int], *, at: datetime) -> frozenset[Channel]:
    shipments = list(Shipment.objects.with_round().on_the_road().filter(id__in=shipment_ids))
    terms = policies.of_brands({shipment.brand_id for shipment in shipments})
    standing = standings.of_shipments(shipments, terms, at=at)
    history = histories.of_shipments([shipment.id for shipment in shipments])
    near = [
        Nearness(
            shipment,
            shipment.stop,
            standing[shipment.id],
            terms[shipment.brand_id],
            rules.count_rounds(history[shipment.id], zone=shipment.zone),
        )
        for shipment in shipments
        if shipment.stop is not None
    ]
    return calls.write([call for each in near for call in _calls(each)], terms, at=at)


def _calls(near: Nearness) -> Iterator[Call]:
    at = near.standing.at
    for trigger, details in _details(near).items():
        channels = [channel for channel in Channel if _is_near(near, trigger, channel)]
        if channels and rules.is_still_true(trigger, near.standing, details):
            yield Call(near.shipment, trigger, at, at, near.version, details, channels)


def _details(near: Nearness) -> Mapping[Trigger, dict[str, Any]]:
    """Say in numbers how near it is; what is not known is not said."""
    found: dict[Trigger, dict[str, Any]] = {Trigger.ARRIVED: {}}
    if near.standing.stops_before is not None:
        found[Trigger.STOPS_AWAY] = {"stops": near.standing.stops_before}
    if near.window_minutes != float("inf"):
        found[Trigger.ARRIVING_SOON] = {"minutes": max(MINUTES, -int(-near.window_minutes // MINUTES) * MINUTES)}
    return found


def _is_near(near: Nearness, trigger: Trigger, channel: Channel) -> bool:
    limit = near.terms.nearness(trigger, channel)
    match trigger:
        case Trigger.STOPS_AWAY:
            return near.standing.stops_before is not None and near.standing.stops_before <= limit
        case Trigger.ARRIVING_SOON:
            return near.window_minutes <= limit
        case _:
            return near.terms.is_told(trigger) and near.metres <= limit
