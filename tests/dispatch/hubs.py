"""A hub in Helsinki with what it offers; every default can be overruled."""

from datetime import time
from decimal import Decimal
from itertools import count
from typing import Final

from dispatch.models import Cutoff, Hub, Slot, Tariff
from dispatch.models.fleet import Level
from dispatch.models.slots import SlotKind
from tests.factories import HUB
from tracking.rounds.models import Place, PlaceKind

_numbers: Final = count(1)


def make_hub(point: tuple[float, float] = HUB, **fields: object) -> Hub:
    """Make a hub that works from 7 to 22 o'clock."""
    number = next(_numbers)
    place = Place.objects.create(
        slug=f"hub-{number}",
        name=f"Hub {number}",
        kind=PlaceKind.HUB,
        address="Kampinkuja 1",
        latitude=point[0],
        longitude=point[1],
    )
    known = {"timezone": "Europe/Helsinki", "country": "FI", "opens_at": time(7), "closes_at": time(22)}
    return Hub.objects.create(place=place, **{**known, **fields})


def make_slot(hub: Hub | None = None, **fields: object) -> Slot:
    """Make an evening slot, on any day of the week, that can be had until noon."""
    known = {
        "hub": hub or make_hub(),
        "kind": SlotKind.EVENING,
        "weekdays": "1234567",
        "starts": time(17),
        "ends": time(20),
        "until": time(12),
        "price": Decimal("3.90"),
        "room": 2,
    }
    return Slot.objects.create(**{**known, **fields})


def make_levels(hub: Hub) -> None:
    """Let a hub offer what is promised by the day: today until 11 o'clock, tomorrow, and within two working days."""
    levels = {
        Level.SAME_DAY: (time(11), time(13), Decimal("7.90"), 0),
        Level.NEXT_DAY: (time(20), time(8), Decimal("4.90"), 1),
        Level.STANDARD: (time(20), time(8), Decimal("2.90"), 2),
    }
    for level, (until, ready_at, price, days) in levels.items():
        days_before = 0 if level == Level.SAME_DAY else 1
        Cutoff.objects.create(hub=hub, level=level, days_before=days_before, until=until, ready_at=ready_at)
        Tariff.objects.create(hub=hub, level=level, price=price, days=days)
    Cutoff.objects.create(hub=hub, level=Level.SLOT, days_before=0, until=time(12), ready_at=time(13))
