"""Writes what the optimiser answered into the tables of plans, with what it comes to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Self

from django.db import transaction

from dispatch import emissions
from dispatch.doors import Door
from dispatch.emissions import Carried, Factor
from dispatch.missing import Missing
from dispatch.models import Plan, PlannedTour, PlannedVisit
from dispatch.planning import fallback
from dispatch.planning import plan as answers
from dispatch.planning.plan import Call, Reason, TimedTour
from dispatch.services.days import Day

METRES_PER_KM: Final = 1_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What some tours come to. Seconds are from leaving to coming back, ``served`` counts shipments."""

    money: float = 0.0
    kg_co2e: float = 0.0
    litres: float = 0.0
    kwh: float = 0.0
    metres: int = 0
    seconds: int = 0
    driven_seconds: int = 0
    tours: int = 0
    served: int = 0

    @classmethod
    def of(cls, day: Day, tours: Iterable[TimedTour]) -> Self:
        """Add up tours of a day."""
        known = [(tour, factor_of(day, tour.vehicle)) for tour in tours]
        return cls(
            money=sum(tour.cost.money for tour, _ in known),
            kg_co2e=sum(tour.cost.kg_co2e for tour, _ in known),
            litres=sum(used(tour.cost.metres, factor, "l") for tour, factor in known),
            kwh=sum(used(tour.cost.metres, factor, "kWh") for tour, factor in known),
            metres=sum(tour.cost.metres for tour, _ in known),
            seconds=sum(tour.cost.seconds for tour, _ in known),
            driven_seconds=sum(tour.cost.driven_seconds for tour, _ in known),
            tours=len(known),
            served=sum(len(day.doors[call.visit].demands) for tour, _ in known for call in tour.calls),
        )


@transaction.atomic
def write(plan: Plan, day: Day, answer: answers.Plan, *, compared: Mapping[str, Sequence[TimedTour] | None]) -> None:
    """Replace what is written of a plan by an answer, and by figures of it and of what it is ``compared`` with."""
    plan.visits.all().delete()
    plan.tours.all().delete()
    visits = [visit for timed in answer.tours if timed.calls for visit in _write_tour(plan, day, timed)]
    visits += _left_out(plan, day, answer, {visit.shipment_id for visit in visits})
    before = _begins(day, compared.get("before") or ())
    for visit in visits:
        visit.before_at = before.get(visit.shipment_id)
    PlannedVisit.objects.bulk_create(visits)
    plan.figures = figures(day, {"plan": answer.tours, **compared}) | {"made_by": answer.made_by}
    without = [Missing.OPTIMISER.value] if answer.made_by == fallback.NAME else []
    plan.missing = [*day.missing, *without]
    plan.save(update_fields=["figures", "missing"])


def figures(day: Day, tours: Mapping[str, Sequence[TimedTour] | None]) -> dict[str, Any]:
    """Add up each of some sets of tours; ``None`` where there is none to compare with."""
    return {name: asdict(Figures.of(day, some)) if some is not None else None for name, some in tours.items()}


def factor_of(day: Day, vehicle: str) -> Factor:
    """Say what a kilometre costs the air in a vehicle of a day."""
    kind = day.duties[vehicle].vehicle_type
    return emissions.factor_of(kind.vehicle_class, kind.energy, on=day.day)


def used(metres: int, factor: Factor, unit: str) -> float:
    """Say how much of a unit a distance takes."""
    return metres / METRES_PER_KM * factor.units_per_km if factor.unit == unit else 0.0


def _begins(day: Day, tours: Iterable[TimedTour]) -> dict[int, datetime]:
    """Say when tours serve each shipment."""
    return {
        demand.shipment_id: day.clock.moment(call.begins)
        for tour in tours
        for call in tour.calls
        for demand in day.doors[call.visit].demands
    }


def _write_tour(plan: Plan, day: Day, timed: TimedTour) -> list[PlannedVisit]:
    """Write a tour down; gives its visits, which are not written yet."""
    moment, cost, factor = day.clock.moment, timed.cost, factor_of(day, timed.vehicle)
    van = day.begun.get(timed.vehicle)
    tour = PlannedTour.objects.create(
        plan=plan,
        duty=day.duties[timed.vehicle],
        route=van.route if van else None,
        departs_at=moment(timed.departs),
        returns_at=moment(timed.returns),
        pause_at=None if timed.pause is None else moment(timed.pause),
        metres=cost.metres,
        driven_seconds=cost.driven_seconds,
        money=cost.money,
        kg_co2e=cost.kg_co2e,
        litres=used(cost.metres, factor, "l"),
        kwh=used(cost.metres, factor, "kWh"),
    )
    account = emissions.account(cost.metres, factor, _carried(day, timed))
    shares = {share.carried.reference: share.mg / emissions.MG_PER_KG for share in account.shares}
    return [
        PlannedVisit(
            plan=plan,
            shipment=demand.shipment,
            tour=tour,
            sequence=number,
            arrives_at=moment(call.arrives),
            begins_at=moment(call.begins),
            leaves_at=moment(call.leaves),
            place=day.doors[call.visit].place,
            kg_co2e=shares[str(demand.shipment_id)],
        )
        for number, call in _numbered(day, timed.calls)
        for demand in day.doors[call.visit].demands
    ]


def _numbered(day: Day, calls: Sequence[Call]) -> Iterable[tuple[int, Call]]:
    """Count doors from 1; what is called at one after the other without a drive is one door."""
    number, before = 0, None
    for call in calls:
        door = day.doors[call.visit]
        number += before is None or not _is_same(before, door)
        before = door
        yield number, call


def _is_same(door: Door, other: Door) -> bool:
    return door.point == other.point and door.place == other.place


def _carried(day: Day, timed: TimedTour) -> list[Carried]:
    """Say what a tour carries how far: by the shortest way from the hub."""
    vehicle = next(vehicle for vehicle in day.problem.vehicles if vehicle.id == timed.vehicle)
    hub = vehicle.depot if vehicle.back_at is None else vehicle.back_at
    metres = day.problem.drives[vehicle.profile].metres[hub]
    places = {visit.id: visit.place for visit in day.problem.visits}
    return [
        Carried(str(demand.shipment_id), demand.mass_g, metres.item(places[call.visit]))
        for call in timed.calls
        for demand in day.doors[call.visit].demands
    ]


def _left_out(plan: Plan, day: Day, answer: answers.Plan, served: set[int]) -> list[PlannedVisit]:
    """Name each shipment that is in no tour, once, with its reason; of two ways not served the one to the door."""
    why = {demand.shipment_id: str(reason.value) for demand, reason in day.left_out}
    for visit_id, reason in answer.left_out:
        for demand in day.doors[visit_id].demands:
            if demand.shipment_id not in served and reason != Reason.OTHER_WAY:
                why.setdefault(demand.shipment_id, reason.value)
    return [PlannedVisit(plan=plan, shipment_id=shipment_id, reason=reason) for shipment_id, reason in why.items()]
