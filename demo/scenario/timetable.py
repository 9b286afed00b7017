"""When a tour calls at its doors, counted in simulated seconds from its departure. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from demo.scenario.tours import Visit

SERVICE_SECONDS: Final = 60
"""What a plan reckons with at a door: the mean of what ``habits`` draws, rounded up."""


@dataclass(frozen=True, slots=True)
class Call:
    """A visit in time."""

    arrives_seconds: float
    leaves_seconds: float


def expected(visits: Sequence[Visit]) -> list[Call]:
    """Say when a plan expects to call: empty streets, the same time at every door."""
    return _add_up(visits, [1.0] * len(visits), [float(SERVICE_SECONDS)] * len(visits))


def happened(visits: Sequence[Visit], chance: Random) -> list[Call]:
    """Draw when a tour did call."""
    delays = [chance.uniform(0.95, 1.25) for _ in visits]
    services = [chance.uniform(30, 80) for _ in visits]
    return _add_up(visits, delays, services)


def _add_up(visits: Sequence[Visit], delays: Sequence[float], services: Sequence[float]) -> list[Call]:
    calls, now = [], 0.0
    for visit, delay, service in zip(visits, delays, services, strict=True):
        arrives = now + visit.way.duration_seconds * delay
        now = arrives + service
        calls.append(Call(arrives, now))
    return calls
