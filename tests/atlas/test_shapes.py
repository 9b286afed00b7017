"""What is read from an extract to be drawn, and how a pack keeps it."""

import logging
from pathlib import Path

import numpy as np
import pytest
import shapely

from atlas import pack
from atlas.building import shapes as reading
from atlas.building.shapes import BadCoastline
from atlas.drawing import shapes
from atlas.drawing.shapes import Kind, Shapes
from atlas.pack import BadPack, Pack
from atlas.projection import Bounds
from config.env import ROOT
from tests.atlas import extracts
from tests.atlas.extracts import Node, Relation, Way, place

BOUNDS = Bounds(24.0, 60.0, 24.02, 60.01)
"""Twenty steps of the grid to the east and ten to the north."""


def corners(first: int, *places: tuple[float, float]) -> list[Node]:
    """Nodes at places of the grid, numbered from the first."""
    return [Node(first + number, place(*at)) for number, at in enumerate(places)]


def square(first: int, column: float, row: float, side: float) -> list[Node]:
    return corners(first, (column, row), (column + side, row), (column + side, row + side), (column, row + side))


def ring(way: int, first: int, **tags: str) -> Way:
    return Way(way, [first, first + 1, first + 2, first + 3, first], tags)


def read(tmp_path: Path, nodes: list[Node], ways: list[Way], relations: list[Relation] | None = None) -> Shapes:
    path = extracts.write(tmp_path / "town.osm.pbf", nodes, ways, relations or [])
    return reading.read(path, BOUNDS)


def areas_of(found: Shapes, kind: Kind) -> shapely.Geometry:
    return shapely.union_all(found.areas.geometries[found.areas.kinds == kind])


def lines_of(found: Shapes, kind: Kind) -> list[shapely.Geometry]:
    return list(found.lines.geometries[found.lines.kinds == kind])


def cells(geometry: shapely.Geometry, row: float = 5.0) -> float:
    """How many squares of the grid an area covers, around that row."""
    south_west, north_east = (shapes.to_world(*place(1, row + height)) for height in (-0.5, 0.5))
    cell = (shapes.to_world(*place(2, row))[0] - south_west[0]) * (north_east[1] - south_west[1])
    return round(float(geometry.area / cell), 1)


def covers(geometry: shapely.Geometry, column: float, row: float) -> bool:
    return bool(geometry.covers(shapely.Point(shapes.to_world(*place(column, row)))))


def test_a_park_keeps_its_hole(tmp_path: Path) -> None:
    nodes = [*square(1, 4, 3, 4), *square(5, 5, 4, 2)]
    ways = [ring(1, 1), ring(2, 5)]
    park = Relation(1, [(1, "outer"), (2, "inner")], {"type": "multipolygon", "leisure": "park"})

    green = areas_of(read(tmp_path, nodes, ways, [park]), Kind.GREEN)

    assert cells(green) == 12
    assert covers(green, 4.5, 3.5)
    assert not covers(green, 6, 5)


def test_a_lake_with_an_island_is_water_around_it(tmp_path: Path) -> None:
    nodes = [*square(1, 4, 3, 4), *square(5, 5, 4, 2)]
    lake = Relation(1, [(1, "outer"), (2, "inner")], {"type": "multipolygon", "natural": "water"})

    water = areas_of(read(tmp_path, nodes, [ring(1, 1), ring(2, 5)], [lake]), Kind.WATER)

    assert cells(water) == 12


def test_an_outline_that_crosses_itself_becomes_valid(tmp_path: Path) -> None:
    nodes = corners(1, (4, 3), (8, 7), (8, 3), (4, 7))

    green = areas_of(read(tmp_path, nodes, [ring(1, 1, leisure="park")]), Kind.GREEN)

    assert green.is_valid
    assert cells(green) == 8


def test_everything_is_cut_to_the_bounds(tmp_path: Path) -> None:
    nodes = [*square(1, -5, 2, 8), *corners(5, (-3, 5), (30, 5))]
    found = read(tmp_path, nodes, [ring(1, 1, leisure="park"), Way(2, [5, 6], {"highway": "residential"})])

    assert found.box == shapes.box_of(BOUNDS)
    for geometry in [*found.areas.geometries, *found.lines.geometries]:
        assert shapely.box(*found.box).covers(geometry)
    assert cells(areas_of(found, Kind.GREEN)) == 24
    (street,) = lines_of(found, Kind.STREET)
    assert street.length == found.box.width


