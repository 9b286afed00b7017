"""``manage.py solve_instance``: how good the optimiser is, on instances that others have solved."""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dispatch.planning import checking, solving
from dispatch.planning.instances import reading
from dispatch.planning.instances.instance import Instance, Rounding, Unreadable
from dispatch.planning.plan import Plan

LEAST_SECONDS, MOST_SECONDS = 0.1, 86_400.0


class Command(BaseCommand):
    """Solves an instance by the same way that plans a day, and prints what it comes to as a line of JSON."""

    help = (
        "Solve an instance in Solomon's or VRPLIB's text (with PyVRP's sections), and print cost and routes as JSON. "
        "Clients are called as in published solutions, where the depot is 0."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the instance")
        parser.add_argument("--seconds", type=float, default=10.0, help="how long to search")
        parser.add_argument("--seed", type=int, default=1, help="which way to search")
        parser.add_argument(
            "--rounding", type=Rounding, choices=list(Rounding), help="how to round lengths and times, if not as usual"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if not LEAST_SECONDS <= options["seconds"] <= MOST_SECONDS:
            raise CommandError(f"The seconds must be from {LEAST_SECONDS} to {MOST_SECONDS:.0f}.")
        if not 0 <= options["seed"] < 2**32:
            raise CommandError("The seed must be from 0 to 4294967295.")
        began = time.perf_counter()
        instance = _read(options["file"], options["rounding"])
        plan = solving.solve(instance.problem, seconds=options["seconds"], seed=options["seed"])
        if wrong := checking.faults(instance.problem, plan):
            raise CommandError(f"The plan is wrong, which it must never be: {wrong[0]}.")
        answer = _answer(instance, plan) | {"seconds": round(time.perf_counter() - began, 2)}
        self.stdout.write(json.dumps(answer))


def _read(file: Path, rounding: Rounding | None) -> Instance:
    try:
        return reading.read(file.read_text(), rounding)
    except (OSError, UnicodeDecodeError) as problem:
        raise CommandError(f"{file} cannot be read: {problem}.") from problem
    except Unreadable as problem:
        raise CommandError(f"{file} cannot be solved: {problem}") from problem


def _answer(instance: Instance, plan: Plan) -> dict[str, Any]:
    """Return what is printed. Prizes that were forgone are in the cost."""
    left_out = dict(plan.left_out)
    forgone = sum(visit.prize or 0.0 for visit in instance.problem.visits if visit.id in left_out)
    return {
        "name": instance.name,
        "cost": round(plan.cost.money + forgone, 3),
        "routes": [[int(call.visit) for call in tour.calls] for tour in plan.tours],
        "vehicles": [int(tour.vehicle) for tour in plan.tours],
        "left_out": {visit: str(reason) for visit, reason in left_out.items()},
        "rounding": str(instance.rounding),
        "made_by": plan.made_by,
    }
