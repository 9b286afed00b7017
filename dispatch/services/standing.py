"""What a plan is measured against: the tours as they stand on the routes, and the orders just as they came."""

from collections.abc import Collection, Sequence

from dispatch.models import Plan
from dispatch.planning.fitting import Fitter
from dispatch.planning.plan import TimedTour
from dispatch.planning.problem import Problem, Tour
from dispatch.services.days import Day
from tracking.rounds.models import RouteState, Stop
from tracking.shipments.models import Shipment


def tours(day: Day) -> list[Tour]:
    """Read off the routes what each duty of a day is to do from now on; what the day does not know is left out."""
    pending = Stop.objects.pending().exclude(route__state=RouteState.FINISHED)
    shifts = {duty.shift_id: vehicle for vehicle, duty in day.duties.items()}
    waiting = Shipment.objects.filter(stop__in=pending.filter(route__shift__in=shifts)).order_by(
        "stop__route__departs_at", "stop__route", "stop__sequence", "id"
    )
    found = list(waiting.values_list("id", "stop__route__shift_id"))
    return _tours(day, [(shipment_id, shifts[shift_id]) for shipment_id, shift_id in found])


def tours_of(plan: Plan, day: Day) -> list[Tour]:
    """Read off a plan what each duty of a day is to do; what the day does not know any more is left out."""
    rows = plan.visits.exclude(tour=None).order_by("tour", "sequence", "shipment_id")
    found = [(shipment_id, str(duty_id)) for shipment_id, duty_id in rows.values_list("shipment_id", "tour__duty_id")]
    at_pickup = set(plan.visits.exclude(place=None).values_list("shipment_id", flat=True))
    return _tours(day, [row for row in found if row[1] in day.duties], at_pickup=at_pickup)


def _tours(day: Day, found: Sequence[tuple[int, str]], *, at_pickup: Collection[int] = ()) -> list[Tour]:
    """Make tours of who is served by which vehicle, in order; each visit once."""
    visits = day.visits_of({shipment_id for shipment_id, _ in found}, at_pickup=at_pickup)
    made: dict[str, list[str]] = {}
    known: set[str] = set()
    for shipment_id, vehicle in found:
        visit = visits.get(shipment_id)
        if visit is not None and visit not in known:
            known.add(visit)
            made.setdefault(vehicle, []).append(visit)
    return [Tour(vehicle, tuple(names)) for vehicle, names in made.items()]


def as_given(problem: Problem) -> Sequence[TimedTour]:
    """Drive the orders as they came: each behind the last one of the first vehicle that can take it there."""
    fitter = Fitter(problem)
    begun = {tour.vehicle: tour for tour in problem.begun}
    given = {vehicle.id: begun.get(vehicle.id, Tour(vehicle.id, ())) for vehicle in problem.vehicles}
    under_way = {name for tour in problem.begun for name in tour.visits}
    served: set[str] = set()
    for visit in problem.visits:
        if visit.id in under_way or visit.group in served:
            continue
        for vehicle, tour in given.items():
            longer = Tour(vehicle, (*tour.visits, visit.id))
            if fitter.fit(longer) is not None:
                given[vehicle] = longer
                served |= {visit.group} - {""}
                break
    return [fitter.drive(tour) for tour in given.values() if tour.visits]
