import itertools
from random import Random

import pytest
from django.conf import settings

from atlas import projection
from atlas.areas import Area
from demo.scenario import cast, timetable, tours
from demo.scenario.tours import Drawing, Reach, Visit

HUB = (60.1690, 24.9440)


@pytest.fixture(scope="module")
def area() -> Area:
    return Area.load(settings.MAP_AREAS[0])


def doors(visits: tuple[Visit, ...]) -> list[tuple[float, float]]:
    return [(visit.door.latitude, visit.door.longitude) for visit in visits]


def tours_of(drawing: Drawing, count: int) -> list[tuple[Visit, ...]]:
    return [drawing.tour(HUB, [Reach()] * 11) for _ in range(count)]


def is_hidden(number: int, visits: tuple[Visit, ...]) -> bool:
    """Say whether the way to a visit leads by the door of another one, but for the one it comes from."""
    way = visits[number].way
    others = [*doors(visits[: max(number - 1, 0)]), *doors(visits[number + 1 :])]
    spots = [way.point_at(float(seconds)) for seconds in range(0, int(way.duration_seconds), 2)]
    return any(projection.distance_m(*spot, *door) < 80 for spot, door in itertools.product(spots, others))


def test_the_same_seed_draws_the_same_tour(area: Area) -> None:
    drawn, again, other = (Drawing(area, Random(seed)).tour(HUB, [Reach()] * 11) for seed in (1, 1, 2))

    assert drawn == again
    assert doors(drawn) != doors(other)


def test_a_tour_goes_from_door_to_door_over_streets(area: Area) -> None:
    visits = Drawing(area, Random(1)).tour(HUB, [Reach()] * 11)

    assert len(visits) == 11
    for (latitude, longitude), visit in zip([HUB, *doors(visits)][:-1], visits, strict=True):
        assert projection.distance_m(latitude, longitude, *visit.way.points[0]) <= tours.NEAR_M
        assert projection.distance_m(visit.door.latitude, visit.door.longitude, *visit.way.points[-1]) <= tours.NEAR_M
        assert visit.way.distance_m > 600
        assert visit.door.street
        assert visit.door.number


def test_no_door_is_drawn_twice_in_a_day(area: Area) -> None:
    drawing = Drawing(area, Random(1))

    drawn = [*doors(drawing.tour(HUB, [Reach()] * 11)), *doors(drawing.tour(HUB, [Reach()] * 11))]
    drawn += [(door.latitude, door.longitude) for door in (drawing.door() for _ in range(50))]

    assert len(set(drawn)) == len(drawn)


def test_most_ways_keep_so_far_from_other_doors_that_the_van_can_be_seen(area: Area) -> None:
    drawing = Drawing(area, Random(1))
    hidden = [is_hidden(number, visits) for visits in tours_of(drawing, 4) for number in range(len(visits))]

    assert sum(hidden) <= len(hidden) // 5


def test_a_plan_expects_a_driver_later_at_each_door(area: Area) -> None:
    visits = Drawing(area, Random(1)).tour(HUB, [Reach()] * 3)

    first, second, third = timetable.expected(visits)

    assert first.arrives_seconds == visits[0].way.duration_seconds
    assert second.arrives_seconds == first.leaves_seconds + visits[1].way.duration_seconds
    assert third.leaves_seconds - third.arrives_seconds == timetable.SERVICE_SECONDS


def test_the_places_of_the_cast_are_in_the_area(area: Area) -> None:
    assert all(area.bounds.contains(*place.near) for place in cast.PLACES)
    assert {driver.hub for driver in cast.DRIVERS} <= {place.slug for place in cast.PLACES}
