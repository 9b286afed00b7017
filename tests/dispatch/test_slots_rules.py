"""When a slot is, by the clock of its hub."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from dispatch import slots

HELSINKI = ZoneInfo("Europe/Helsinki")
SPRING, AUTUMN, WINTER = date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 22)


@pytest.mark.parametrize(
    ("day", "starts", "ends", "expected"),
    [
        (WINTER, time(17), time(20), (datetime(2026, 11, 22, 15, tzinfo=UTC), datetime(2026, 11, 22, 18, tzinfo=UTC))),
        # The clock goes from 3 to 4 o'clock: an hour less to deliver in.
        (SPRING, time(2), time(5), (datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC))),
        (SPRING, time(3), time(4), None),
        # And from 4 back to 3: an hour more.
        (AUTUMN, time(2), time(5), (datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC))),
        (
            AUTUMN,
            time(3),
            time(3, 30),
            (datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ),
    ],
)
def test_a_slot_is_when_the_clock_says_so(
    day: date, starts: time, ends: time, expected: tuple[datetime, datetime] | None
) -> None:
    assert slots.span(day, starts, ends, zone=HELSINKI) == expected


def test_a_cut_off_is_by_the_clock_too() -> None:
    assert slots.cutoff(SPRING, days_before=1, until=time(20), zone=HELSINKI) == datetime(2026, 3, 28, 18, tzinfo=UTC)
    assert slots.cutoff(SPRING, days_before=0, until=time(20), zone=HELSINKI) == datetime(2026, 3, 29, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("weekdays", "is_holiday", "is_on_holidays", "expected"),
    [("7", False, False, True), ("12345", False, False, False), ("7", True, False, False), ("7", True, True, True)],
)
def test_a_slot_is_offered_on_its_days(weekdays: str, is_holiday: bool, is_on_holidays: bool, expected: bool) -> None:
    offered = slots.is_offered(weekdays, WINTER, is_holiday=is_holiday, is_on_holidays=is_on_holidays)

    assert offered is expected


@pytest.mark.parametrize(
    ("area", "postcode", "expected"),
    [("", "00100", True), ("001 002", "002 50", True), ("001", "00250", False), ("ec1", "EC1A 1BB", True)],
)
def test_a_slot_is_offered_in_its_area(area: str, postcode: str, expected: bool) -> None:
    assert slots.reaches(area, postcode) is expected
