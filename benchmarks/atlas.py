"""How fast the map area is: built from an extract, loaded, driven through and drawn.

The extracts are looked for in the folder ``OSM_EXTRACTS``, by default ``../shared/osm``; figures whose extract is not
there are skipped, in a line that says so. All of it runs on one core in one process, without a server around it.
"""

import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil

from atlas import projection
from atlas.areas import Area
from atlas.building import area as building
from atlas.drawing import tiles
from atlas.drawing.style import Theme
from atlas.streets.graph import Point

EXTRACTS: Final = Path(os.environ.get("OSM_EXTRACTS", Path(__file__).parents[2] / "shared" / "osm"))
SEED: Final = 20261122
REPETITIONS: Final = 7
MATRIX_SIDE: Final = 100
ROUTES: Final = 200
SEARCHES: Final = 200
TILES: Final = 60
ZOOMS: Final = (13, 14, 15, 16, 17)
NEAR_STREET_M: Final = 100.0

Figure = dict[str, Any]


class Town(NamedTuple):
    """An extract, and what is asked of the figures that come of it; ``None``: nothing."""

    name: str
    extract: str
    build_seconds: float | None
    matrix_seconds: float
    route_ms: float | None
    tile_ms: float | None


TOWNS: Final = (
    Town("san_francisco", "sf-downtown.osm.pbf", build_seconds=60, matrix_seconds=0.1, route_ms=5, tile_ms=30),
    Town("porto", "porto_portugal.osm.pbf", build_seconds=None, matrix_seconds=2, route_ms=None, tile_ms=None),
)


def main() -> None:
    """Print a line for each figure."""
    for figure in run():
        sys.stdout.write(json.dumps(figure) + "\n")
        sys.stdout.flush()


def run() -> Iterator[Figure]:
    """Measure the towns whose extract is there, and yield the figures."""
    for town in TOWNS:
        extract = EXTRACTS / town.extract
        if extract.is_file():
            yield from _measure(town, extract)
        else:
            yield {"figure": town.name, "skipped": f"There is no {extract}; OSM_EXTRACTS says where to look."}


def _measure(town: Town, extract: Path) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{town.name}.area")
        started = time.perf_counter()
        summary = building.build(extract, path, name=town.name)
        built = f"{summary.junctions} junctions, {summary.edges} streets, {summary.doors} addresses"
        yield _figure(town, "build", time.perf_counter() - started, "s", town.build_seconds, built)
        yield _figure(town, "pack", summary.size / 1e6, "MB")
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh_process:
            seconds, megabytes = fresh_process.submit(_load, path).result()
        yield _figure(town, "load", seconds, "s")
        yield _figure(
            town, "memory", megabytes, "MB", detail="by how much a process grows that loads the pack and answers once"
        )
        area, chance = Area.load(path), random.Random(SEED)
        yield from _drive(town, area, chance)
        yield from _search(town, area, chance)
        yield from _draw(town, area, chance)


def _load(path: Path) -> tuple[float, float]:
    before, started = psutil.Process().memory_info().rss, time.perf_counter()
    area = Area.load(path)
    seconds = time.perf_counter() - started
    middle = _point(area, random.Random(SEED))
    area.streets.matrix([middle], [middle])
    return seconds, (psutil.Process().memory_info().rss - before) / 1e6


def _drive(town: Town, area: Area, chance: random.Random) -> Iterator[Figure]:
    origins, destinations = ([_point(area, chance) for _ in range(MATRIX_SIDE)] for _ in range(2))
    worked = time.process_time()
    matrices = [_seconds(partial(area.streets.matrix, origins, destinations)) for _ in range(REPETITIONS)]
    worked = (time.process_time() - worked) / REPETITIONS
    detail = f"{_slowest(matrices)}; {worked:.3f} of processor time"
    yield _figure(town, "matrix_100x100", statistics.median(matrices), "s", town.matrix_seconds, detail)
    pairs = [(_point(area, chance), _point(area, chance)) for _ in range(ROUTES)]
    routes = [1000 * _seconds(partial(area.streets.route, *pair)) for pair in pairs]
    yield _figure(town, "route", statistics.median(routes), "ms", town.route_ms, _slowest(routes))


def _search(town: Town, area: Area, chance: random.Random) -> Iterator[Figure]:
    near = [area.addresses.nearest(*_point(area, chance), within_m=10_000) for _ in range(SEARCHES)]
    texts = [f"{address.street} {address.number}" for address in near if address]
    searches = [1000 * _seconds(partial(area.addresses.search, text)) for text in texts]
    yield _figure(town, "address_search", statistics.median(searches), "ms", detail=_slowest(searches))


def _draw(town: Town, area: Area, chance: random.Random) -> Iterator[Figure]:
    places = [(zoom, _point(area, chance)) for zoom in ZOOMS for _ in range(TILES // len(ZOOMS))]
    drawings = [partial(tiles.draw, [area.sheet], zoom, *_tile(zoom, point), Theme.LIGHT) for zoom, point in places]
    first, again = ([1000 * _seconds(draw) for draw in drawings] for _ in range(2))
    yield _figure(town, "tile_first", statistics.median(first), "ms", detail=_slowest(first))
    yield _figure(town, "tile_warm", statistics.median(again), "ms", town.tile_ms, _slowest(again))


def _point(area: Area, chance: random.Random) -> Point:
    """Choose a place near a street, anywhere in the area."""
    west, south, east, north = area.bounds
    while True:
        point = chance.uniform(south, north), chance.uniform(west, east)
        if area.streets.distances_m([point])[0] < NEAR_STREET_M:
            return point


def _tile(zoom: int, point: Point) -> tuple[int, int]:
    column, row = (projection.to_mercator(*point) * 2**zoom).astype(int).tolist()
    return column, row


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _slowest(values: list[float]) -> str:
    return f"median of {len(values)}, the slowest {max(values):.3g}"


def _figure(
    town: Town, name: str, value: float, unit: str, target: float | None = None, detail: str | None = None
) -> Figure:
    figure = {"figure": f"{town.name}_{name}", "value": round(value, 3), "unit": unit}
    return figure | {key: given for key, given in (("target", target), ("detail", detail)) if given is not None}


if __name__ == "__main__":
    main()
