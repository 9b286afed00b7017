"""The planner's part of the day: the fleet and its costs, a tour that is planned and published, and tomorrow's plan.

The other tours of the day are drawn so that there is something to see; here everything is as the planner makes it.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from django.conf import settings
from django.db import transaction

from atlas.areas import Area
from demo.scenario import cast
from demo.scenario.day import unheard
from demo.scenario.diary import ZONE, Diary
from demo.scenario.orders import OrderBook
from demo.scenario.tours import Drawing
from dispatch import slots
from dispatch.models import Cutoff, Fleet, Hub, Level, Plan, Slot, Tariff, VehicleType
from dispatch.models.fleet import Energy, VehicleClass
from dispatch.models.slots import SlotKind
from dispatch.services import demands, fleet, plans, publishing, weather, working
from dispatch.services.fleet import Work
from driving.services import links as drive_links
from tracking.rounds import services as rounds
from tracking.rounds.models import Carrier, Driver, Place, PlaceKind, Shift, ShiftState, Vehicle
from tracking.shipments import services as shipments
from tracking.shipments.models import Shipment

Hubs = dict[str, Hub]
Kinds = dict[Vehicle, VehicleType]

OPENS: Final = time(8)
CLOSES: Final = time(21)
STOPS: Final = 9
LASTS: Final = timedelta(hours=4)
DEPARTS_IN_SECONDS: Final = 5 * 60
TOMORROWS_ORDERS: Final = 24
PLAN_SECONDS: Final = 1.5
IN_TOWN_M: Final = 8_000
COUNTER: Final = {"kluuvi": {"hands_over_from": time(10), "hands_over_until": time(19)}}
"""When somebody hands parcels over, and at which hub."""
BROUGHT_BEFORE: Final = timedelta(hours=3)

KINDS: Final = {
    Vehicle.VAN: ("Van", VehicleClass.VAN_1740, Energy.DIESEL, 800_000, 6_000_000, 1.0, 1.0, "0.320"),
    Vehicle.CAR: ("Car", VehicleClass.CAR, Energy.PETROL, 250_000, 900_000, 1.0, 1.0, "0.260"),
    Vehicle.CARGO_BIKE: ("Cargo bike", VehicleClass.CARGO_BIKE, Energy.BATTERY, 120_000, 600_000, 1.3, 0.2, "0.050"),
}
"""Name, class, energy, grams, millilitres, pace, share of the traffic that it meets, cost of a kilometre."""

COSTS: Final = {cast.OWN_FLEET: ("24.00", "29.50", "0.00"), cast.CROWD: ("0.00", "0.00", "4.20")}
"""Of a shift, an hour and a stop."""

LEVELS: Final = {
    Level.SAME_DAY: (0, time(12), time(14), "6.90", 0),
    Level.NEXT_DAY: (1, time(20), time(8), "4.90", 1),
    Level.STANDARD: (1, time(20), time(8), "2.90", 2),
}
"""Days before, until when, ready from when; price, and working days until it comes."""

SLOTS: Final = (
    (SlotKind.MORNING, "12345", time(9), time(12), "3.90"),
    (SlotKind.EVENING, "12345", time(17), time(20), "4.90"),
    (SlotKind.WEEKEND, "67", time(10), time(14), "5.90"),
)

TOMORROW: Final = (
    (cast.AINO, time(9), time(15)),
    (cast.HELMI, time(9), time(14)),
    (cast.LEO, time(10), time(16)),
    (cast.SIIRI, time(17), time(21)),
)
"""Who works tomorrow: two vans, a cargo bike, and somebody of the crowd in the evening."""


class Office:
    """The planner at work, at the middle of a day that is written down already. The same seed plans the same."""

    def __init__(self, area: Area, *, seed: int, at: datetime) -> None:
        self._at = at
        self._chance = Random(f"{seed} office")
        self._drawing = Drawing(area, self._chance)
        self._orders = OrderBook(self._chance, taken=Shipment.objects.count())
        self._diary = Diary(seed=seed)
        self._tomorrow = at.astimezone(ZONE).date() + timedelta(days=1)

    def write(self) -> None:
        """Enter the fleet, have today's last tour and all of tomorrow planned, and publish the tour."""
        with unheard(), shipments.silently(), transaction.atomic():
            hubs, kinds = _write_hubs(), _write_kinds()
            if settings.WEATHER_FILE:
                for hub in hubs.values():
                    weather.hear(hub, at=self._at)
            self._equip(hubs, kinds)
            while demands.take_in_missing(at=self._at):
                pass
            demands.expect(Shipment.objects.all(), ready_at=slots.moment(self._tomorrow, OPENS, zone=ZONE))
            self._plan_a_tour(hubs[cast.OONA.hub], kinds)
            self._plan_tomorrow(hubs, kinds)

    def _equip(self, hubs: Hubs, kinds: Kinds) -> None:
        """Say of today's shifts what they are worked with, and of carriers what they cost."""
        for slug, (shift, hour, stop) in COSTS.items():
            Fleet.objects.create(
                carrier=Carrier.objects.get(slug=slug), cost_per_shift=shift, cost_per_hour=hour, cost_per_stop=stop
            )
        parts = {part.given_name: part for part in cast.DRIVERS}
        for shift_of_today in Shift.objects.select_related("driver"):
            part = parts[shift_of_today.driver.given_name]
            fleet.equip(shift_of_today, Work(hubs[part.hub], kinds[part.vehicle]))

    def _plan_a_tour(self, hub: Hub, kinds: Kinds) -> None:
        """Have a driver's tour planned who is about to leave, and publish it."""
        driver = Driver.objects.create(
            carrier=Carrier.objects.get(slug=cast.OONA.carrier),
            given_name=cast.OONA.given_name,
            family_name=cast.OONA.family_name,
            vehicle=cast.OONA.vehicle,
        )
        sets_out_at = self._at + timedelta(seconds=DEPARTS_IN_SECONDS / settings.SPEED)
        work = Work(hub, kinds[cast.OONA.vehicle])
        duty = fleet.enter(driver, work, starts_at=sets_out_at, ends_at=sets_out_at + LASTS)
        rounds.move_shift(duty.shift, ShiftState.WORKING, at=self._at)
        rounds.issue_device(driver, at=self._at)
        drive_links.issue(duty.shift, at=self._at)
        for _ in range(STOPS):
            self._order(hub, duty.shift.starts_at, duty.shift.ends_at)
        plan = self._plan(sets_out_at.astimezone(ZONE).date(), [hub])
        publishing.publish(plan, by=None, at=self._at)

    def _plan_tomorrow(self, hubs: Hubs, kinds: Kinds) -> None:
        """Have tomorrow planned, for a dispatcher to look at."""
        for part, starts, ends in TOMORROW:
            driver = Driver.objects.get(given_name=part.given_name)
            span = [slots.moment(self._tomorrow, clock, zone=ZONE) for clock in (starts, ends)]
            fleet.enter(driver, Work(hubs[part.hub], kinds[part.vehicle]), starts_at=span[0], ends_at=span[1])
        for number in range(TOMORROWS_ORDERS):
            hub = list(hubs.values())[number % len(hubs)]
            opens_at, closes_at = (slots.moment(self._tomorrow, clock, zone=ZONE) for clock in (OPENS, CLOSES))
            self._order(hub, opens_at, closes_at)
        self._plan(self._tomorrow, hubs.values())

    def _order(self, hub: Hub, earliest: datetime, latest: datetime) -> None:
        """Let an order come in that is at its hub, and is to be brought between two moments."""
        shipment = self._diary.bring(
            self._orders.order(self._drawing.door()), cast.OWN_FLEET, hub.place, at=self._at - BROUGHT_BEFORE
        )
        demand = demands.take_in(shipment, at=self._at)
        if demand is not None:
            demands.leave_from(demand, hub)
            demands.aim(demand, earliest=earliest, latest=latest)

    def _plan(self, day: date, hubs: Iterable[Hub]) -> Plan:
        plan = plans.ask(day, hubs, by=None, at=self._at, seconds=PLAN_SECONDS)
        working.work_out(plan.pk, now=lambda: self._at)
        plan.refresh_from_db()
        return plan


