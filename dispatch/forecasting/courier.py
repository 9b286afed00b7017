"""What is known of a courier at one moment: the stops behind, and those ahead in their order. Read from two CSV files.

The files have the columns of LaDe-P (arXiv 2306.10675), times are local without a zone; here they are minutes. What
a stop ahead took in truth is known of what a model is trained on, and never looked at for what is foretold.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

NAN: Final = float("nan")
MINUTES_A_DAY: Final = 24 * 60

Row = Mapping[str, str]
Courier = tuple[str, str]


class Unreadable(Exception):
    """A file is not one of those described above."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A stop that is done: when, where, and within which window it was to be done."""

    order: str
    done: float
    latitude: float
    longitude: float
    opens: float
    closes: float


@dataclass(frozen=True, slots=True)
class Ahead:
    """A stop that is open: where, how far from the one before it, within which window, of what kind."""

    order: str
    row: int
    latitude: float
    longitude: float
    leg_km: float
    crow_km: float
    accepted: float
    opens: float
    closes: float
    kind: float
    truth: float


@dataclass(frozen=True, slots=True)
class Moment:
    """A courier at ``now``. ``gap`` is the median of the last minutes between stops, as the file has it."""

    query: str
    courier: Courier
    now: float
    n_done: float
    since_first: float
    gap: float
    behind: Sequence[Behind]
    ahead: Sequence[Ahead]

    @property
    def city(self) -> str:
        """Where it is."""
        return self.courier[0]

    @property
    def midnight(self) -> float:
        """When the day began."""
        return self.now - self.now % MINUTES_A_DAY


def read_stops(path: Path) -> dict[Courier, list[Behind]]:
    """Read which stops each courier has done, oldest first.

    Raises ``Unreadable`` where the file is another one, or a row of it says what no number is.
    """
    stops: dict[Courier, list[Behind]] = defaultdict(list)
    for row in _rows(path):
        try:
            stops[row["city"], row["courier_id"]].append(_behind(row))
        except (KeyError, ValueError) as problem:
            raise Unreadable(f"{path.name}: {problem}") from problem
    return {courier: sorted(done, key=lambda stop: stop.done) for courier, done in stops.items()}


def read_moments(path: Path, stops: Mapping[Courier, Sequence[Behind]], *, is_past: bool = False) -> list[Moment]:
    """Read the moments of a file of open stops, with what each courier had done by then.

    ``is_past`` reads what became of the open stops too, which is for training alone: by the column ``truth_min``, which
    then also says what couriers had done that ``stops`` knows nothing of.

    Raises ``Unreadable`` like ``read_stops``.
    """
    rows_of: dict[tuple[str, ...], list[tuple[int, Row]]] = defaultdict(list)
    try:
        for number, row in enumerate(_rows(path)):
            rows_of[row["query_id"], *_courier(row), row["now"]].append((number, row))
        known = _with_truths(stops, rows_of.values()) if is_past else stops
        return [_moment(rows, known, is_past=is_past) for rows in rows_of.values()]
    except (KeyError, ValueError) as problem:
        raise Unreadable(f"{path.name}: {problem}") from problem


def _rows(path: Path) -> list[Row]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            return list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise Unreadable(f"{path.name}: {problem}") from problem


def _with_truths(
    stops: Mapping[Courier, Sequence[Behind]], queries: Iterable[Sequence[tuple[int, Row]]]
) -> dict[Courier, list[Behind]]:
    """Add what the rows themselves say was done."""
    known = {courier: {stop.order: stop for stop in done} for courier, done in stops.items()}
    for rows in queries:
        for _, row in rows:
            if row.get("truth_min"):
                stop = _behind_by_truth(row)
                known.setdefault(_courier(row), {}).setdefault(stop.order, stop)
    return {courier: sorted(done.values(), key=lambda stop: stop.done) for courier, done in known.items()}


def _moment(rows: Sequence[tuple[int, Row]], stops: Mapping[Courier, Sequence[Behind]], *, is_past: bool) -> Moment:
    in_order = sorted(rows, key=lambda numbered: int(numbered[1]["seq_ahead"]))
    first = in_order[0][1]
    now = _minutes(first["now"])
    midnight = now - now % MINUTES_A_DAY
    behind = [stop for stop in stops.get(_courier(first), ()) if midnight <= stop.done <= now]
    return Moment(
        query=first["query_id"],
        courier=_courier(first),
        now=now,
        n_done=_number(first["n_done"]),
        since_first=_number(first["mins_since_first"]),
        gap=_number(first["recent_gap_med"]),
        behind=behind,
        ahead=[_ahead(row, number, is_past=is_past) for number, row in in_order],
    )


def _ahead(row: Row, number: int, *, is_past: bool) -> Ahead:
    return Ahead(
        order=row["order_id"],
        row=number,
        latitude=float(row["lat"]),
        longitude=float(row["lng"]),
        leg_km=float(row["leg_km"]),
        crow_km=float(row["crow_km"]),
        accepted=_minutes(row["accept_time"]),
        opens=_minutes(row["tw_start"]),
        closes=_minutes(row["tw_end"]),
        kind=_number(row["aoi_type"]),
        truth=_number(row.get("truth_min", "")) if is_past else NAN,
    )


def _behind(row: Row) -> Behind:
    return Behind(
        order=row["order_id"],
        done=_minutes(row["pickup_time"]),
        latitude=float(row["lat"]),
        longitude=float(row["lng"]),
        opens=_minutes(row["time_window_start"]),
        closes=_minutes(row["time_window_end"]),
    )


def _behind_by_truth(row: Row) -> Behind:
    return Behind(
        order=row["order_id"],
        done=_minutes(row["now"]) + float(row["truth_min"]),
        latitude=float(row["lat"]),
        longitude=float(row["lng"]),
        opens=_minutes(row["tw_start"]),
        closes=_minutes(row["tw_end"]),
    )


def _courier(row: Row) -> Courier:
    return row["city"], row["courier_id"]


def _minutes(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() / 60


def _number(text: str) -> float:
    return float(text) if text else NAN
