"""Foretell when the open stops of a file will be done."""

import csv
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dispatch.forecasting import boosting, courier, scoring
from dispatch.forecasting.boosting import TooLittle
from dispatch.forecasting.courier import Moment, Unreadable

COLUMNS = ["query_id", "order_id", *scoring.Interval._fields]


class Command(BaseCommand):
    """``manage.py score_eta QUERIES --stops STOPS``: prints P10, P50 and P90 for each row of QUERIES, as CSV.

    Without ``--train`` it goes by what was learned from LaDe-P beforehand. Either way it learns on, from rows whose
    stops were done, by STOPS, before the moment that is foretold; a column ``truth_min`` of QUERIES is not read.
    """

    help = "Foretell when the open stops of a file will be done: P10, P50 and P90 in minutes, as CSV."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queries", type=Path, help="a row for each open stop at each moment, in LaDe-P's columns")
        parser.add_argument("--stops", type=Path, required=True, help="what was done when; read up to each moment")
        parser.add_argument("--train", type=Path, help="rows like those of QUERIES with truth_min, to learn from")
        parser.add_argument("--keep", type=Path, help="write what was learned from --train to this file")

    def handle(self, *_: Any, queries: Path, stops: Path, train: Path | None, keep: Path | None, **__: Any) -> None:
        try:
            done = courier.read_stops(stops)
            moments = courier.read_moments(queries, done)
            past = courier.read_moments(train, done, is_past=True) if train else []
            model = scoring.learn(past) if train else boosting.prior()
        except (Unreadable, TooLittle) as problem:
            raise CommandError(str(problem)) from problem
        if keep and train:
            keep.write_text(json.dumps({"learned_from": train.name, **model.dump()}, separators=(",", ":")) + "\n")
        self._print(moments, scoring.score(model, moments, done))

    def _print(self, moments: list[Moment], intervals: dict[int, scoring.Interval]) -> None:
        """Print a line for each row, in the order of the file."""
        keys = {stop.row: (moment.query, stop.order) for moment in moments for stop in moment.ahead}
        lines = csv.writer(self.stdout, lineterminator="\n")
        lines.writerow(COLUMNS)
        lines.writerows([*keys[row], *(f"{minutes:.1f}" for minutes in intervals[row])] for row in sorted(keys))
