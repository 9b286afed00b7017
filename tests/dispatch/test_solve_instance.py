import json
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dispatch.planning.instances.instance import Rounding
from tests.dispatch.test_instances import PLAIN, RICH, SOLOMON


def solve(file: Path, **options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("solve_instance", str(file), **{"seconds": 0.2, **options}, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "toy.txt"
    path.write_text(SOLOMON)
    return path


def test_cost_and_routes_are_printed_as_a_line_of_json(file: Path) -> None:
    answer = solve(file)

    assert (answer["name"], answer["cost"], answer["left_out"]) == ("toy", 14.2, {})
    assert sorted(sorted(route) for route in answer["routes"]) == [[1], [2, 3]]
    assert (answer["rounding"], answer["made_by"][:6]) == ("dimacs", "PyVRP ")
    assert 0.2 <= answer["seconds"] < 1


def test_routes_of_different_vehicles_say_which(file: Path) -> None:
    file.write_text(RICH)

    answer = solve(file)

    assert dict(zip(answer["vehicles"], answer["routes"], strict=True)) == {1: [2, 3], 2: [4]}


def test_prizes_that_are_forgone_are_in_the_cost(file: Path) -> None:
    file.write_text(PLAIN.replace("DEPOT_SECTION", "PRIZE_SECTION\n1 0\n2 1.5\n3 0\n4 0\nDEPOT_SECTION"))

    answer = solve(file, rounding=Rounding.ROUND)

    assert (answer["cost"], answer["left_out"]) == (5 + 3 + 4 + 1.5, {"1": "too_dear"})


def test_what_cannot_be_served_is_named(file: Path) -> None:
    file.write_text(SOLOMON.replace("2         2         10", "2         2         21"))

    assert solve(file)["left_out"] == {"2": "too_much"}


def test_the_command_ends_soon_after_its_seconds(file: Path) -> None:
    began = time.monotonic()

    told = subprocess.run(
        [sys.executable, "manage.py", "solve_instance", str(file), "--seconds", "1", "--seed", "3"],
        capture_output=True,
        text=True,
        check=True,
        env={"DEBUG": "1", "DATABASE_URL": "sqlite://:memory:", "PATH": ""},
    )

    assert json.loads(told.stdout)["cost"] == 14.2
    assert told.stdout.count("\n") == 1
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nothing of the kind", "toy.txt cannot be solved: This is neither"),
        (PLAIN.replace("CAPACITY", "SPLIT : yes\nCAPACITY"), "toy.txt cannot be solved: SPLIT: not supported"),
    ],
)
def test_a_text_that_is_no_instance_is_refused(file: Path, text: str, words: str) -> None:
    file.write_text(text)

    with pytest.raises(CommandError, match=words):
        solve(file)


def test_a_file_that_cannot_be_read_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(CommandError, match="cannot be read"):
        solve(file)
    with pytest.raises(CommandError, match="No such file"):
        solve(file.parent / "nothing.txt")


@pytest.mark.parametrize("options", [{"seconds": 0.0}, {"seconds": float("nan")}, {"seed": -1}])
def test_options_out_of_bounds_are_refused(file: Path, options: dict[str, float]) -> None:
    with pytest.raises(CommandError, match="must be from"):
        solve(file, **options)
