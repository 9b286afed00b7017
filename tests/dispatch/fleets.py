"""Somebody to drive, something to drive with, and something to bring; every default can be overruled."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Final

from dispatch.models import Demand, Duty, Fleet, Hub, Plan, VehicleType
from dispatch.models.fleet import Energy, VehicleClass
from dispatch.services import demands, fleet, plans, working
from dispatch.services.fleet import Pause, Work
from tests.dispatch.hubs import make_hub
from tests.factories import NOON, make_driver, make_recipient, make_shipment
from tracking.rounds.models import Driver, Vehicle
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

DOORS: Final = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300), (60.1740, 24.9410), (60.1720, 24.9530)]

QUICK: Final = 0.1

_numbers: Final = count(1)


def make_vehicle_type(**fields: object) -> VehicleType:
    """Make a diesel van of 600 kg and 6 m³."""
    known = {
        "slug": f"van-{next(_numbers)}",
        "name": "Van",
        "kind": Vehicle.VAN,
        "vehicle_class": VehicleClass.VAN,
        "energy": Energy.DIESEL,
        "payload_g": 600_000,
        "volume_ml": 6_000_000,
        "cost_per_km": Decimal("0.300"),
    }
    return VehicleType.objects.create(**{**known, **fields})


def make_fleet(driver: Driver, **fields: object) -> Fleet:
    """Say what the drivers of a driver's carrier cost: 30 an hour, unless told otherwise."""
    known = {"cost_per_hour": Decimal(30), "cost_per_shift": Decimal(20)}
    return Fleet.objects.get_or_create(carrier=driver.carrier, defaults={**known, **fields})[0]


def make_duty(
    hub: Hub | None = None,
    *,
    driver: Driver | None = None,
    vehicle_type: VehicleType | None = None,
    starts_at: datetime = NOON,
    ends_at: datetime = NOON + timedelta(hours=8),
    pause: Pause | None = None,
) -> Duty:
    """Make a duty of eight hours from noon, with a van."""
    driver = driver or make_driver()
    make_fleet(driver)
    work = Work(hub or make_hub(), vehicle_type or make_vehicle_type())
    return fleet.enter(driver, work, starts_at=starts_at, ends_at=ends_at, pause=pause)


def make_demand(
    hub: Hub | None,
    point: tuple[float, float] | None = DOORS[0],
    *,
    status: Status = Status.AT_HUB,
    earliest: datetime = NOON,
    latest: datetime = NOON + timedelta(hours=8),
    **fields: object,
) -> Demand:
    """Make a shipment that is to be brought from a hub to a point this afternoon."""
    recipient = make_recipient(*point) if point else make_recipient(None, None)
    demand = demands.take_in(make_shipment(status=status, recipient=recipient), at=NOON)
    assert demand is not None
    known = {"hub": hub, "earliest": earliest, "latest": latest}
    Demand.objects.filter(pk=demand.pk).update(**{**known, **fields})
    return Demand.objects.select_related("shipment").get(pk=demand.pk)


def make_day(doors: Sequence[tuple[float, float]] = DOORS, *, vans: int = 1) -> tuple[Hub, list[Shipment]]:
    """Make a hub with vans and something to bring to each of these doors."""
    hub = make_hub()
    for _ in range(vans):
        make_duty(hub)
    return hub, [make_demand(hub, door).shipment for door in doors]


def make_plan(hub: Hub, *, at: datetime = NOON, is_again: bool = False) -> Plan:
    """Have a day of a hub planned at once."""
    day = at.astimezone(hub.zone).date()
    plan = plans.ask(day, [hub], by=None, at=at, seconds=QUICK, is_again=is_again)
    assert working.work_out(plan.pk, now=lambda: at)
    plan.refresh_from_db()
    return plan
