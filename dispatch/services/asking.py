"""Puts duties and doors into the words of the optimiser: places, drives, vehicles, visits, seconds. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import h3
import numpy as np
from django.conf import settings

from dispatch import emissions, travel
from dispatch.doors import Door, Point
from dispatch.models import Duty, Fleet, Hub
from dispatch.planning.problem import ALWAYS, NO_WAY, Break, Drives, Problem, Span, Tour, Traffic, Vehicle, Visit
from dispatch.services.underway import Begun
from tracking.figures.models import StopHint
from tracking.figures.services import BLOCK_RESOLUTION


@dataclass(frozen=True, slots=True)
class Clock:
    """Counts the seconds that really pass since the zero of a problem, whatever clocks show."""

    zero: datetime

    def seconds(self, moment: datetime) -> int:
        """Count to a moment; before zero it is zero."""
        return max(0, round((moment - self.zero).total_seconds()))

    def span(self, earliest: datetime, latest: datetime) -> Span:
        return self.seconds(earliest), self.seconds(latest)

    def moment(self, seconds: float) -> datetime:
        return self.zero + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be planned: who is free at these hubs, who is on the road, and where things go until ``ends_at``.

    Nobody sets out before ``at``.
    """

    day: date
    hubs: Sequence[Hub]
    clock: Clock
    at: datetime
    ends_at: datetime
    free: Sequence[Duty]
    begun: Sequence[Begun]
    doors: Sequence[Door]


Profiles = Mapping[tuple[int, str], tuple[str, Traffic]]
"""By hub and type of vehicle: the name of a profile, and the traffic it meets."""


def put(asked: Asked) -> tuple[Problem, frozenset[str]]:
    """Make a problem of what is to be planned; with it comes what had to be guessed."""
    return _Making(asked).problem()


