from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from atlas import areas, travel
from atlas.building import area as building
from atlas.projection import Bounds
from tests.atlas import extracts
from tests.atlas.extracts import place

OSLO, BERGEN = (59.9139, 10.7522), (60.3913, 5.3221)


@pytest.fixture(scope="module")
def toytown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toytown")
    extract = extracts.write(folder / "toytown.osm.pbf", *extracts.grid(4, 4), bounds=Bounds(23.9, 59.9, 24.1, 60.1))
    building.build(extract, folder / "toytown.area", name="Toytown")
    return folder / "toytown.area"


@pytest.fixture(autouse=True)
def _toytown(settings: Settings, toytown: Path) -> None:
    settings.MAP_AREAS = [toytown]


def test_within_an_area_one_drives_by_its_streets() -> None:
    streets = areas.loaded()[0].streets

    legs = travel.legs([place(0, 0.5), place(2, 1.5), place(3, 0.5)])

    routes = [streets.route(place(0, 0.5), place(2, 1.5)), streets.route(place(2, 1.5), place(3, 0.5))]
    assert [leg.seconds for leg in legs] == pytest.approx([route.duration_seconds for route in routes], abs=0.01)
    assert [leg.distance_m for leg in legs] == pytest.approx([route.distance_m for route in routes], abs=0.1)


def test_where_no_area_reaches_one_drives_by_the_crows_flight() -> None:
    near = (59.9139 + 0.01, 10.7522)

    [leg] = travel.legs([OSLO, near])

    assert leg.distance_m == pytest.approx(1.4 * 1111.951, abs=0.01)
    assert leg.seconds == pytest.approx(leg.distance_m / (20 / 3.6))


def test_between_towns_one_drives_faster_than_within() -> None:
    [leg] = travel.legs([OSLO, BERGEN])

    assert leg.distance_m == pytest.approx(1.4 * 305_000, rel=0.01)
    assert leg.seconds == pytest.approx(3600 * (10 / 20 + (leg.distance_m / 1000 - 10) / 60))


def test_between_an_area_and_elsewhere_one_drives_by_the_crows_flight() -> None:
    [out, back] = travel.legs([place(1, 1), OSLO, place(1, 1)])

    assert out == pytest.approx(back)
    assert out.distance_m > 700_000


def test_a_place_in_the_bounds_that_no_street_reaches_is_as_if_outside() -> None:
    island = place(12, 1)

    [leg] = travel.legs([place(1, 1), island])

    assert leg.distance_m == pytest.approx(1.4 * 11 * 55.6, rel=0.001)


def test_no_points_and_one_point_have_no_legs() -> None:
    assert travel.legs([]) == []
    assert travel.legs([OSLO]) == []


def test_a_matrix_says_what_the_legs_say() -> None:
    points = [place(0, 0.5), OSLO, place(2, 1.5), place(12, 1), BERGEN]

    seconds, lengths_m = travel.matrix(points, points)

    for row, start in enumerate(points):
        for column, end in enumerate(points):
            [leg] = travel.legs([start, end])
            assert leg == pytest.approx((seconds[row, column], lengths_m[row, column]))


def test_a_matrix_may_be_oblong_or_empty() -> None:
    seconds, lengths_m = travel.matrix([OSLO, place(1, 1)], [BERGEN, place(1, 2), place(2, 2)])

    assert seconds.shape == lengths_m.shape == (2, 3)
    assert travel.matrix([], [OSLO])[0].shape == (0, 1)


def test_two_points_go_by_the_smallest_area_that_reaches_both(
    settings: Settings, toytown: Path, tmp_path: Path
) -> None:
    nodes, ways = extracts.grid(8, 4)
    slow = [way._replace(tags={**way.tags, "maxspeed": "10"}) for way in ways]
    extract = extracts.write(tmp_path / "county.osm.pbf", nodes, slow, bounds=Bounds(23.8, 59.8, 24.2, 60.2))
    building.build(extract, tmp_path / "county.area", name="County")
    settings.MAP_AREAS = [tmp_path / "county.area", toytown]
    county, town = tuple(reversed(areas.loaded()))

    [within, beyond] = travel.legs([place(1, 0.5), place(2, 0.5), place(9.9, 0)])

    near, far = place(1, 0.5), place(9.9, 0)
    assert within.seconds == pytest.approx(town.streets.route(near, place(2, 0.5)).duration_seconds, abs=0.01)
    assert beyond.seconds == pytest.approx(county.streets.route(place(2, 0.5), far).duration_seconds, abs=0.01)


@given(st.lists(st.tuples(st.floats(-85, 85), st.floats(-180, 180)), min_size=3, max_size=3))
def test_by_the_crows_flight_no_detour_is_quicker(points: list[tuple[float, float]]) -> None:
    seconds, _ = travel.matrix(points, points)

    assert seconds[0, 2] <= seconds[0, 1] + seconds[1, 2] + 1e-3
    assert np.diagonal(seconds) == pytest.approx([0, 0, 0], abs=0.01)
