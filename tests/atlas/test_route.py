import pytest

from atlas.streets.route import Route, Stretch

ROUTE = Route(
    points=((60.0, 24.0), (60.001, 24.0), (60.001, 24.0), (60.001, 24.002)),
    seconds=(0.0, 10.0, 10.0, 30.0),
    stretches=(Stretch("Column 0", 111.0), Stretch("Row 1", 111.0)),
    distance_m=222.0,
)


def test_a_route_takes_as_long_as_its_last_point() -> None:
    assert ROUTE.duration_seconds == 30.0


@pytest.mark.parametrize(
    ("seconds", "place"),
    [
        (0.0, (60.0, 24.0)),
        (5.0, (60.0005, 24.0)),
        (10.0, (60.001, 24.0)),
        (15.0, (60.001, 24.0005)),
        (30.0, (60.001, 24.002)),
    ],
)
def test_a_van_is_where_the_time_has_brought_it(seconds: float, place: tuple[float, float]) -> None:
    assert ROUTE.point_at(seconds) == pytest.approx(place)


def test_a_van_waits_at_either_end() -> None:
    assert ROUTE.point_at(-1.0) == (60.0, 24.0)
    assert ROUTE.point_at(1000.0) == (60.001, 24.002)