def test_a_house_whose_outer_nodes_are_missing_ends_at_the_bounds(tmp_path: Path) -> None:
    nodes = corners(1, (18.5, 3), (18.5, 5))  # its other two corners lie outside, and are not in the extract

    house = areas_of(read(tmp_path, nodes, [Way(1, [1, 8, 9, 2, 1], {"building": "yes"})]), Kind.BUILDING)

    assert cells(house) == 3


def test_a_bay_whose_middle_is_missing_is_closed_along_the_bounds(tmp_path: Path) -> None:
    nodes = corners(1, (0.2, 6), (4, 6), (4, 9.8))  # the corner of the bounds is in the water

    bay = Way(1, [1, 2, 3, 8, 9, 1], {"natural": "water"})
    water = areas_of(read(tmp_path, nodes, [bay]), Kind.WATER)

    assert cells(water, 8) == 16
    assert covers(water, 0.1, 9.9)


def test_an_area_of_which_a_way_is_missing_is_closed_too(tmp_path: Path) -> None:
    nodes = corners(1, (18, 3), (18, 5), (20.5, 5), (20.5, 3))
    ways = [Way(1, [3, 2, 1, 4], {})]
    lawn = Relation(1, [(1, "outer"), (2, "outer")], {"type": "multipolygon", "landuse": "grass"})

    assert cells(areas_of(read(tmp_path, nodes, ways, [lawn]), Kind.GREEN)) == 4


def test_an_area_of_which_too_much_is_missing_is_left_out_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nodes = corners(1, (-1, 3), (21, 3), (-1, 6), (21, 6))
    banks = [Way(1, [1, 2], {}), Way(2, [3, 4], {})]
    river = Relation(
        1,
        [(1, "outer"), (2, "outer"), (3, "outer"), (4, "outer")],
        {"type": "multipolygon", "natural": "water", "name": "Vantaa"},
    )

    with caplog.at_level(logging.WARNING):
        found = read(tmp_path, nodes, banks, [river])

    assert not len(found.areas.kinds)
    assert [record.getMessage() for record in caplog.records] == [
        "Left out water “Vantaa” of 4 ways: too much of it is missing."
    ]


def test_a_street_whose_next_node_is_missing_goes_on_to_the_bounds(tmp_path: Path) -> None:
    nodes = corners(1, (10, 5), (19, 5))

    (street,) = lines_of(read(tmp_path, nodes, [Way(1, [1, 2, 9], {"highway": "primary"})]), Kind.PRIMARY)

    assert street.bounds[2] == shapes.box_of(BOUNDS).right


def test_streets_of_one_name_become_one_line(tmp_path: Path) -> None:
    nodes = corners(1, (2, 5), (6, 5), (10, 5), (6, 8))
    tags = {"highway": "residential", "name": "Bulevardi"}
    ways = [Way(1, [1, 2], tags), Way(2, [3, 2], tags), Way(3, [2, 4], {**tags, "name": "Annankatu"})]

    found = read(tmp_path, nodes, ways)

    assert found.lines.names == ["Annankatu", "Bulevardi"]
    assert [len(line.coords) for line in found.lines.geometries] == [2, 2]


def test_what_is_underground_or_indoors_is_not_drawn_but_tunnels_are(tmp_path: Path) -> None:
    nodes = corners(1, (2, 5), (6, 5))
    ways = [
        Way(1, [1, 2], {"highway": "footway", "indoor": "yes"}),
        Way(2, [1, 2], {"railway": "rail", "tunnel": "yes"}),
        Way(3, [1, 2], {"highway": "primary", "tunnel": "yes"}),
        Way(4, [1, 2], {"highway": "residential", "tunnel": "building_passage"}),
    ]

    assert read(tmp_path, nodes, ways).lines.kinds.tolist() == [Kind.TUNNEL, Kind.STREET]


def test_names_are_where_things_are_widest(tmp_path: Path) -> None:
    nodes = square(1, 4, 3, 4)

    labels = read(tmp_path, nodes, [ring(1, 1, leisure="park", name="Esplanadi")]).labels

    assert labels.names == ["Esplanadi"]
    middle, expected = labels.points[0], shapes.to_world(*place(6, 5))
    assert abs(middle[0] - expected[0]) < 50
    assert labels.radii[0] == pytest.approx(2 * (expected - shapes.to_world(*place(5, 5)))[0], rel=0.01)


def test_a_house_has_its_number_once(tmp_path: Path) -> None:
    address = {"addr:street": "Bulevardi", "addr:housenumber": "12 B"}
    nodes = [*square(1, 4, 3, 1), Node(9, place(4.2, 3.2), {**address, "shop": "books"})]

    labels = read(tmp_path, nodes, [ring(1, 1, building="yes", **address)]).labels

    assert list(zip(labels.kinds.tolist(), labels.names, strict=True)) == [(Kind.HOUSE, "12 B")]


