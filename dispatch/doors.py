"""From what shipments ask for to visits: what goes to one door goes together, where it can. No queries.

A visit is named after the first shipment of its door, so that it is called the same when a day is gathered again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dispatch.models import Demand
from dispatch.models.plans import Way
from dispatch.planning.problem import Load
from tracking.rounds.models import Place, Stop

Point = tuple[float, float]
Span = tuple[datetime, datetime]

SERVICE_SECONDS: Final = 180
"""At a door of which nothing is known."""

EACH_MORE_SECONDS: Final = 40
"""For each further shipment at a door: another bell, another signature."""

AT_PICKUP: Final = "@pickup"


@dataclass(frozen=True, slots=True)
class Door:
    """A door with all that is brought there at once; ``place`` is set where it is that of a pickup point.

    ``stop`` is set where a driver has it with them already. Demands are in the order of their shipments.
    """

    demands: tuple[Demand, ...]
    point: Point
    earliest: datetime
    latest: datetime
    place: Place | None = None
    stop: Stop | None = None

    @property
    def id(self) -> str:
        """What its visit is called."""
        return f"{self.demands[0].shipment_id}{AT_PICKUP if self.is_a_choice and self.place else ''}"

    @property
    def is_a_choice(self) -> bool:
        """Whether it is one of two ways of serving one order."""
        return self.demands[0].way == Way.EITHER

    @property
    def load(self) -> Load:
        """Grams and millilitres."""
        return sum(demand.mass_g for demand in self.demands), sum(demand.volume_ml for demand in self.demands)

    @property
    def hub_id(self) -> int | None:
        return self.demands[0].hub_id

    @property
    def ready_at(self) -> datetime | None:
        return max((demand.ready_at for demand in self.demands if demand.ready_at), default=None)

    @property
    def skills(self) -> frozenset[str]:
        """What it takes; from skills that were fetched along. Nobody said any of what is not written down."""
        first = self.demands[0]
        return frozenset(skill.slug for skill in first.skills.all()) if first.pk else frozenset()

    def service_seconds(self, usual: int | None) -> int:
        """Say how long it takes there: as was said of the longest, or as is usual, and a little more for each other."""
        said = [demand.service_seconds for demand in self.demands if demand.service_seconds is not None]
        first = max(said) if said else SERVICE_SECONDS if usual is None else usual
        return first + EACH_MORE_SECONDS * (len(self.demands) - 1)


def of(demands: Iterable[Demand], *, most: Sequence[int], keeps_told: bool = False) -> list[Door]:
    """Find the doors that demands lead to, none with more than ``most`` (grams, millilitres).

    With ``keeps_told`` who was told a time gets theirs. The shipments of the demands, and their stops, were fetched
    along, and have a point where they go home.
    """
    doors: list[Door] = []
    open_doors: dict[object, int] = {}
    for demand in sorted(demands, key=lambda one: one.shipment_id):
        for door in _ways(demand, _span(demand, keeps_told=keeps_told)):
            known = (door.point, door.place and door.place.pk, door.hub_id, door.skills)
            joined = _join(doors[open_doors[known]], door, most) if known in open_doors else None
            if joined is not None:
                doors[open_doors[known]] = joined
                continue
            doors.append(door)
            if not door.is_a_choice:
                open_doors[known] = len(doors) - 1
    return doors


def _span(demand: Demand, *, keeps_told: bool) -> Span:
    told = demand.shipment.window.span if demand.shipment.window else None
    is_on_a_route = demand.shipment.stop is not None and demand.shipment.stop.is_pending
    return told if keeps_told and is_on_a_route and told else (demand.earliest, demand.latest)


def _ways(demand: Demand, span: Span) -> list[Door]:
    shipment, place = demand.shipment, demand.pickup_point
    ways = []
    if demand.way != Way.PICKUP and shipment.latitude is not None and shipment.longitude is not None:
        ways.append(Door((demand,), (shipment.latitude, shipment.longitude), *span))
    if demand.way != Way.HOME and place is not None:
        ways.append(Door((demand,), (place.latitude, place.longitude), *span, place))
    return ways


def _join(door: Door, other: Door, most: Sequence[int]) -> Door | None:
    """Put two visits to one door together, if there is a time that suits both, and room for both."""
    earliest, latest = max(door.earliest, other.earliest), min(door.latest, other.latest)
    joined = Door((*door.demands, *other.demands), door.point, earliest, latest, door.place)
    has_room = all(load <= limit for load, limit in zip(joined.load, most, strict=True))
    return joined if earliest < latest and has_room else None
