from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from tracking.rounds import estimate
from tracking.rounds.estimate import Ahead, Arrival, Progress

aheads = st.lists(
    st.builds(
        Ahead,
        stop_id=st.integers(1, 10_000),
        travel_seconds=st.floats(0, 7200),
        service_seconds=st.floats(0, 3600),
    ),
    max_size=40,
)
progresses = st.builds(
    Progress,
    at=st.just(NOON),
    seen_at=st.none() | st.timedeltas(timedelta(0), timedelta(hours=3)).map(lambda age: NOON - age),
    at_first_door_since=st.none() | st.timedeltas(timedelta(0), timedelta(hours=1)).map(lambda age: NOON - age),
    pause_seconds=st.floats(0, 3600),
)


def width(arrival: Arrival) -> timedelta:
    return arrival.high - arrival.low


def in_minutes(moment: datetime) -> float:
    return (moment - NOON).total_seconds() / 60


@given(progresses, aheads)
def test_no_arrival_is_past_and_none_comes_before_the_one_ahead_of_it(progress: Progress, ahead: list[Ahead]) -> None:
    arrivals = estimate.forecast(progress, ahead)

    assert [arrival.stop_id for arrival in arrivals] == [stop.stop_id for stop in ahead]
    assert all(NOON <= arrival.low <= arrival.middle <= arrival.high for arrival in arrivals)
    middles = [arrival.middle for arrival in arrivals]
    assert middles == sorted(middles)


@given(progresses, aheads)
def test_what_is_further_away_is_known_no_better(progress: Progress, ahead: list[Ahead]) -> None:
    highs = [arrival.high - arrival.middle for arrival in estimate.forecast(progress, ahead)]

    assert highs == sorted(highs)


def test_the_rest_of_the_route_is_driven_in_order() -> None:
    ahead = [Ahead(1, travel_seconds=300, service_seconds=180), Ahead(2, travel_seconds=120, service_seconds=180)]

    arrivals = estimate.forecast(Progress(at=NOON, seen_at=NOON), ahead)

    assert [in_minutes(arrival.middle) for arrival in arrivals] == [5, 10]


def test_a_driver_at_the_door_has_what_is_left_of_the_stop_before_driving_on() -> None:
    ahead = [Ahead(1, travel_seconds=300, service_seconds=180), Ahead(2, travel_seconds=120, service_seconds=180)]
    progress = Progress(at=NOON, seen_at=NOON, at_first_door_since=NOON - timedelta(minutes=2))

    arrivals = estimate.forecast(progress, ahead)

    assert [in_minutes(arrival.middle) for arrival in arrivals] == [0, 3]


def test_a_stop_that_takes_too_long_is_always_about_to_end() -> None:
    ahead = [Ahead(1, travel_seconds=0, service_seconds=180), Ahead(2, travel_seconds=90, service_seconds=180)]
    progress = Progress(at=NOON, seen_at=NOON, at_first_door_since=NOON - timedelta(hours=1))

    assert in_minutes(estimate.forecast(progress, ahead)[1].middle) == 2


def test_a_driver_not_heard_of_makes_the_window_wider() -> None:
    ahead = [Ahead(1, travel_seconds=300, service_seconds=180)]
    heard = estimate.forecast(Progress(at=NOON, seen_at=NOON), ahead)
    unheard = estimate.forecast(Progress(at=NOON, seen_at=NOON - timedelta(minutes=20)), ahead)

    assert width(unheard[0]) > width(heard[0]) + timedelta(minutes=5)


def test_a_break_comes_before_everything() -> None:
    ahead = [Ahead(1, travel_seconds=300, service_seconds=180)]

    arrivals = estimate.forecast(Progress(at=NOON, seen_at=NOON, pause_seconds=600), ahead)

    assert in_minutes(arrivals[0].middle) == 15
