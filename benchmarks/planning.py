"""How good plans are, and how fast they are made.

Instances with their best known solutions are looked for in ``VRP_INSTANCES``, by default ``../shared/vrp``, the extract
of San Francisco in ``OSM_EXTRACTS``, by default ``../shared/osm``; what is not there is skipped, and a line says so.
``PLANNING_SEEDS`` (5) is how many seeds each instance is solved with. All of it runs in one process on one core.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Final

from atlas.building import area as building
from benchmarks.days import rivals, san_francisco
from benchmarks.days.san_francisco import Town
from dispatch.planning import checking, simulating, solving
from dispatch.planning.drafting import Drafter
from dispatch.planning.fitting import Fitter
from dispatch.planning.instances import reading
from dispatch.planning.plan import Plan, TimedTour
from dispatch.planning.problem import Problem, Span, Tour

SHARED: Final = Path(__file__).parents[2] / "shared"
INSTANCES: Final = Path(os.environ.get("VRP_INSTANCES", SHARED / "vrp"))
EXTRACT: Final = Path(os.environ.get("OSM_EXTRACTS", SHARED / "osm"), "sf-downtown.osm.pbf")
SEEDS: Final = int(os.environ.get("PLANNING_SEEDS", "5"))
DRAWN: Final = 20261123

INSTANCE_SECONDS: Final = 5.0
DAY_SECONDS: Final = 10.0
DOORS: Final = 200
ONE_VANS_DOORS: Final = 40
RESEQUENCE_SECONDS: Final = 0.08
DOORS_UNDER_WAY: Final = 240
REPLAN_SECONDS: Final = 0.7
NEW_ORDERS: Final = 6
TOLD_SECONDS: Final = 3600  # before and after the time that was planned, somebody was told to be there
FROZEN: Final = 2

Figure = dict[str, Any]


def main() -> None:
    """Print a line for each figure."""
    for figure in run():
        sys.stdout.write(json.dumps(figure) + "\n")
        sys.stdout.flush()


def run() -> Iterator[Figure]:
    """Measure what can be measured here, and yield the figures."""
    if any(INSTANCES.glob("*.sol")):
        yield from _instances()
    else:
        yield {"figure": "gap", "skipped": f"There are no instances in {INSTANCES}; VRP_INSTANCES says where to look."}
    if EXTRACT.is_file():
        yield from _days()
    else:
        yield {"figure": "day", "skipped": f"There is no {EXTRACT}; OSM_EXTRACTS says where to look."}


def _instances() -> Iterator[Figure]:
    """Compare what some seconds find with the best that is known."""
    gaps = []
    for file in sorted(INSTANCES.glob("*.sol")):
        best = float(file.read_text().split()[-1])
        problem = reading.read(file.with_suffix(".txt").read_text()).problem
        found = [_solved(problem, seconds=INSTANCE_SECONDS, seed=seed).cost.money for seed in range(1, SEEDS + 1)]
        gaps.append([100 * (money / best - 1) for money in found])
        detail = f"{min(gaps[-1]):.2f} to {max(gaps[-1]):.2f} over {SEEDS} seeds"
        yield _figure(f"gap_{file.stem}", statistics.mean(gaps[-1]), "%", detail=detail)
    yield _figure("gap_mean", statistics.mean(gap for row in gaps for gap in row), "%", target=0.6)
    yield _figure("gap_worst", max(gap for row in gaps for gap in row), "%", target=2)


def _days() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder, "san_francisco.area")
        building.build(EXTRACT, pack, name="san_francisco")
        chance = Random(DRAWN)
        yield from _day(san_francisco.make(san_francisco.lay_out(pack, DOORS, chance), chance))
        yield from _one_van(san_francisco.lay_out(pack, ONE_VANS_DOORS, chance), chance)
        yield from _under_way(san_francisco.lay_out(pack, DOORS_UNDER_WAY + NEW_ORDERS, chance), chance)


def _day(problem: Problem) -> Iterator[Figure]:
    """Plan a day, and go about it in other ways."""
    given = rivals.by_list(problem)
    plan = _solved(problem, seconds=DAY_SECONDS, warm=given)
    begin = Drafter(Fitter(problem), list(problem.visits)).draft(given)
    larger, alone = rivals.one_van_a_hub(problem)
    ways = {
        "planned": rivals.outcome(problem, plan.tours),
        "order_given": rivals.outcome(problem, list(begin.tours.values())),
        "nearest_next": rivals.outcome(problem, _driven(problem, rivals.by_nearest(problem))),
        "one_van_a_hub": rivals.outcome(larger, _driven(larger, alone)),
    }
    for name, outcome in ways.items():
        detail = {field: round(value, 1) for field, value in outcome._asdict().items()}
        yield {"figure": f"day_{name}", "value": detail["money"], "unit": "money", "detail": detail}
    yield _figure("day_late", 100 * ways["planned"].late / DOORS, "%", target=1)
    yield _figure("day_faults", len(checking.faults(problem, plan)), "rules broken", target=0)
    yield _figure("day_cost_to_order_given", ways["planned"].money / ways["order_given"].money, "ratio", target=1)


def _one_van(town: Town, chance: Random) -> Iterator[Figure]:
    """Sequence one van's own stops anew, from where it is."""
    problem = san_francisco.make(town, chance)
    homes = [replace(visit, windows=((0, 24 * 3600),), group="", depots=None, ready_at=0) for visit in problem.visits]
    homes = [visit for visit in homes if visit.id.startswith("home")]
    van = replace(problem.vehicles[0], shift=(9 * 3600, 22 * 3600))
    problem = replace(problem, vehicles=[van], visits=homes, begun=[Tour(van.id, (homes[0].id,))])
    now = Tour(van.id, tuple(visit.id for visit in homes))
    took, money = [], []
    for seed in range(1, SEEDS + 1):
        started = time.perf_counter()
        plan = _solved(problem, seconds=RESEQUENCE_SECONDS, seed=seed, warm=[now])
        took.append(time.perf_counter() - started)
        money.append(plan.cost.money)
    saved = 1 - max(money) / simulating.drive(problem, now).cost.money
    detail = f"median of {SEEDS}, the slowest {max(took):.3f}; {100 * saved:.0f}% cheaper than the order of the list"
    yield _figure("resequence_40", statistics.median(took), "s", 0.2, detail)


