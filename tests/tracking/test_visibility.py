"""The three rules of who may see the driver, one by one; whole rounds are driven in test_track and test_leaks."""

from dataclasses import replace
from datetime import timedelta
from math import cos, radians
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.factories import NOON
from tracking import visibility
from tracking.shipments.lifecycle import Status
from tracking.visibility import HOLD, Door, Fix, Hold, Sight

METRE = 1 / 111_195
"""In degrees of latitude."""

SIGHT = Sight(
    status=Status.OUT_FOR_DELIVERY,
    stops_before=3,
    window_start=NOON + timedelta(hours=2),
    from_stops=5,
    from_minutes=20,
    is_driver_working=True,
)
DOOR = Door(1, 60.0, 24.9)

seconds = st.integers(0, 3600).map(lambda count: timedelta(seconds=count))


@pytest.mark.parametrize(
    ("change", "is_visible"),
    [
        ({}, True),
        ({"stops_before": 5}, True),
        ({"stops_before": 6}, False),
        ({"stops_before": 6, "window_start": NOON + timedelta(minutes=20)}, True),
        ({"stops_before": 6, "window_start": NOON + timedelta(minutes=20, seconds=1)}, False),
        ({"stops_before": 6, "window_start": NOON - timedelta(minutes=5)}, True),
        ({"stops_before": 6, "window_start": None}, False),
        ({"stops_before": 1, "from_stops": 0, "from_minutes": 0}, False),
        ({"stops_before": 0, "from_stops": 0, "from_minutes": 0}, True),
        ({"stops_before": None, "window_start": NOON}, False),
        ({"is_driver_working": False}, False),
    ],
)
def test_the_driver_is_seen_from_a_few_stops_on_or_when_the_window_is_near(
    change: dict[str, Any], *, is_visible: bool
) -> None:
    assert visibility.is_driver_visible(replace(SIGHT, **change), at=NOON) is is_visible


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OUT_FOR_DELIVERY])
def test_in_no_other_status_is_the_driver_seen(status: Status) -> None:
    sight = replace(SIGHT, status=status, stops_before=0, window_start=NOON)

    assert not visibility.is_driver_visible(sight, at=NOON)


@given(north_m=st.floats(-200, 200), east_m=st.floats(-200, 200), latitude=st.floats(-70, 70))
def test_a_point_within_75_metres_of_a_door_is_near_it_wherever_on_earth(
    north_m: float, east_m: float, latitude: float
) -> None:
    door = replace(DOOR, latitude=latitude)
    point = latitude + north_m * METRE, 24.9 + east_m * METRE / cos(radians(latitude))
    distance_m = (north_m**2 + east_m**2) ** 0.5
    assume(abs(distance_m - visibility.NEIGHBOUR_RADIUS_M) > 0.5)

    near = visibility.doors_near(*point, [door, replace(door, stop_id=2, latitude=latitude + 1)])

    assert near == (frozenset({1}) if distance_m < visibility.NEIGHBOUR_RADIUS_M else frozenset())


def test_the_radius_is_the_promised_one_and_what_rounding_may_take_off() -> None:
    rounding_m = 0.5e-5 / METRE * 2**0.5

    assert visibility.NEIGHBOUR_RADIUS_M - rounding_m > 75


def test_where_there_are_no_doors_nothing_is_near() -> None:
    assert visibility.doors_near(60.0, 24.9, []) == frozenset()


def test_near_a_door_everything_is_held_back_for_as_long_as_it_takes() -> None:
    hold = visibility.next_hold(None, frozenset({1}), at=NOON)
    assert hold == Hold(frozenset({1}), NOON)

    for minute in range(1, 60):
        assert visibility.next_hold(hold, frozenset({1}), at=NOON + timedelta(minutes=minute)) == hold
    assert hold.lasts(NOON + timedelta(days=1))


@given(stay=seconds)
def test_what_was_held_back_comes_out_at_a_multiple_of_three_minutes_whatever_the_stay(stay: timedelta) -> None:
    hold = visibility.next_hold(None, frozenset({1}), at=NOON)

    left = visibility.next_hold(hold, frozenset(), at=NOON + stay)

    assert left is not None
    assert left.until is not None
    held = left.until - NOON
    assert held % HOLD == timedelta()
    assert max(stay, timedelta(seconds=1)) <= held
    assert held < stay + HOLD or held == HOLD
    assert left.lasts(left.until - timedelta(microseconds=1))
    assert not left.lasts(left.until)


@given(stay=seconds, later=seconds)
def test_leaving_is_judged_once_and_forgotten_when_its_time_has_come(stay: timedelta, later: timedelta) -> None:
    hold = visibility.next_hold(None, frozenset({1}), at=NOON)
    left = visibility.next_hold(hold, frozenset(), at=NOON + stay)
    assert left is not None
    at = NOON + stay + later

    assert visibility.next_hold(left, frozenset(), at=at) == (left if left.lasts(at) else None)


def test_a_second_door_joins_the_first_and_the_count_goes_on_from_there() -> None:
    first = visibility.next_hold(None, frozenset({1}), at=NOON)
    left = visibility.next_hold(first, frozenset(), at=NOON + timedelta(seconds=60))

    both = visibility.next_hold(left, frozenset({2}), at=NOON + timedelta(seconds=90))
    left_both = visibility.next_hold(both, frozenset(), at=NOON + timedelta(seconds=200))

    assert both == Hold(frozenset({1, 2}), NOON)
    assert left_both == Hold(frozenset({1, 2}), NOON, NOON + 2 * HOLD)


def test_a_door_reached_after_the_hold_is_over_begins_a_new_one() -> None:
    over = Hold(frozenset({1}), NOON, NOON + HOLD)

    assert visibility.next_hold(over, frozenset({2}), at=NOON + HOLD) == Hold(frozenset({2}), NOON + HOLD)


@pytest.mark.parametrize(
    ("own_stop_id", "hold", "may_see"),
    [
        (1, None, True),
        (None, None, True),
        (1, Hold(frozenset({1}), NOON), True),
        (2, Hold(frozenset({1}), NOON), False),
        (None, Hold(frozenset({1}), NOON), False),
        (1, Hold(frozenset({1, 2}), NOON), False),
    ],
)
def test_what_is_held_back_is_shown_to_the_people_behind_that_door_alone(
    own_stop_id: int | None, hold: Hold | None, *, may_see: bool
) -> None:
    assert visibility.may_see_fix(own_stop_id, hold) is may_see


@pytest.mark.parametrize(
    ("metres_away", "own_stop_id", "age", "is_shown"),
    [
        (81, None, timedelta(minutes=5), True),
        (81, None, timedelta(minutes=5, seconds=1), False),
        (79, 2, timedelta(), False),
        (79, 1, timedelta(), True),
        (79, None, timedelta(), False),
    ],
)
def test_a_fix_that_was_public_is_shown_until_it_is_old_or_a_door_is_added_beside_it(
    metres_away: float, own_stop_id: int | None, age: timedelta, *, is_shown: bool
) -> None:
    fix = Fix(60.0 + metres_away * METRE, 24.9, None, NOON - age)

    assert visibility.is_shown(fix, [DOOR], own_stop_id, at=NOON) is is_shown
