"""Writes down how long a hub's drives took, for ``habits`` to learn from."""

import itertools
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Final, NamedTuple

from django.conf import settings
from django.db import transaction

from dispatch import travel, weather
from dispatch.models.fleet import Duty, Hub, VehicleType
from dispatch.models.habits import DrivenHour
from tracking.rounds.models import Route

SHORTEST_SECONDS: Final = 60
"""A shorter drive says more about finding a place to stop than about traffic."""

LEAST_SHARE: Final = 0.5
"""Who feels less of the traffic than that says nothing about it."""

RATIOS: Final = (0.5, 4.0)
"""What is beyond is a pause, a stop on the way or a device gone wrong, and counts as this."""


class _Drive(NamedTuple):
    """One drive from door to door, or from the hub to the first: how long it took, and takes a van on an empty road."""

    began_at: datetime
    seconds: float
    empty_seconds: float


@transaction.atomic
def learn(hub: Hub, *, day: date) -> None:
    """Write down how long the drives from a hub took on a day, by the hour they began in. Twice is harmless."""
    DrivenHour.objects.filter(hub=hub, day=day).delete()
    DrivenHour.objects.bulk_create(_hours(hub, day, [*_fair_drives(hub, day)]))


def _hours(hub: Hub, day: date, drives: Iterable[_Drive]) -> Iterator[DrivenHour]:
    def hour_of(drive: _Drive) -> int:
        return drive.began_at.astimezone(hub.zone).hour

    for hour, group in itertools.groupby(sorted(drives, key=hour_of), key=hour_of):
        driven = [*group]
        yield DrivenHour(
            hub=hub,
            day=day,
            hour=hour,
            seconds=sum(drive.seconds for drive in driven),
            empty_seconds=sum(drive.empty_seconds for drive in driven),
            n=len(driven),
        )


def _fair_drives(hub: Hub, day: date) -> Iterator[_Drive]:
    """Give the drives of a day that say something about traffic, as a van would have taken in fair weather."""
    start, end = weather.midnight(hub, day), weather.midnight(hub, day + timedelta(days=1))
    duties = Duty.objects.filter(hub=hub, shift__starts_at__lt=end, shift__ends_at__gt=start)
    heard = duties.filter(vehicle_type__feels_traffic__gte=LEAST_SHARE).select_related("vehicle_type")
    kinds = {duty.shift_id: duty.vehicle_type for duty in heard}
    routes = Route.objects.filter(shift__in=kinds, started_at__gte=start, started_at__lt=end)
    sky = weather.of_day(hub, day=day)
    for route in routes.select_related("hub").prefetch_related("stops"):
        for drive in _drives(route, kinds[route.shift_id]):
            hour = int((drive.began_at - start) / timedelta(hours=1))
            share = kinds[route.shift_id].feels_traffic
            yield _in_fair_weather(drive, sky.travel_factors[min(hour, weather.HOURS - 1)], share)


def _in_fair_weather(drive: _Drive, weather_factor: float, share: float) -> _Drive:
    """Take out of a drive what the weather did to it, and put in what traffic a van would have met."""
    ratio = drive.seconds / drive.empty_seconds / weather_factor
    factor = 1.0 + (min(max(ratio, RATIOS[0]), RATIOS[1]) - 1.0) / share
    return drive._replace(seconds=max(factor, RATIOS[0]) * drive.empty_seconds)


def _drives(route: Route, kind: VehicleType) -> Iterator[_Drive]:
    """Give the drives of a route whose beginning and end are known, in the order in which they were driven."""
    doors = [
        (stop.done_at, stop.arrived_at, (stop.latitude, stop.longitude)) for stop in route.stops.all() if stop.done_at
    ]
    doors.sort(key=itemgetter(0))
    points = [(route.hub.latitude, route.hub.longitude), *(point for *_, point in doors)]
    empty = travel.drives(points, kinds=[kind])[kind.slug].seconds
    left_at = route.started_at
    for place, (done_at, arrived_at, _) in enumerate(doors):
        empty_seconds = float(empty[place, place + 1])
        if left_at and arrived_at and arrived_at > left_at and empty_seconds >= SHORTEST_SECONDS:
            yield _Drive(left_at, (arrived_at - left_at).total_seconds() * settings.SPEED, empty_seconds)
        left_at = done_at
