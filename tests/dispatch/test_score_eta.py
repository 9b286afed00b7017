import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from sklearn.ensemble import HistGradientBoostingRegressor

from dispatch.forecasting import boosting, courier, scoring, signs
from dispatch.forecasting.trees import Forest

Row = dict[str, object]
Files = tuple[Path, Path]

STOPS = 9
WINDOW = 120


def clock(minutes: float) -> str:
    return f"2026-11-20 {int(minutes) // 60:02}:{int(minutes) % 60:02}:00"


def day_of(number: int, *, city: str, gap: float) -> tuple[list[Row], list[Row]]:
    """Draw a courier's day: what is asked at each stop, and what was done when."""
    chance = Random(f"{city} {number}")
    now, done = 8 * 60.0, []
    for place in range(STOPS):
        now += max(2.0, round(chance.gauss(gap, gap / 4)))
        opens = 8 * 60 + WINDOW * (place // 3)
        where = (31.0 + place * 0.002, 121.0 + number * 0.01)
        done.append((f"{city}{number}-{place}", now, opens, where))
    stops: list[Row] = [
        {
            "order_id": order,
            "city": city,
            "courier_id": number,
            "time_window_start": clock(opens),
            "time_window_end": clock(opens + WINDOW),
            "pickup_time": clock(at),
            "lat": where[0],
            "lng": where[1],
        }
        for order, at, opens, where in done
    ]
    queries: list[Row] = [
        {
            "query_id": f"{city}{number}-{count}",
            "city": city,
            "courier_id": number,
            "now": clock(done[count][1]),
            "n_done": count + 1,
            "order_id": order,
            "seq_ahead": ahead,
            "lat": where[0],
            "lng": where[1],
            "accept_time": clock(60),
            "tw_start": clock(opens),
            "tw_end": clock(opens + WINDOW),
            "aoi_type": 1,
            "leg_km": 0.2,
            "crow_km": 0.2 * ahead,
            "recent_gap_med": gap if count else "",
            "mins_since_first": done[count][1] - done[0][1],
            "truth_min": at - done[count][1],
        }
        for count in range(STOPS - 1)
        for ahead, (order, at, opens, where) in enumerate(done[count + 1 :], start=1)
    ]
    return queries, stops


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Sequence[Row]], Path]:
    def write_rows(name: str, rows: Sequence[Row]) -> Path:
        path = tmp_path / name
        with path.open("w", newline="") as lines:
            writer = csv.DictWriter(lines, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write_rows


def couriers(count: int, *, city: str, gap: float = 30.0) -> tuple[list[Row], list[Row]]:
    days = [day_of(number, city=city, gap=gap) for number in range(count)]
    return [row for queries, _ in days for row in queries], [row for _, stops in days for row in stops]


def score(queries: Path, stops: Path, **options: object) -> list[Mapping[str, str]]:
    out = io.StringIO()
    call_command("score_eta", str(queries), stops=stops, stdout=out, **options)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def missed_by(rows: Sequence[Mapping[str, str]], queries: Sequence[Row]) -> float:
    return float(
        np.mean([abs(float(r["p50"]) - float(str(q["truth_min"]))) for r, q in zip(rows, queries, strict=True)])
    )


def test_each_row_is_answered_in_order_and_never_past(write: Callable[[str, Sequence[Row]], Path]) -> None:
    queries, stops = couriers(4, city="Turku")
    shuffled = Random(1).sample(queries, len(queries))

    rows = score(write("queries.csv", shuffled), write("stops.csv", stops))

    assert [(r["query_id"], r["order_id"]) for r in rows] == [(q["query_id"], q["order_id"]) for q in shuffled]
    assert list(rows[0]) == ["query_id", "order_id", "p10", "p50", "p90"]
    assert all(0 <= float(r["p10"]) <= float(r["p50"]) <= float(r["p90"]) < math.inf for r in rows)


def test_what_became_of_the_rows_is_not_looked_at(write: Callable[[str, Sequence[Row]], Path]) -> None:
    queries, stops = couriers(4, city="Turku")
    kept = write("stops.csv", stops)
    without = [{name: value for name, value in row.items() if name != "truth_min"} for row in queries]

    told = score(write("queries.csv", queries), kept)

    assert score(write("wrong.csv", [{**row, "truth_min": 1} for row in queries]), kept) == told
    assert score(write("without.csv", without), kept) == told


def test_a_moment_knows_nothing_of_what_was_done_after_it(write: Callable[[str, Sequence[Row]], Path]) -> None:
    queries, stops = couriers(6, city="Turku")
    noon = clock(12 * 60)
    later = [{**row, "pickup_time": clock(23 * 60)} if str(row["pickup_time"]) > noon else row for row in stops]

    told = score(write("queries.csv", queries), write("stops.csv", stops))
    untold = score(write("queries.csv", queries), write("later.csv", later))

    before_noon = [str(row["now"]) <= noon for row in queries]
    assert 0 < sum(before_noon) < len(queries)
    assert [r for r, early in zip(untold, before_noon, strict=True) if early] == [
        r for r, early in zip(told, before_noon, strict=True) if early
    ]


def test_a_file_to_train_on_teaches_other_couriers_of_another_city(write: Callable[[str, Sequence[Row]], Path]) -> None:
    queries, stops = couriers(5, city="Turku", gap=45)
    past, _ = couriers(20, city="Oulu", gap=45)
    files = write("queries.csv", queries), write("stops.csv", stops)

    taught = score(*files, train=write("past.csv", past))

    assert missed_by(taught, queries) < missed_by(score(*files), queries)
    assert missed_by(taught, queries) < 20


def test_what_was_learned_can_be_kept_and_is_the_same(
    write: Callable[[str, Sequence[Row]], Path], tmp_path: Path
) -> None:
    queries, stops = couriers(8, city="Oulu")
    files = write("queries.csv", queries), write("stops.csv", stops)

    score(*files, train=files[0], keep=tmp_path / "kept.json")

    learned = scoring.learn(courier.read_moments(files[0], courier.read_stops(files[1]), is_past=True))
    kept = boosting.Model.load(json.loads((tmp_path / "kept.json").read_text()))
    assert [tuple(map(round, row)) for row in kept.predict(np.zeros((1, 45)))] == [
        tuple(map(round, row)) for row in learned.predict(np.zeros((1, 45)))
    ]


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda row: {**row, "now": "yesterday"}, "Invalid isoformat string"),
        (lambda row: {**row, "leg_km": "far"}, "could not convert string to float"),
        (lambda row: {name: value for name, value in row.items() if name != "tw_end"}, "tw_end"),
    ],
)
def test_a_file_that_is_another_one_is_refused_with_the_reason(
    write: Callable[[str, Sequence[Row]], Path], spoil: Callable[[Row], Row], problem: str
) -> None:
    queries, stops = couriers(1, city="Turku")

    with pytest.raises(CommandError, match=problem):
        score(write("queries.csv", [spoil(row) for row in queries]), write("stops.csv", stops))


