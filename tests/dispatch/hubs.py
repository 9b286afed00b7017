"""A hub in Helsinki with what it offers; every default can be overruled."""

from datetime import date, time
from decimal import Decimal
from itertools import count
from typing import Final

from dispatch import slots
from dispatch.models import Cutoff, Duty, Fleet, Hub, Slot, Tariff, VehicleType
from dispatch.models.fleet import Energy, Level, VehicleClass
from dispatch.models.slots import SlotKind
from dispatch.services import fleet
from dispatch.services.fleet import Work
from tests.factories import HUB, make_driver
from tracking.rounds.models import Place, PlaceKind, Vehicle

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


def make_duty(hub: Hub, day: date, *, payload_g: int = 800_000) -> Duty:
    """Let a driver of the own fleet work for a hub from 8 to 21 o'clock, in a diesel van."""
    driver = make_driver()
    Fleet.objects.get_or_create(carrier=driver.carrier, defaults={"cost_per_hour": Decimal(30)})
    van, _ = VehicleType.objects.get_or_create(
        slug=f"van-{payload_g}",
        defaults={
            "name": "Van",
            "kind": Vehicle.VAN,
            "vehicle_class": VehicleClass.VAN_3500,
            "energy": Energy.DIESEL,
            "payload_g": payload_g,
            "volume_ml": 9_000_000,
            "cost_per_km": Decimal("0.30"),
        },
    )
    starts_at, ends_at = (slots.moment(day, time(hour), zone=hub.zone) for hour in (8, 21))
    return fleet.enter(driver, Work(hub, van), starts_at=starts_at, ends_at=ends_at)
