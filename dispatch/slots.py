"""When a slot is, by the clock of its hub, and until when it can be had. Pure.

A time that daylight saving leaves out is read as if the clock had not been put forward yet; of one that it repeats, a
slot begins with the first and ends with the second.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo


def span(day: date, starts: time, ends: time, *, zone: tzinfo) -> tuple[datetime, datetime] | None:
    """Say from when to when it is on a day, in UTC; ``None`` where the clock leaves all of it out."""
    start, end = moment(day, starts, zone=zone), moment(day, ends, zone=zone, is_end=True)
    return (start, end) if start < end else None


def moment(day: date, clock: time, *, zone: tzinfo, is_end: bool = False) -> datetime:
    """Say when a clock shows a time on a day, in UTC: the first time it does, or as an end the last."""
    return datetime.combine(day, clock.replace(fold=int(is_end and _is_repeated(day, clock, zone))), zone).astimezone(
        UTC
    )


def cutoff(day: date, *, days_before: int, until: time, zone: tzinfo) -> datetime:
    """Say until when something for a day can be ordered, in UTC."""
    return moment(day - timedelta(days=days_before), until, zone=zone)


def is_offered(weekdays: str, day: date, *, is_holiday: bool, is_on_holidays: bool) -> bool:
    """Say whether a slot is offered on a day at all."""
    return str(day.isoweekday()) in weekdays and (is_on_holidays or not is_holiday)


def reaches(area: str, postcode: str) -> bool:
    """Say whether a slot of this area is offered at a postcode; an empty area is wherever the hub goes."""
    plain = postcode.replace(" ", "").casefold()
    beginnings = area.casefold().split()
    return not beginnings or any(plain.startswith(beginning) for beginning in beginnings)


def _is_repeated(day: date, clock: time, zone: tzinfo) -> bool:
    first, last = (datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    return first < last
