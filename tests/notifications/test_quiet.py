"""Quiet hours by the recipient's clock; CHAOS-24 as far as they go."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import quiet
from tests.zones import ZONES, changes_of_the_clocks

HELSINKI = ZoneInfo("Europe/Helsinki")
EVENING, MORNING = time(21), time(8)
YEARS = (2011, 2026, 2027)
CHANGES = [(zone, change) for zone in ZONES for year in YEARS for change in changes_of_the_clocks(zone, year)]

clock = st.times().map(lambda moment: moment.replace(second=0, microsecond=0, fold=0))
zones = st.sampled_from(ZONES).map(ZoneInfo)
seconds_around = st.integers(-36 * 3600, 36 * 3600)


def utc(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def is_quiet(shown: time, quiet_from: time, quiet_until: time) -> bool:
    """Say so by what a clock shows, which is unmistakable but for the nights when clocks are changed."""
    if quiet_from <= quiet_until:
        return quiet_from <= shown < quiet_until
    return shown >= quiet_from or shown < quiet_until


def test_by_day_nobody_has_to_wait() -> None:
    assert quiet.until(utc(22, 10), HELSINKI, EVENING, MORNING) is None
    assert quiet.until(utc(22, 6), HELSINKI, EVENING, MORNING) is None
    assert quiet.until(utc(22, 18, 59), HELSINKI, EVENING, MORNING) is None


def test_by_night_it_is_quiet_until_the_morning_on_either_side_of_midnight() -> None:
    assert quiet.until(utc(22, 19), HELSINKI, EVENING, MORNING) == utc(23, 6)
    assert quiet.until(utc(22, 23, 30), HELSINKI, EVENING, MORNING) == utc(23, 6)
    assert quiet.until(utc(23, 5, 59), HELSINKI, EVENING, MORNING) == utc(23, 6)


def test_quiet_hours_may_lie_within_a_day() -> None:
    assert quiet.until(utc(22, 11, 30), HELSINKI, time(13), time(15)) == utc(22, 13)
    assert quiet.until(utc(22, 10, 59), HELSINKI, time(13), time(15)) is None
    assert quiet.until(utc(22, 13), HELSINKI, time(13), time(15)) is None


@pytest.mark.parametrize("hour", range(24))
def test_equal_ends_mean_no_quiet_hours(hour: int) -> None:
    assert quiet.until(utc(22, hour), HELSINKI, time(22), time(22)) is None


def test_an_end_that_is_skipped_comes_when_the_clock_is_put_forward() -> None:
    # On 29 March 2026 the clocks of Helsinki go from 3 to 4.
    assert quiet.until(utc(28, 22, month=3), HELSINKI, EVENING, time(3, 30)) == utc(29, 1, month=3)


def test_a_beginning_that_is_skipped_comes_when_the_clock_is_put_forward() -> None:
    assert quiet.until(utc(29, 0, 59, month=3), HELSINKI, time(3, 30), MORNING) is None
    assert quiet.until(utc(29, 1, month=3), HELSINKI, time(3, 30), MORNING) == utc(29, 5, month=3)


def test_an_end_that_is_shown_twice_comes_the_second_time() -> None:
    # On 25 October 2026 the clocks of Helsinki go from 4 back to 3: half past three is at 00:30 and at 01:30 UTC.
    for minutes in (0, 29, 45, 60, 89):
        at = utc(25, 0, month=10) + timedelta(minutes=minutes)
        assert quiet.until(at, HELSINKI, EVENING, time(3, 30)) == utc(25, 1, 30, month=10)
    assert quiet.until(utc(25, 1, 30, month=10), HELSINKI, EVENING, time(3, 30)) is None


def test_a_beginning_that_is_shown_twice_comes_the_first_time() -> None:
    assert quiet.until(utc(25, 0, 29, month=10), HELSINKI, time(3, 30), MORNING) is None
    for minutes in (30, 60, 89, 120):
        at = utc(25, 0, month=10) + timedelta(minutes=minutes)
        assert quiet.until(at, HELSINKI, time(3, 30), MORNING) == utc(25, 6, month=10)


def test_a_zone_may_skip_a_whole_day() -> None:
    apia = ZoneInfo("Pacific/Apia")
    last_evening = datetime(2011, 12, 29, 22, tzinfo=apia)

    assert quiet.until(last_evening, apia, EVENING, MORNING) == datetime(2011, 12, 31, 8, tzinfo=apia)


def test_half_an_hour_is_repeated_on_lord_howe() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    evening, end = datetime(2026, 4, 4, 23, tzinfo=lord_howe), datetime(2026, 4, 5, 1, 45, tzinfo=lord_howe)

    quiet_until = quiet.until(evening, lord_howe, EVENING, time(1, 45))

    assert quiet_until == end.replace(fold=1).astimezone(UTC) == end.astimezone(UTC) + timedelta(minutes=30)


@given(change=st.sampled_from(CHANGES), seconds=seconds_around, quiet_from=clock, quiet_until=clock)
def test_around_every_change_of_the_clocks_a_wait_ends_when_it_is_not_quiet(
    change: tuple[str, datetime], seconds: int, quiet_from: time, quiet_until: time
) -> None:
    name, moment = change
    zone, at = ZoneInfo(name), moment + timedelta(seconds=seconds)

    end = quiet.until(at, zone, quiet_from, quiet_until)

    if end is None:
        assert quiet_from == quiet_until or not is_quiet(at.astimezone(zone).time(), quiet_from, quiet_until)
    else:
        assert at < end <= at + timedelta(days=3)
        assert quiet.until(end, zone, quiet_from, quiet_until) is None
        assert quiet.until(at + (end - at) / 2, zone, quiet_from, quiet_until) == end
        shown = end.astimezone(zone).time()
        assert shown == quiet_until or end in changes_of_the_clocks(name, end.year)


@given(
    zone=zones,
    day=st.dates(date(2000, 1, 1), date(2037, 12, 31)),
    at=clock,
    quiet_from=clock,
    quiet_until=clock,
)
def test_nothing_is_sent_while_the_clock_shows_quiet_hours(
    zone: ZoneInfo, day: date, at: time, quiet_from: time, quiet_until: time
) -> None:
    moment = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)

    sent_at = quiet.until(moment, zone, quiet_from, quiet_until) or moment

    assert quiet_from == quiet_until or not is_quiet(sent_at.astimezone(zone).time(), quiet_from, quiet_until)


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_the_usual_night_ends_at_eight_wherever_and_whenever_the_clocks_are_changed(
    zone: str, change: datetime
) -> None:
    place = ZoneInfo(zone)
    for minutes in range(-18 * 60, 18 * 60, 15):
        at = change + timedelta(minutes=minutes)
        shown = at.astimezone(place)

        end = quiet.until(at, place, EVENING, MORNING)

        assert (end is None) == (MORNING <= shown.time() < EVENING)
        assert end is None or (end.astimezone(place).time() == MORNING and end - at <= timedelta(hours=36))