def test_too_few_couriers_teach_nothing(write: Callable[[str, Sequence[Row]], Path]) -> None:
    queries, stops = couriers(2, city="Turku")
    files = write("queries.csv", queries), write("stops.csv", stops)

    with pytest.raises(CommandError, match="of 2 couriers are too few"):
        score(*files, train=files[0])


def test_trees_written_out_foretell_what_their_maker_does() -> None:
    chance = np.random.default_rng(7)
    seen = chance.normal(size=(400, 5))
    seen[chance.random(seen.shape) < 0.2] = np.nan
    truths = np.nan_to_num(seen[:, 0]) * 10 + chance.normal(size=400)
    maker = HistGradientBoostingRegressor(loss="quantile", quantile=0.9, max_iter=20, max_leaf_nodes=6).fit(
        seen, truths
    )

    forest = boosting._plain(maker)

    assert np.allclose(forest.predict(seen), maker.predict(seen), atol=1e-9)
    assert np.allclose(Forest.load(forest.dump()).predict(seen), maker.predict(seen), atol=0.001)


def test_no_sign_names_the_courier_or_the_city(write: Callable[[str, Sequence[Row]], Path]) -> None:
    queries, stops = couriers(1, city="Turku")
    renamed = [{**row, "city": "Espoo", "courier_id": 99} for row in queries]
    moved = [{**row, "city": "Espoo", "courier_id": 99} for row in stops]

    def signs_of(name: str, queries: Sequence[Row], stops: Sequence[Row]) -> signs.Floats:
        done = courier.read_stops(write(f"{name}-stops.csv", stops))
        return signs.matrix(courier.read_moments(write(f"{name}.csv", queries), done))

    assert np.array_equal(signs_of("here", queries, stops), signs_of("there", renamed, moved), equal_nan=True)
