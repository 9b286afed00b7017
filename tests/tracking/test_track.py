"""The rule of doors over whole rounds, without a clock, a database or Redis."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from tracking import visibility
from tracking.live import track
from tracking.live.track import Audience, Step, Track, Viewer
from tracking.rounds.fixes import RawFix, Verdict
from tracking.visibility import Door, Fix

METRE = 1 / 111_195
"""In degrees of latitude."""

METRE_EAST = METRE / math.cos(math.radians(60))


def at_(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seen(seconds: float, north_m: float, east_m: float = 0.0, heading: float | None = None) -> RawFix:
    return RawFix(60 + north_m * METRE, 24.9 + east_m * METRE_EAST, at_(seconds), heading)


def door(stop_id: int, north_m: float, east_m: float = 0.0) -> Door:
    return Door(stop_id, 60 + north_m * METRE, 24.9 + east_m * METRE_EAST)


def audience(*doors: Door) -> Audience:
    """One shipment at each door, numbered ten times its stop, and all may see the driver."""
    return Audience(doors, tuple(Viewer(10 * door.stop_id, door.stop_id) for door in doors))


def follow(known: Track, *raw_fixes: RawFix, to: Audience, seconds: float, speed: float = 1.0) -> Step:
    return track.follow(known, raw_fixes, to, at=at_(seconds), speed=speed)


STREET = audience(door(1, 500), door(2, 1000), door(3, 1500))


def test_on_the_road_everybody_sees_the_newest_fix_to_the_metre() -> None:
    step = follow(Track(), seen(0, 0.123456, heading=91.4), to=STREET, seconds=0.5)

    assert step.fix == Fix(60.0, 24.9, 91.0, NOON)
    assert step.shipment_ids == (10, 20, 30)
    assert step.track.last_shown_at(1) == step.track.last_shown_at(3) == step.fix


def test_due_north_is_zero_degrees() -> None:
    step = follow(Track(), seen(0, 0, heading=359.7), to=STREET, seconds=0)

    assert step.fix is not None
    assert step.fix.heading == 0.0


def test_near_a_door_only_the_people_behind_it_see_the_driver() -> None:
    before = follow(Track(), seen(0, 400), to=STREET, seconds=0)

    step = follow(before.track, seen(5, 430), to=STREET, seconds=5)

    assert step.shipment_ids == (10,)
    assert step.track.last_shown_at(1) == step.fix
    assert step.track.last_shown_at(2) == before.fix


def test_between_two_doors_that_are_both_near_nobody_does() -> None:
    terrace = audience(door(1, 500), door(2, 550), door(3, 1500))

    step = follow(Track(), seen(0, 525), to=terrace, seconds=0)

    assert step.shipment_ids == ()
    assert step.track.last_shown_at(1) is None


@pytest.mark.parametrize("speed", [1.0, 10.0])
def test_what_was_held_back_comes_out_at_a_multiple_of_the_hold(speed: float) -> None:
    period = 180 / speed
    near = follow(Track(), seen(0, 500), to=STREET, seconds=0, speed=speed)
    gone = follow(near.track, seen(period + 2, 600), to=STREET, seconds=period + 2, speed=speed)

    last = follow(gone.track, seen(2 * period - 1, 620), to=STREET, seconds=2 * period - 1, speed=speed)
    first = follow(last.track, seen(2 * period, 640), to=STREET, seconds=2 * period, speed=speed)

    assert [step.shipment_ids for step in (near, gone, last, first)] == [(10,), (10,), (10,), (10, 20, 30)]


def test_of_a_batch_only_the_newest_is_shown_whatever_its_order() -> None:
    step = follow(Track(), seen(2, 30), seen(0, 0), seen(1, 15), to=STREET, seconds=3)

    assert step.verdicts == [Verdict.NEWEST] * 3
    assert step.fix is not None
    assert step.fix.recorded_at == at_(2)


def test_a_late_fix_shows_nothing() -> None:
    before = follow(Track(), seen(2, 30), to=STREET, seconds=2)

    step = follow(before.track, seen(1, 15), to=STREET, seconds=3)

    assert step == Step(before.track, [Verdict.LATE])


def test_a_fix_that_a_page_would_hide_for_its_age_is_not_shown() -> None:
    step = follow(Track(), seen(0, 0), to=STREET, seconds=301)

    assert step.verdicts == [Verdict.NEWEST]
    assert (step.fix, step.shipment_ids, step.track.shown) == (None, (), None)


def test_a_fix_from_the_future_is_shown_as_of_now() -> None:
    step = follow(Track(), seen(120, 0), to=STREET, seconds=0)

    assert step.fix is not None
    assert step.fix.recorded_at == NOON


def test_on_a_break_nothing_is_shown_and_nothing_becomes_public_later() -> None:
    working = follow(Track(), seen(0, 0), to=STREET, seconds=0)

    paused = follow(working.track, seen(60, 200), to=Audience(), seconds=60)

    assert (paused.fix, paused.shipment_ids) == (None, ())
    assert paused.track.trail.last is not None
    assert paused.track.trail.last.fix == seen(60, 200)
    assert paused.track.last_shown_at(2) == working.fix


def test_a_demo_that_runs_faster_lets_its_vans_drive_faster() -> None:
    before = follow(Track(), seen(0, 0), to=STREET, seconds=0).track

    assert follow(before, seen(1, 300), to=STREET, seconds=1).verdicts == [Verdict.HELD]
    assert follow(before, seen(1, 300), to=STREET, seconds=1, speed=10).verdicts == [Verdict.NEWEST]


fixes_anywhere = st.builds(
    RawFix,
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    recorded_at=st.integers(-3_600_000_000, 3_600_000_000).map(lambda microseconds: at_(microseconds / 1e6)),
    heading=st.none() | st.floats(0, 359.9),
    speed_mps=st.none() | st.floats(0, 50),
    accuracy_m=st.none() | st.floats(0, 1e6),
)


@given(st.lists(st.lists(fixes_anywhere, max_size=3), max_size=8))
def test_a_track_reads_as_it_was_written(requests: list[list[RawFix]]) -> None:
    known = Track()
    for number, raw_fixes in enumerate(requests):
        known = follow(known, *raw_fixes, to=STREET, seconds=30 * number).track

        assert track.decode(track.encode(known)) == known
        assert track.encode(track.decode(track.encode(known))) == track.encode(known)


def test_nothing_written_is_a_track_of_which_nothing_is_known() -> None:
    assert track.decode(b"") == Track()


rounds = st.lists(st.tuples(st.floats(-400, 400), st.floats(-400, 400)), min_size=1, max_size=8)
drives = st.lists(
    st.tuples(
        st.floats(-60, 60),  # metres north
        st.floats(-60, 60),  # metres east
        st.sampled_from([1.0, 2.0, 5.0, 20.0, 61.0, 200.0]),  # seconds since the request before
        st.sampled_from([-90.0, 0.0, 0.0, 0.0, 1.0, 30.0, 400.0]),  # seconds that the fix is late
        st.sampled_from(["work", "work", "work", "work", "break", "new door", "door gone"]),
    ),
    min_size=10,
    max_size=60,
)


@given(rounds, drives, st.sampled_from([1.0, 4.0]))
def test_no_reader_is_ever_shown_a_fix_near_another_customers_door(
    corners: list[tuple[float, float]],
    drive: Sequence[tuple[float, float, float, float, str]],
    speed: float,
) -> None:
    """Over random rounds, drives, breaks, clocks, doors that come and doors that go."""
    doors = [door(number, north, east) for number, (north, east) in enumerate(corners)]
    known, north_m, east_m, seconds = Track(), 0.0, 0.0, 0.0
    for north, east, pause, late, event in drive:
        north_m, east_m, seconds = north_m + north, east_m + east, seconds + pause
        if event == "new door":
            doors.append(door(len(corners) + int(seconds), north_m + 90, east_m))
        elif event == "door gone" and len(doors) > 1:
            doors.pop(0)
        now = Audience() if event == "break" else audience(*doors)

        step = follow(known, seen(seconds - late, north_m, east_m), to=now, seconds=seconds, speed=speed)

        known = step.track
        for shipment_id in step.shipment_ids:
            assert step.fix is not None
            assert _is_clear(step.fix, now.doors, own_stop_id=shipment_id // 10)
        for viewer in now.viewers:
            shown = known.last_shown_at(viewer.stop_id)
            if shown is not None and visibility.is_shown(shown, now.doors, viewer.stop_id, at=at_(seconds)):
                assert _is_clear(shown, now.doors, own_stop_id=viewer.stop_id)


@given(st.integers(10, 900), st.sampled_from([1, 2, 5]))
def test_the_gap_does_not_tell_how_long_the_driver_stood_at_a_door(stood: int, every: int) -> None:
    """A driver reports every few seconds, stands at a door and drives on; a neighbour watches."""
    street = audience(door(1, 0), door(2, 100_000))
    known, shown = Track(), []
    for seconds in range(0, stood + 400, every):
        north_m = min(45 * seconds - 85, 0) if seconds < stood else 50 * (seconds - stood)
        step = follow(known, seen(seconds, north_m), to=street, seconds=seconds)
        known = step.track
        if 20 in step.shipment_ids:
            shown.append(seconds)

    assert shown[0] == 0
    came, resumed = every, shown[1]
    assert (resumed - came) % 180 <= every
    assert shown[1:] == [*range(resumed, stood + 400, every)]


def _is_clear(fix: Fix, doors: Sequence[Door], *, own_stop_id: int) -> bool:
    """Measure on the flat, which is true to a thousandth within a city."""
    return all(
        math.hypot((fix.latitude - other.latitude) / METRE, (fix.longitude - other.longitude) / METRE_EAST) > 75
        for other in doors
        if other.stop_id != own_stop_id
    )
