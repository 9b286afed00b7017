from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from tests.zones import ZONES, changes_of_the_clocks
from tracking.shipments import window
from tracking.shipments.window import Window

HELSINKI = ZoneInfo("Europe/Helsinki")

zones = st.sampled_from(ZONES).map(ZoneInfo)
changes = st.sampled_from([change for name in ZONES for change in changes_of_the_clocks(name, 2026)])
minutes = st.integers(0, 36 * 60).map(lambda count: timedelta(minutes=count))


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Draw moments, half of them around the hour in which some clock is changed, in UTC or by the clock of a zone."""
    near_change = draw(changes) + timedelta(seconds=draw(st.integers(-4 * 3600, 4 * 3600)))
    anywhere = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=draw(st.integers(0, 2 * 365 * 86400)))
    zone: tzinfo = draw(st.one_of(st.just(UTC), zones))
    return draw(st.sampled_from([near_change, anywhere])).astimezone(zone)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Draw windows as they are told: a day, or a time of any width."""
    low, zone = draw(moments()), draw(zones)
    if draw(st.booleans()):
        return Window(date=low.astimezone(zone).date())
    return window.between(low, low + draw(minutes), zone)


@given(low=moments(), width=minutes, zone=zones)
def test_a_window_holds_what_it_is_made_of_rounded_outwards_to_five_minutes(
    low: datetime, width: timedelta, zone: ZoneInfo
) -> None:
    high = (low.astimezone(UTC) + width).astimezone(low.tzinfo)

    found = window.between(low, high, zone)

    assert found.start is not None
    assert found.end is not None
    assert timedelta() <= low.astimezone(UTC) - found.start < timedelta(minutes=5)
    assert found.end >= high
    assert found.end - found.start >= timedelta(minutes=10)
    assert found.end - high.astimezone(UTC) < timedelta(minutes=5) or found.end - found.start == timedelta(minutes=10)
    assert found.start.timestamp() % 300 == found.end.timestamp() % 300 == 0
    assert found.date == found.start.astimezone(zone).date()


@given(told=windows(), at=moments(), zone=zones)
def test_a_window_is_never_past_nor_negative_and_never_narrower_than_it_was_told(
    told: Window, at: datetime, zone: ZoneInfo
) -> None:
    shown = window.not_past(told, at=at, zone=zone)

    if told.start is None or told.end is None:
        assert (shown.start, shown.end) == (None, None)
        assert shown.date == max(told.date, at.astimezone(zone).date())
        return
    assert shown.start is not None
    assert shown.end is not None
    assert shown.end > at
    assert shown.end - shown.start >= max(told.end - told.start, timedelta(minutes=10))
    assert shown == told or shown.start <= at


@given(told=windows(), at=moments(), zone=zones)
def test_a_window_still_to_come_is_shown_as_it_was_told(told: Window, at: datetime, zone: ZoneInfo) -> None:
    if told.end is not None and told.end > at:
        assert window.not_past(told, at=at, zone=zone) == told


@given(told=windows(), at=moments())
def test_what_is_told_already_is_not_worth_telling_again(told: Window, at: datetime) -> None:
    assert not window.is_worth_telling(told, told, at=at)


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=45)), HELSINKI])
def test_the_two_hours_of_an_autumn_night_that_look_alike_are_kept_apart(zone: tzinfo) -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).astimezone(zone)
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC).astimezone(zone)

    found = window.between(first, second, HELSINKI)

    assert found.start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert found.end == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def between(start: int, end: int) -> Window:
    """Make the window from ``start`` to ``end`` minutes after noon."""
    return Window(date=date(2026, 11, 22), start=NOON + timedelta(minutes=start), end=NOON + timedelta(minutes=end))


DAY = Window(date=date(2026, 11, 22))
NEXT_DAY = Window(date=date(2026, 11, 23))


@pytest.mark.parametrize(
    ("told", "found", "is_worth"),
    [
        (None, DAY, True),
        (DAY, DAY, False),
        (DAY, NEXT_DAY, True),
        (DAY, between(60, 80), True),
        (between(60, 80), DAY, True),
        (between(60, 80), between(60, 85), False),
        (between(60, 80), between(60, 86), True),
        (between(60, 80), between(55, 80), False),
        (between(60, 80), between(54, 80), True),
        (between(60, 120), between(65, 115), False),
        (between(60, 120), between(70, 115), True),
        (between(-40, -10), between(-40, -10), False),
        (between(-40, -10), between(0, 20), True),
        (between(-40, 0), between(-40, 4), True),
    ],
)
def test_a_window_is_told_anew_only_when_it_must_be(told: Window | None, found: Window, *, is_worth: bool) -> None:
    assert window.is_worth_telling(told, found, at=NOON) is is_worth


@pytest.mark.parametrize(
    ("found", "promised_end", "is_late"),
    [
        (None, NOON, False),
        (DAY, NOON, False),
        (between(0, 60), None, False),
        (between(0, 60), NOON + timedelta(minutes=55), False),
        (between(0, 60), NOON + timedelta(minutes=54), True),
    ],
)
def test_more_than_five_minutes_after_the_promise_is_late(
    found: Window | None, promised_end: datetime | None, *, is_late: bool
) -> None:
    assert window.is_late(found, promised_end) is is_late
