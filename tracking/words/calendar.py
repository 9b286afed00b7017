"""The delivery as an entry of a calendar (RFC 5545), which the shopper may take along or subscribe to."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone, TimezoneStandard

from tracking.facts import Facts
from tracking.shipments.lifecycle import Status
from tracking.words import lines

LONG_AGO: Final = datetime.fromisoformat("1970-01-01T00:00:00")
"""By the clock of whichever zone: a moment without one is what the description of a zone begins with."""


def write(facts: Facts, *, brand: str, address: str, zone: ZoneInfo) -> bytes:
    """Write a calendar of one entry: the window, or the day where no time is known; of none where there is neither.

    ``address`` is that of the page. Its hash names the entry, so that a newer version replaces an older one and the
    name tells nothing.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Doorstep//Delivery//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(
        _describe(zone, at=facts.window.start if facts.window and facts.window.start else facts.as_of)
    )
    if facts.window or facts.status is Status.CANCELLED:
        calendar.add_component(_entry(facts, brand=brand, address=address, zone=zone))
    return bytes(calendar.to_ical())


def _entry(facts: Facts, *, brand: str, address: str, zone: ZoneInfo) -> Event:
    start, end = _span(facts, zone)
    entry = Event()
    entry.add("uid", sha256(address.encode()).hexdigest()[:32])
    entry.add("dtstamp", facts.as_of)
    entry.add("sequence", facts.version)
    entry.add("status", "CANCELLED" if facts.status is Status.CANCELLED else "CONFIRMED")
    entry.add("dtstart", start)
    entry.add("dtend", end)
    entry.add("summary", lines.single(_("Delivery from %(brand)s") % {"brand": brand}))
    entry.add("description", _description(facts))
    entry.add("url", address)
    entry.add("class", "PRIVATE")
    entry.add("transp", "TRANSPARENT")
    return entry


def _span(facts: Facts, zone: ZoneInfo) -> tuple[date, date]:
    """Say from when to when an entry lasts; what was cancelled keeps the day on which it was.

    Around a change of the clocks the moments are given in UTC: the hour that comes twice has one name by the clock.
    """
    told = facts.window
    if told is None or told.start is None or told.end is None:
        day = told.date if told else facts.as_of.astimezone(zone).date()
        return day, day + timedelta(days=1)
    start, end = told.start.astimezone(zone), told.end.astimezone(zone)
    if start.fold or start.utcoffset() != end.utcoffset():
        return start.astimezone(UTC), end.astimezone(UTC)
    return start, end


def _description(facts: Facts) -> str:
    reason = facts.window.reason if facts.window else ""
    told = [f"{facts.reference}: {facts.status_label}", reason]
    return "\n".join(lines.single(line) for line in told if line)


def _describe(zone: ZoneInfo, *, at: datetime) -> Timezone:
    """Describe a zone as it is while the entry lasts, for programs that do not know its name.

    The library's own description leaves out a month with other clocks and puts a summer's beginning an hour late.
    """
    local = at.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    clock = TimezoneStandard()
    clock.add("dtstart", LONG_AGO)
    clock.add("tzoffsetfrom", offset)
    clock.add("tzoffsetto", offset)
    clock.add("tzname", local.tzname())
    described = Timezone()
    described.add("tzid", zone.key)
    described.add_component(clock)
    return described
