"""What a plan would change about the routes as they stand: who moves, whose time is kept, what it saves. Reads only."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dispatch.models import Plan, PlannedVisit
from tracking.rounds.models import RouteState, Stop
from tracking.shipments.models import Shipment


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a shipment is: on the route of which shift, and there the how-manieth still to come, from 1."""

    shift_id: int
    place: int


@dataclass(frozen=True, slots=True)
class Move:
    """A shipment that would change its seat; ``None`` where it had none, or would have none."""

    shipment: Shipment
    before: Seat | None
    after: Seat | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What publishing a plan would change.

    A promise is the time a shopper was told last. ``kept``, ``broken`` and ``mended`` are about those who were told
    one; ``late`` are those for whom it is broken now and would stay so. ``saved`` is what the plan before came to less
    what this one does, by the names of ``results.Figures``; empty where nothing was planned before.
    """

    moves: Sequence[Move]
    kept: Sequence[Shipment]
    broken: Sequence[Shipment]
    mended: Sequence[Shipment]
    late: Sequence[Shipment]
    saved: Mapping[str, float]

    @property
    def is_nothing(self) -> bool:
        return not self.moves

    @property
    def keeps_promises(self) -> bool:
        """Whether nobody would have to be told a worse time because of it."""
        return not self.broken


def against_published(plan: Plan) -> Difference:
    """Compare a plan with what is on the routes now. Five queries, however large the day."""
    visits = list(plan.visits.select_related("shipment", "tour__duty").order_by("tour", "sequence", "shipment_id"))
    promises: dict[str, list[Shipment]] = {name: [] for name in ("kept", "broken", "mended", "late")}
    for visit in visits:
        judged = _judge(visit)
        if judged:
            promises[judged].append(visit.shipment)
    return Difference(moves=_moves(plan, visits), saved=_saved(plan.figures), **promises)


def _moves(plan: Plan, visits: Sequence[PlannedVisit]) -> list[Move]:
    shipments = {visit.shipment_id: visit.shipment for visit in visits}
    before, after = _seats_now(shipments), _seats_planned(visits)
    stay = _unmoved(before, after)
    ids = [shipment_id for shipment_id in shipments if shipment_id not in stay]
    return [
        Move(shipments[shipment_id], before.get(shipment_id), after.get(shipment_id))
        for shipment_id in ids
        if before.get(shipment_id) or after.get(shipment_id)
    ]


def _seats_now(shipment_ids: Iterable[int]) -> dict[int, Seat]:
    """Find where these shipments are on the routes, counted over their stops to come."""
    waiting = Stop.objects.pending().exclude(route__state=RouteState.FINISHED).filter(shipments__in=shipment_ids)
    rows = waiting.order_by("route", "sequence").values_list("route__shift_id", "id", "shipments")
    return _numbered((shift_id, stop_id, shipment_id) for shift_id, stop_id, shipment_id in rows)


def _seats_planned(visits: Iterable[PlannedVisit]) -> dict[int, Seat]:
    return _numbered(
        (visit.tour.duty.shift_id, visit.sequence, visit.shipment_id) for visit in visits if visit.tour is not None
    )


def _numbered(rows: Iterable[tuple[int, object, int]]) -> dict[int, Seat]:
    """Give everybody a seat, in the order of (shift, door, shipment); who shares a door shares the number."""
    seats: dict[int, Seat] = {}
    shift_before, door_before, number = 0, None, 0
    for shift_id, door, shipment_id in rows:
        number = 1 if shift_id != shift_before else number + (door != door_before)
        shift_before, door_before = shift_id, door
        seats[shipment_id] = Seat(shift_id, number)
    return seats


def _unmoved(before: Mapping[int, Seat], after: Mapping[int, Seat]) -> set[int]:
    """Find who keeps their turn: of each route the most that are in one order before and after."""
    unmoved: set[int] = set()
    for shift_id in {seat.shift_id for seat in after.values()}:
        both = [one for one, seat in after.items() if seat.shift_id == shift_id and _shift(before, one) == shift_id]
        both.sort(key=lambda one: (after[one].place, before[one].place))
        unmoved.update(both[place] for place in _longest_rise([before[one].place for one in both]))
    return unmoved


def _shift(seats: Mapping[int, Seat], shipment_id: int) -> int | None:
    seat = seats.get(shipment_id)
    return seat.shift_id if seat else None


def _longest_rise(numbers: Sequence[int]) -> list[int]:
    """Find the places of a longest subsequence that never falls."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for place, number in enumerate(numbers):
        length = bisect_left(ends, number + 1)
        ends[length : length + 1] = [number]
        last[length : length + 1] = [place]
        before.append(last[length - 1] if length else None)
    found: list[int] = []
    step = last[-1] if last else None
    while step is not None:
        found.append(step)
        step = before[step]
    return found[::-1]


def _judge(visit: PlannedVisit) -> str:
    """Say what becomes of what a shopper was told; nothing where they were told no time."""
    told = visit.shipment.window.span if visit.shipment.window else None
    if told is None:
        return ""
    was_kept = visit.before_at is None or told[0] <= visit.before_at <= told[1]
    if visit.begins_at is not None and told[0] <= visit.begins_at <= told[1]:
        return "kept" if was_kept else "mended"
    return "broken" if was_kept else "late"


def _saved(figures: Mapping[str, Any]) -> dict[str, float]:
    before, planned = figures.get("before"), figures.get("plan")
    return {name: before[name] - planned[name] for name in planned} if before and planned else {}
