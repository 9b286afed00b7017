from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from tracking.rounds import fixes
from tracking.rounds.fixes import RawFix, Trail, Verdict

METRE = 1 / 111_195
"""In degrees of latitude."""


def seen(seconds: float, metres: float, *, accuracy_m: float | None = None) -> RawFix:
    """A fix so many seconds after noon, so many metres north of where the driver starts."""
    return RawFix(60 + metres * METRE, 24.9, NOON + timedelta(seconds=seconds), accuracy_m=accuracy_m)


def judge(*arrivals: RawFix, delay: float = 0, top_speed_mps: float = 70) -> tuple[list[Verdict], Trail]:
    """Let fixes come in, each when it was recorded or with the one before it."""
    trail, verdicts, at = Trail(), [], NOON
    for fix in arrivals:
        at = max(at, fix.recorded_at + timedelta(seconds=delay))
        verdict, trail = fixes.judge(trail, fix, at=at, top_speed_mps=top_speed_mps)
        verdicts.append(verdict)
    return verdicts, trail


def marker(trail: Trail) -> RawFix:
    assert trail.last is not None
    return trail.last.fix


def test_a_newer_fix_moves_the_marker() -> None:
    verdicts, trail = judge(seen(0, 0), seen(1, 15), seen(2, 30))

    assert verdicts == [Verdict.NEWEST] * 3
    assert marker(trail) == seen(2, 30)


def test_late_and_double_fixes_do_not_move_it_back() -> None:
    verdicts, trail = judge(seen(0, 0), seen(2, 30), seen(1, 15), seen(2, 30), seen(2, 10))

    assert verdicts == [Verdict.NEWEST, Verdict.NEWEST, Verdict.LATE, Verdict.LATE, Verdict.LATE]
    assert marker(trail) == seen(2, 30)


def test_more_than_five_minutes_in_the_future_is_refused() -> None:
    assert fixes.judge(Trail(), seen(300, 0), at=NOON)[0] is Verdict.NEWEST
    assert fixes.judge(Trail(), seen(300.000001, 0), at=NOON) == (Verdict.REFUSED, Trail())


def test_a_lone_jump_is_never_believed() -> None:
    verdicts, trail = judge(seen(0, 0), seen(1, 5000), seen(2, 20), seen(3, 40))

    assert verdicts == [Verdict.NEWEST, Verdict.HELD, Verdict.NEWEST, Verdict.NEWEST]
    assert marker(trail) == seen(3, 40)


def test_lone_jumps_do_not_confirm_one_another_across_a_fix_that_fits() -> None:
    verdicts, _ = judge(*(seen(second, 5000 if second % 2 else 0) for second in range(9)))

    assert verdicts == [Verdict.NEWEST, Verdict.HELD] * 4 + [Verdict.NEWEST]


def test_lone_jumps_to_different_places_do_not_confirm_one_another() -> None:
    verdicts, trail = judge(seen(0, 0), *(seen(second, 5000 * second) for second in range(1, 9)))

    assert verdicts == [Verdict.NEWEST] + [Verdict.HELD] * 8
    assert marker(trail) == seen(0, 0)


def test_a_jump_does_not_confirm_itself_by_being_sent_again() -> None:
    verdicts, trail = judge(seen(0, 0), seen(1, 5000), seen(1, 5000), seen(1, 5000), seen(0.5, 5000))

    assert verdicts == [Verdict.NEWEST, Verdict.HELD, Verdict.LATE, Verdict.LATE, Verdict.LATE]
    assert marker(trail) == seen(0, 0)


def test_a_true_jump_is_believed_with_its_second_confirmation() -> None:
    tunnel = [seen(20, 2000), seen(21, 2015), seen(22, 2030), seen(23, 2045)]

    verdicts, trail = judge(seen(0, 0), *tunnel)

    assert verdicts == [Verdict.NEWEST, Verdict.HELD, Verdict.HELD, Verdict.NEWEST, Verdict.NEWEST]
    assert marker(trail) == tunnel[-1]


def test_the_threshold_is_70_metres_a_second() -> None:
    assert judge(seen(0, 0), seen(10, 699))[0][1] is Verdict.NEWEST
    assert judge(seen(0, 0), seen(10, 701))[0][1] is Verdict.HELD