class _Making:
    """A problem in the making: the places first, then the roads between them, then who drives and what for."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._points: list[Point] = []
        self._hub_places = {hub.pk: self._add(_point(hub)) for hub in asked.hubs}
        self._van_places = {van.duty.pk: self._add(van.point) for van in asked.begun}
        aboard = [door for van in asked.begun for door in van.doors]
        self._places = {point: self._add(point) for point in {door.point: None for door in [*asked.doors, *aboard]}}
        self._usual = _usual_seconds(self._places)

    def problem(self) -> tuple[Problem, frozenset[str]]:
        asked = self._asked
        duties = [*asked.free, *(van.duty for van in asked.begun)]
        kinds = {duty.vehicle_type.slug: duty.vehicle_type for duty in duties}
        roads = travel.roads(self._points, kinds=kinds.values())
        conditions = {hub.pk: travel.conditions(hub, day=asked.day) for hub in asked.hubs}
        profiles = _profiles(duties, conditions)
        aboard = [self._aboard(van, door) for van in asked.begun for door in van.doors]
        problem = Problem(
            drives={name: _at_speed(roads.drives[slug]) for (_, slug), (name, _) in profiles.items()},
            vehicles=[self._vehicle(duty, profiles) for duty in asked.free]
            + [self._van(van, profiles) for van in asked.begun],
            visits=[self._visit(door) for door in asked.doors] + aboard,
            begun=[Tour(str(van.duty.pk), tuple(door.id for door in van.frozen)) for van in asked.begun],
            carbon_price=settings.CARBON_PRICE,
            traffic_of=dict(profiles.values()),
        )
        guessed = roads.missing.union(*(known.missing for known in conditions.values()))
        return problem, frozenset(str(missing.value) for missing in guessed)

    def _add(self, point: Point) -> int:
        self._points.append(point)
        return len(self._points) - 1

    def _vehicle(self, duty: Duty, profiles: Profiles) -> Vehicle:
        """Describe a duty that has not set off."""
        clock, kind, fleet = self._asked.clock, duty.vehicle_type, _fleet(duty)
        return Vehicle(
            id=str(duty.pk),
            depot=self._hub_places[duty.hub_id],
            capacity=(kind.payload_g, kind.volume_ml),
            shift=clock.span(max(duty.shift.starts_at, self._asked.at), duty.shift.ends_at),
            profile=profiles[duty.hub_id, kind.slug][0],
            skills=frozenset(skill.slug for skill in duty.skills.all()),
            pause=_pause(duty, clock, since=self._asked.at),
            fixed_cost=float(fleet.cost_per_shift),
            cost_per_hour=float(fleet.cost_per_hour),
            cost_per_km=float(kind.cost_per_km),
            cost_per_visit=float(fleet.cost_per_stop),
            kg_co2e_per_km=emissions.kg_per_km(kind, on=self._asked.day),
            most_metres=kind.reach_m,
        )

    def _van(self, van: Begun, profiles: Profiles) -> Vehicle:
        """Describe a duty that is on the road: it goes on from where it is, and comes back when it is done."""
        clock, vehicle = self._asked.clock, self._vehicle(van.duty, profiles)
        return replace(
            vehicle,
            depot=self._van_places[van.duty.pk],
            back_at=self._hub_places[van.duty.hub_id],
            shift=(clock.seconds(van.since), ALWAYS[1]),
            pause=None if van.has_paused else vehicle.pause,
            fixed_cost=0.0,
            most_metres=None,
        )

    def _visit(self, door: Door) -> Visit:
        """Describe a door that something is still to be taken to from a hub."""
        return Visit(
            id=door.id,
            place=self._places[door.point],
            load=door.load,
            windows=(self._window(door),),
            service_seconds=self._seconds(door),
            skills=door.skills,
            depots=frozenset(self._hub_places[hub] for hub in ([door.hub_id] if door.hub_id else self._hub_places)),
            ready_at=self._asked.clock.seconds(door.ready_at) if door.ready_at else 0,
            prize=self._prize(door),
            group=str(door.demands[0].shipment_id) if door.is_a_choice else "",
        )

    def _aboard(self, van: Begun, door: Door) -> Visit:
        """Describe a door whose parcels are in a van: none but that one can go there."""
        return replace(
            self._visit(door),
            windows=(self._asked.clock.span(door.earliest, door.latest),),
            depots=frozenset({self._van_places[van.duty.pk]}),
            skills=frozenset(),
            ready_at=0,
            prize=None,
            group="",
        )

    def _window(self, door: Door) -> Span:
        """Say when a door may be called at; what should have come before comes as soon as it can."""
        begins_at = max(self._asked.at, self._asked.clock.zero)
        if door.latest <= begins_at:
            return self._asked.clock.span(begins_at, self._asked.ends_at)
        return self._asked.clock.span(door.earliest, min(door.latest, self._asked.ends_at))

    def _seconds(self, door: Door) -> int:
        """Say how long it takes at a door; of a stop where the driver is already, what is left of that."""
        seconds = door.service_seconds(self._usual.get(door.point)) / settings.SPEED
        if door.stop is not None and door.stop.arrived_at is not None:
            seconds -= (self._asked.at - door.stop.arrived_at).total_seconds()
        return max(0, round(seconds))

    def _prize(self, door: Door) -> float | None:
        """Say what it is worth to go to a door today; ``None`` where it cannot wait."""
        if door.latest <= self._asked.ends_at:
            return None
        hubs = {hub.pk: hub for hub in self._asked.hubs}
        hub = hubs.get(door.hub_id or self._asked.hubs[0].pk, self._asked.hubs[0])
        return float(hub.waiting_costs) * len(door.demands)


def _profiles(duties: Iterable[Duty], conditions: Mapping[int, travel.Conditions]) -> Profiles:
    """Name the profiles that differ, so that hubs with the same traffic share one."""
    profiles: dict[tuple[int, str], tuple[str, Traffic]] = {}
    for duty in duties:
        slug, traffic = duty.vehicle_type.slug, conditions[duty.hub_id].traffic(duty.vehicle_type)
        like = (profile for (_, other), profile in profiles.items() if other == slug and profile[1] == traffic)
        profiles.setdefault((duty.hub_id, slug), next(like, (f"{slug} from {duty.hub_id}", traffic)))
    return profiles


def _usual_seconds(points: Iterable[Point]) -> dict[Point, int]:
    """Look up what was learned of the blocks that these points are in."""
    blocks = {point: h3.latlng_to_cell(*point, BLOCK_RESOLUTION) for point in points}
    hints = dict(StopHint.objects.filter(block__in=blocks.values()).values_list("block", "seconds"))
    return {point: hints[block] for point, block in blocks.items() if block in hints}


def _at_speed(drives: Drives) -> Drives:
    """Let simulated seconds pass as fast as the settings say."""
    if settings.SPEED == 1:
        return drives
    seconds = np.ceil(drives.seconds / settings.SPEED).astype(np.int64)
    return Drives(np.where(drives.seconds >= NO_WAY, NO_WAY, seconds), drives.metres)


def _pause(duty: Duty, clock: Clock, *, since: datetime) -> Break | None:
    """Describe the break of a duty, if it has one that is still to come."""
    if duty.pause_from is None or duty.pause_until is None or duty.pause_until <= since:
        return None
    return Break(clock.span(max(duty.pause_from, since), duty.pause_until), duty.pause_seconds)


def _fleet(duty: Duty) -> Fleet:
    """Give what the driver's carrier costs; nothing where nobody said."""
    known: Fleet | None = getattr(duty.shift.driver.carrier, "fleet", None)
    return known or Fleet()


def _point(hub: Hub) -> Point:
    return hub.place.latitude, hub.place.longitude