def _write_hubs() -> Hubs:
    """Enter the hours of the hubs, and what can be ordered from them until when."""
    hubs = {}
    for place in Place.objects.filter(kind=PlaceKind.HUB):
        hub = Hub.objects.create(
            place=place,
            timezone=cast.TIMEZONE,
            country="FI",
            opens_at=OPENS,
            closes_at=CLOSES,
            reach_m=IN_TOWN_M,
            **COUNTER.get(place.slug, {}),
        )
        for level, (days_before, until, ready_at, price, days) in LEVELS.items():
            Cutoff.objects.create(hub=hub, level=level, days_before=days_before, until=until, ready_at=ready_at)
            Tariff.objects.create(hub=hub, level=level, price=price, days=days)
        Cutoff.objects.create(hub=hub, level=Level.SLOT, until=time(20), ready_at=time(8))
        for kind, weekdays, starts, ends, price in SLOTS:
            Slot.objects.create(
                hub=hub,
                kind=kind,
                weekdays=weekdays,
                starts=starts,
                ends=ends,
                price=price,
                days_before=1,
                until=time(20),
            )
        hubs[place.slug] = hub
    return hubs


def _write_kinds() -> Kinds:
    """Enter what is driven."""
    return {
        kind: VehicleType.objects.create(
            slug=kind,
            name=name,
            kind=kind,
            vehicle_class=vehicle_class,
            energy=energy,
            payload_g=payload_g,
            volume_ml=volume_ml,
            pace=pace,
            feels_traffic=share,
            cost_per_km=cost,
        )
        for kind, (name, vehicle_class, energy, payload_g, volume_ml, pace, share, cost) in KINDS.items()
    }
