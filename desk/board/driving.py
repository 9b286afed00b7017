"""Whose phone leads to which round of a day: the drivers who have something to drive, and the links that let them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter

from django.conf import settings
from django.urls import reverse

from dispatch import weather
from dispatch.models import Hub
from driving.models import DriveLink
from driving.services import links
from tracking.rounds.models import Driver, Place, Route, RouteState, Shift, ShiftState


@dataclass(frozen=True, slots=True)
class Way:
    """A driver's shift with something to drive, and the link that is good for it, if there is one."""

    shift: Shift
    hub: Place
    departs_at: datetime
    link: DriveLink | None

    @property
    def driver(self) -> Driver:
        return self.shift.driver

    @property
    def address(self) -> str:
        """What the driver opens; empty where nothing has been issued."""
        return f"{settings.BASE_URL}{reverse('driving:page', args=[self.link.token])}" if self.link else ""


def read(day: date, hubs: Sequence[Hub]) -> list[Way]:
    """List who has something to drive on a day from these hubs, who leaves first. Two queries."""
    if not hubs:
        return []
    begins, ends = (weather.midnight(hubs[0], day + timedelta(days=days)) for days in (0, 1))
    routes = Route.objects.filter(departs_at__gte=begins, departs_at__lt=ends, hub__in=[hub.place_id for hub in hubs])
    open_routes = routes.exclude(state=RouteState.FINISHED).exclude(shift__state=ShiftState.ENDED)
    found = open_routes.select_related("shift__driver", "hub").order_by("shift", "departs_at", "id")
    first = [next(of_shift) for _, of_shift in groupby(found, key=attrgetter("shift_id"))]
    known = links.good(route.shift for route in first)
    ways = [Way(route.shift, route.hub, route.departs_at, known.get(route.shift_id)) for route in first]
    return sorted(ways, key=attrgetter("departs_at"))


def waiting(day: date, hubs: Sequence[Hub]) -> int:
    """Count who has something to drive and no link to it."""
    return sum(way.link is None for way in read(day, hubs))