def _under_way(town: Town, chance: Random) -> Iterator[Figure]:
    """Plan a day anew when it has just begun, with a few orders more; what shoppers were told is kept."""
    whole = san_francisco.make(town, chance)
    known = [visit for visit in whole.visits if visit.place < town.doors[DOORS_UNDER_WAY]]
    plan = _solved(replace(whole, visits=known), seconds=DAY_SECONDS)
    told = [Tour(tour.vehicle, tuple(call.visit for call in tour.calls)) for tour in plan.tours]
    problem = _begun(whole, plan)
    before = {pair for tour in told for pair in pairwise(tour.visits)}
    took, kept = [], []
    for seed in range(1, SEEDS + 1):
        started = time.perf_counter()
        again = _solved(problem, seconds=REPLAN_SECONDS, seed=seed, warm=told)
        took.append(time.perf_counter() - started)
        after = {pair for tour in again.tours for pair in pairwise(call.visit for call in tour.calls)}
        kept.append(100 * len(before & after) / len(before))
    stops = sum(len(tour.visits) for tour in told)
    detail = f"median of {SEEDS}, the slowest {max(took):.3f}; {stops} stops and {NEW_ORDERS} new orders"
    yield _figure("replan_240", statistics.median(took), "s", 1.5, detail)
    yield _figure("replan_240_kept", statistics.median(kept), "% of successors", 65, f"the least {min(kept):.0f}")


def _begun(whole: Problem, plan: Plan) -> Problem:
    """Return the day with its tours under way, the next stops frozen, and the windows that were told."""
    begins = {call.visit: call.begins for tour in plan.tours for call in tour.calls}
    departs = {tour.vehicle: tour.departs for tour in plan.tours}
    made = {visit.group for visit in whole.visits if visit.id in begins and visit.group}
    visits = [
        replace(visit, windows=(_told(visit.windows[0], begins[visit.id]),)) if visit.id in begins else visit
        for visit in whole.visits
        if visit.id in begins or visit.group not in made
    ]
    vehicles = [
        replace(vehicle, shift=(departs.get(vehicle.id, vehicle.shift[0]), vehicle.shift[1]))
        for vehicle in whole.vehicles
    ]
    begun = [Tour(tour.vehicle, tuple(call.visit for call in tour.calls[:FROZEN])) for tour in plan.tours]
    return replace(whole, visits=visits, vehicles=vehicles, begun=begun)


def _told(window: Span, begins: int) -> Span:
    return max(window[0], begins - TOLD_SECONDS), min(window[1], begins + TOLD_SECONDS)


def _solved(problem: Problem, *, seconds: float, seed: int = 1, warm: Sequence[Tour] = ()) -> Plan:
    """Plan, and hold the plan to every rule."""
    plan = solving.solve(problem, seconds=seconds, seed=seed, warm=warm)
    if faults := checking.faults(problem, plan):
        sys.exit(f"The plan is wrong: {faults}.")
    return plan


def _driven(problem: Problem, tours: Sequence[Tour]) -> list[TimedTour]:
    return [simulating.drive(problem, tour) for tour in tours if tour.visits]


def _figure(name: str, value: float, unit: str, target: float | None = None, detail: str | None = None) -> Figure:
    figure = {"figure": name, "value": round(value, 3), "unit": unit}
    return figure | {key: given for key, given in (("target", target), ("detail", detail)) if given is not None}


if __name__ == "__main__":
    main()
