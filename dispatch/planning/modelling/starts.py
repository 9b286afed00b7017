"""From where and when a vehicle is free for what is still to be planned, and what it has left."""

from dataclasses import dataclass, replace
from itertools import pairwise

from dispatch.planning.fitting import Fitter, peaks
from dispatch.planning.problem import Break, Load, Span, Tour, Vehicle


@dataclass(frozen=True, slots=True)
class Start:
    """What a vehicle has left when it is done with what it began with: all of it, if it has not begun."""

    place: int
    span: Span
    capacity: Load
    seconds: int | None
    metres: int | None
    pause: Break | None
    is_begun: bool


def start(fitter: Fitter, vehicle: Vehicle) -> Start:
    """Go through what a vehicle has begun with, and return what is left then."""
    if vehicle.id not in fitter.begun:
        pause = vehicle.pause
        is_out = pause is not None and vehicle.shift[0] < pause.begins[1] < vehicle.shift[1]
        return Start(
            vehicle.depot,
            vehicle.shift,
            vehicle.capacity,
            vehicle.most_seconds,
            vehicle.most_metres,
            pause if is_out else None,
            is_begun=False,
        )
    names = fitter.begun[vehicle.id]
    if not names:
        return _under_way(fitter, vehicle, vehicle.depot, vehicle.shift[0])
    timed = fitter.drive(Tour(vehicle.id, names))
    last = timed.calls[-1]
    has_paused = timed.pause is not None and timed.pause < last.leaves
    rested = replace(vehicle, pause=None) if has_paused else vehicle
    return _under_way(fitter, rested, fitter.visits[last.visit].place, last.leaves)


def _under_way(fitter: Fitter, vehicle: Vehicle, place: int, now: int) -> Start:
    visits = [fitter.visits[name] for name in fitter.begun[vehicle.id]]
    used = peaks(len(vehicle.capacity), visits)
    metres = fitter.problem.drives[vehicle.profile].metres
    way = [vehicle.depot, *(visit.place for visit in visits)]
    gone = sum(metres.item(*leg) for leg in pairwise(way))
    pause = vehicle.pause if vehicle.pause and now <= vehicle.pause.begins[1] else None
    return Start(
        place,
        (now, max(now, vehicle.shift[1])),
        tuple(max(0, room - load) for room, load in zip(vehicle.capacity, used, strict=True)),
        None if vehicle.most_seconds is None else max(0, vehicle.most_seconds - (now - vehicle.shift[0])),
        None if vehicle.most_metres is None else max(0, vehicle.most_metres - gone),
        pause,
        is_begun=True,
    )
