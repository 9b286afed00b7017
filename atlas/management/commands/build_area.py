"""Build an area pack from an OpenStreetMap extract."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from atlas.building import area
from atlas.building.graph import Unusable
from atlas.projection import Bounds


class Command(BaseCommand):
    """``manage.py build_area EXTRACT``: prints what went into the pack, or refuses with the reason."""

    help = "Build an area pack (streets, addresses, map) from an OpenStreetMap extract."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("extract", type=Path, help="the extract: .osm.pbf, .osm, .osm.bz2 …")
        parser.add_argument("--out", type=Path, help="where the pack goes; beside the extract, ending in .area")
        parser.add_argument("--name", help="what the area is called; the extract's file name")
        parser.add_argument(
            "--bounds",
            type=_bounds,
            metavar="WEST,SOUTH,EAST,NORTH",
            help="in degrees; what the extract says it covers. Write --bounds=-8.7,… where the first is negative.",
        )

    def handle(self, *_: Any, extract: Path, out: Path | None, name: str | None, **options: Any) -> None:
        stem = extract.name.partition(".")[0]
        out = out or extract.with_name(f"{stem}.area")
        try:
            summary = area.build(extract, out, name=name or stem, bounds=options["bounds"])
        except (Unusable, OSError) as problem:
            raise CommandError(f"No area can be built from {extract}: {problem}.") from problem
        self.stdout.write(
            f"{out}: {summary.size / 1e6:.2f} MB, {summary.edges} streets between {summary.junctions} junctions, "
            f"{summary.doors} addresses, {summary.streets} street names, within {', '.join(map(str, summary.bounds))}"
        )


def _bounds(text: str) -> Bounds:
    try:
        return Bounds.parse(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from problem
