"""Moments, days and windows as people say them, in the zone of the destination."""

from datetime import date, datetime, timedelta

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tracking.facts import WindowFact
from tracking.shipments.window import Window

WORD_JOINER = "\u2060"
"""Keeps the two ends of a span on one line."""


def clock(moment: datetime) -> str:
    """Say the time of day: 14:05."""
    return formats.date_format(moment, pgettext("time of day", "H:i"))


def day(of: date, *, today: date) -> str:
    """Say which day: today, tomorrow, yesterday, or its weekday and date."""
    known = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
    return known.get((of - today).days) or formats.date_format(of, pgettext("day", "l j F"))


def capitalised(words: str) -> str:
    """Begin a line with words that are made for within a sentence."""
    return words[:1].upper() + words[1:]


def on_day(of: date, *, today: date) -> str:
    """Say on which day, within a sentence: today, on Monday 23 November."""
    named = day(of, today=today)
    return named if abs((of - today).days) <= 1 else _("on %(day)s") % {"day": named}


def moment(at: datetime, *, now: datetime) -> str:
    """Say when something happened, within a sentence: today at 14:05, on Monday 23 November at 14:05."""
    return _("%(day)s at %(time)s") % {"day": on_day(at.date(), today=now.date()), "time": clock(at)}


def span(start: datetime, end: datetime) -> str:
    """Say from when to when: 14:05–14:25.

    In the hour that daylight saving repeats or leaves out, each end names its own offset.
    """
    ends = [clock(start), clock(end)]
    if start.utcoffset() != end.utcoffset():
        ends = [f"{ends[0]} {start:%Z}", f"{ends[1]} {end:%Z}"]
    return f"{WORD_JOINER}–{WORD_JOINER}".join(ends)


def window(told: WindowFact | Window, *, now: datetime) -> str:
    """Say a window: 14:05–14:25 where it is today, tomorrow 14:05–14:25, or only the day where no time is known."""
    named = day(told.date, today=now.date())
    if told.start is None or told.end is None:
        return named
    if told.date == now.date():
        return span(told.start, told.end)
    return _("%(day)s, %(span)s") % {"day": named, "span": span(told.start, told.end)}


def zone(name: str) -> str:
    """Say whose clock counts: Helsinki time."""
    return _("%(city)s time") % {"city": name.rpartition("/")[2].replace("_", " ")}


def minutes(age: timedelta) -> int:
    """Count the whole minutes of an age, none of them negative."""
    return max(0, int(age.total_seconds() // 60))
