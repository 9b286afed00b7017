from hypothesis import given
from hypothesis import strategies as st

from atlas import projection
from tracking import surroundings

latitudes = st.floats(min_value=-85, max_value=85)
longitudes = st.floats(min_value=-180, max_value=180)
shifts = st.floats(min_value=-0.49, max_value=0.49)


@given(latitudes, longitudes)
def test_the_door_is_always_within_the_circle(latitude: float, longitude: float) -> None:
    middle = surroundings.of(latitude, longitude)

    assert projection.distance_m(latitude, longitude, *middle) < surroundings.RADIUS_M


@given(latitudes, longitudes, shifts, shifts)
def test_every_door_of_a_square_gives_the_same_circle(
    latitude: float, longitude: float, north: float, east: float
) -> None:
    middle = surroundings.of(latitude, longitude)
    width = surroundings.width_degrees(middle[0])

    neighbour = surroundings.of(middle[0] + north * surroundings.GRID_DEGREES, middle[1] + east * width)

    assert neighbour == middle


def test_two_doors_of_one_street_cannot_be_told_apart() -> None:
    assert surroundings.of(60.16890, 24.94550) == surroundings.of(60.16895, 24.94570)