def test_what_is_no_number_is_not_on_the_map(tmp_path: Path) -> None:
    node = Node(1, place(4, 4), {"addr:street": "Bulevardi", "addr:housenumber": "8, 2. krs./2nd floor"})

    assert read(tmp_path, [node], []).labels.names == []


def test_a_broken_coastline_refuses_the_extract(tmp_path: Path) -> None:
    with pytest.raises(BadCoastline, match="in the middle of the area"):
        read(tmp_path, corners(1, (-1, 5), (10, 5)), [Way(1, [1, 2], {"natural": "coastline"})])


def test_an_empty_extract_has_nothing_to_draw(tmp_path: Path) -> None:
    found = read(tmp_path, [], [])

    assert [len(part.kinds) for part in (found.areas, found.lines, found.labels)] == [0, 0, 0]
    assert Shapes.from_arrays(pack.decode(pack.encode(found.to_arrays()))).box == found.box


def test_the_same_extract_gives_the_same_bytes(tmp_path: Path) -> None:
    nodes, ways = extracts.grid(8, 6)

    path = extracts.write(tmp_path / "town.osm.pbf", nodes, ways)

    once, again = (pack.encode(reading.read(path, BOUNDS).to_arrays()) for _ in range(2))

    assert once == again


def test_a_pack_gives_back_what_it_was_given(tmp_path: Path) -> None:
    nodes, ways = extracts.grid(8, 6)
    park = ring(5000, 5000, leisure="park", name="Vanha kirkkopuisto")
    found = read(tmp_path, [*nodes, *square(5000, 9, 2, 3)], [*ways, park])

    kept = Shapes.from_arrays(pack.decode(pack.encode(found.to_arrays())))

    assert kept.box == found.box
    assert shapely.equals_exact(kept.areas.geometries, found.areas.geometries).all()
    assert shapely.equals_exact(kept.lines.geometries, found.lines.geometries).all()
    assert (kept.lines.names, kept.labels.names) == (found.lines.names, found.labels.names)
    assert np.array_equal(kept.labels.points, found.labels.points)


@pytest.mark.parametrize(
    ("part", "damaged"),
    [
        ("area_rings", np.array([0, 999], dtype=np.uint32)),
        ("area_polygons", np.array([1, 0], dtype=np.uint32)),
        ("area_points", np.zeros(3, dtype=np.int32)),
        ("area_kinds", np.zeros(0, dtype=np.uint8)),
        ("area_kinds", np.full(1, 99, dtype=np.uint8)),
        ("lines", np.zeros(0, dtype=np.uint32)),
        ("line_names", np.full(1, 77, dtype=np.uint32)),
        ("box", np.zeros(3, dtype=np.int32)),
        ("label_points", np.zeros((1, 3), dtype=np.int32)),
        ("label_radii", np.zeros((9, 9), dtype=np.int32)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, part: str, damaged: np.ndarray) -> None:
    nodes = [*square(1, 4, 3, 4), *corners(5, (2, 2), (3, 2))]
    ways = [ring(1, 1, leisure="park", name="Puisto"), Way(2, [5, 6], {"highway": "residential"})]
    arrays = read(tmp_path, nodes, ways).to_arrays()

    with pytest.raises(BadPack, match="the shapes do not fit together"):
        Shapes.from_arrays({**arrays, part: damaged})


def test_a_missing_array_is_refused(tmp_path: Path) -> None:
    arrays = read(tmp_path, [], []).to_arrays()
    del arrays["names"]

    with pytest.raises(BadPack, match="names"):
        Shapes.from_arrays(arrays)


@pytest.mark.parametrize(
    ("latitude", "longitude", "is_water"),
    [(60.1769, 24.946, True), (60.1785, 24.9365, True), (60.1695, 24.9525, False), (60.1672, 24.9529, True)],
    ids=["Kaisaniemenlahti", "Töölönlahti", "Senaatintori", "the basin of the market"],
)
def test_helsinki_has_its_waters(latitude: float, longitude: float, *, is_water: bool) -> None:
    found = Shapes.from_arrays(Pack(ROOT / "atlas/data/helsinki.area").arrays("shapes"))
    point = shapely.Point(shapes.to_world(latitude, longitude))

    assert bool(areas_of(found, Kind.WATER).covers(point)) is is_water
