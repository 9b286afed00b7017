import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas import projection
from atlas.projection import Bounds, Plane

latitudes = st.floats(-85, 85)
longitudes = st.floats(-180, 180)


@pytest.mark.parametrize(
    ("start", "end", "metres"),
    [
        ((60.0, 24.0), (60.0, 24.0), 0),
        ((0.0, 0.0), (0.0, 180.0), 20015115),
        ((90.0, 0.0), (-90.0, 50.0), 20015115),
        ((60.1699, 24.9384), (59.4370, 24.7536), 82148),  # Helsinki to Tallinn
    ],
)
def test_the_crows_flight_is_as_long_as_on_a_globe(
    start: tuple[float, float], end: tuple[float, float], metres: float
) -> None:
    assert float(projection.distance_m(*start, *end)) == pytest.approx(metres, abs=1)


def test_distances_are_measured_many_at_a_time() -> None:
    distances = projection.distance_m([60.0, 60.0], [24.0, 25.0], 60.0, 24.0)

    assert distances == pytest.approx([0, 55597.0], abs=0.1)


@given(latitudes, longitudes)
def test_mercator_leads_back_to_where_it_came_from(latitude: float, longitude: float) -> None:
    assert projection.from_mercator(projection.to_mercator(latitude, longitude)) == pytest.approx(
        [latitude, longitude], abs=1e-9
    )


def test_mercator_has_the_north_west_in_its_first_corner() -> None:
    corners = projection.to_mercator([90, -90], [-180, 180])

    assert corners == pytest.approx(np.array([[0, 0], [1, 1]]), abs=1e-9)


@given(st.floats(-80, 80), longitudes)
def test_a_plane_leads_back_to_where_it_came_from(latitude: float, longitude: float) -> None:
    plane = Plane(latitude)

    assert plane.to_degrees(plane.to_metres(latitude, longitude)) == pytest.approx([latitude, longitude], abs=1e-9)


@given(st.floats(-70, 70), longitudes, st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_a_plane_is_true_within_a_city(latitude: float, longitude: float, north: float, east: float) -> None:
    plane = Plane(latitude + north / 2)
    start, end = plane.to_metres([latitude, latitude + north], [longitude, longitude + east])

    flight_m = projection.distance_m(latitude, longitude, latitude + north, longitude + east)

    assert np.linalg.norm(end - start) == pytest.approx(float(flight_m), rel=1e-3, abs=0.01)


@pytest.mark.parametrize(
    ("bounds", "is_valid"),
    [
        ((24.9, 60.1, 25.0, 60.2), True),
        ((-180, -90, 180, 90), True),
        ((25.0, 60.1, 24.9, 60.2), False),
        ((24.9, 60.2, 25.0, 60.1), False),
        ((24.9, 60.1, 24.9, 60.2), False),
        ((24.9, 60.1, 250.0, 60.2), False),
        ((float("nan"), 60.1, 25.0, 60.2), False),
    ],
)
def test_bounds_are_a_rectangle_on_the_earth(bounds: tuple[float, float, float, float], is_valid: bool) -> None:
    assert Bounds(*bounds).is_valid is is_valid


def test_bounds_hold_their_edge_and_nothing_beyond() -> None:
    bounds = Bounds(24.9, 60.1, 25.0, 60.2)

    assert bounds.contains(60.1, 24.9)
    assert bounds.contains(60.2, 25.0)
    assert not bounds.contains(60.2001, 25.0)
    assert not bounds.contains(60.15, 24.8999)