def test_a_demo_that_runs_faster_has_a_higher_threshold() -> None:
    assert judge(seen(0, 0), seen(10, 6990), top_speed_mps=700)[0][1] is Verdict.NEWEST
    assert judge(seen(0, 0), seen(10, 7010), top_speed_mps=700)[0][1] is Verdict.HELD


def test_a_vague_fix_is_given_its_vagueness_but_no_more_than_100_metres_of_it() -> None:
    assert judge(seen(0, 0, accuracy_m=30), seen(10, 755, accuracy_m=30))[0][1] is Verdict.NEWEST
    assert judge(seen(0, 0, accuracy_m=30), seen(10, 765, accuracy_m=30))[0][1] is Verdict.HELD
    assert judge(seen(0, 0), seen(10, 5000, accuracy_m=100_000))[0][1] is Verdict.HELD


def test_noise_between_two_fixes_of_one_second_is_no_jump() -> None:
    assert judge(seen(0, 0), seen(0.1, 60))[0][1] is Verdict.NEWEST


def test_a_time_in_the_future_does_not_make_a_jump_reachable() -> None:
    trail = fixes.judge(Trail(), seen(0, 0), at=NOON)[1]

    verdict, trail = fixes.judge(trail, seen(290, 5000), at=NOON + timedelta(seconds=1))

    assert verdict is Verdict.HELD
    assert fixes.judge(trail, seen(2, 20), at=NOON + timedelta(seconds=2))[0] is Verdict.NEWEST


def test_a_phone_whose_clock_is_ahead_is_followed_all_the_same() -> None:
    verdicts, trail = judge(*(seen(second, 15 * second) for second in range(5)), delay=-120)

    assert verdicts == [Verdict.NEWEST] * 5
    assert trail.last is not None
    assert trail.last.moment < trail.last.fix.recorded_at


journeys = st.lists(st.tuples(st.floats(0.1, 300), st.floats(-1, 1)), min_size=1, max_size=20)


def travel(journey: Sequence[tuple[float, float]]) -> list[RawFix]:
    """A drive to and fro at up to 60 m/s, in steps of a time and a share of that speed."""
    seconds = metres = 0.0
    path = [seen(0, 0)]
    for step, pace in journey:
        seconds, metres = seconds + step, metres + 60 * step * pace
        path.append(seen(seconds, metres))
    return path


@given(journeys, st.randoms(use_true_random=False))
def test_shuffled_and_doubled_fixes_end_in_the_same_marker(journey: list[tuple[float, float]], chance: Random) -> None:
    path = travel(journey)
    arrivals = path + [fix for fix in path if chance.random() < 0.3]
    chance.shuffle(arrivals)
    at, trail, markers = path[-1].recorded_at, Trail(), []

    for fix in arrivals:
        _, trail = fixes.judge(trail, fix, at=at)
        markers.append(marker(trail).recorded_at)

    assert marker(trail) == path[-1]
    assert all(before <= after for before, after in pairwise(markers))


@given(journeys, st.data())
def test_a_lone_jump_anywhere_never_shows_and_delays_nothing(
    journey: list[tuple[float, float]], data: st.DataObject
) -> None:
    path = travel(journey)
    place = data.draw(st.integers(1, len(path)))
    before = path[place - 1].recorded_at
    forged = RawFix(-30, 150, before + timedelta(milliseconds=data.draw(st.integers(1, 99))))
    arrivals = [*path[:place], forged, *path[place:]]

    verdicts, trail = judge(*arrivals)

    assert verdicts == [Verdict.HELD if fix is forged else Verdict.NEWEST for fix in arrivals]
    assert marker(trail) == path[-1]


@given(st.lists(st.tuples(st.floats(0, 600), st.floats(-1e5, 1e5), st.floats(0, 60)), max_size=30))
def test_the_marker_never_goes_back_whatever_comes_in(reports: list[tuple[float, float, float]]) -> None:
    trail, at = Trail(), NOON
    for seconds, metres, pause in reports:
        at += timedelta(seconds=pause)
        before = trail.last

        verdict, trail = fixes.judge(trail, seen(seconds, metres), at=at)

        assert (trail.last is not before) == (verdict is Verdict.NEWEST)
        assert len(trail.held) <= fixes.CONFIRMATIONS
        if before is not None and verdict is Verdict.NEWEST:
            assert marker(trail).recorded_at > before.fix.recorded_at
