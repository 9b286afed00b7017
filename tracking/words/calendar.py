"""The delivery as an entry of a calendar (RFC 5545), which the shopper may take along or subscribe to."""

from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone

from tracking.facts import Facts
from tracking.shipments.lifecycle import Status
from tracking.words import lines

AROUND: Final = timedelta(days=2)
"""How far around an entry its time zone is described: never more than one change of the clocks."""


def write(facts: Facts, *, brand: str, address: str, zone: ZoneInfo) -> bytes:
    """Write a calendar of one entry: the window, or the day where no time is known; of none where there is neither.

    ``address`` is that of the page. Its hash names the entry, so that a newer version replaces an older one and the
    name tells nothing.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Doorstep//Delivery//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    start, end = _span(facts, zone)
    calendar.add_component(_zone_around(zone, start))
    if facts.window or facts.status is Status.CANCELLED:
        calendar.add_component(_entry(facts, start, end, brand=brand, address=address))
    return calendar.to_ical()


def _entry(facts: Facts, start: date, end: date, *, brand: str, address: str) -> Event:
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
    """Say from when to when an entry lasts; what was cancelled keeps the day on which it was."""
    told = facts.window
    if told and told.start and told.end:
        return told.start.astimezone(zone), told.end.astimezone(zone)
    day = told.date if told else facts.as_of.astimezone(zone).date()
    return day, day + timedelta(days=1)


def _description(facts: Facts) -> str:
    reason = facts.window.reason if facts.window else ""
    told = [f"{facts.reference}: {facts.status_label}", reason]
    return "\n".join(lines.single(line) for line in told if line)


def _zone_around(zone: ZoneInfo, moment: date) -> Timezone:
    """Describe a zone for programs that do not know it, as it is around one moment."""
    day = moment.date() if isinstance(moment, datetime) else moment
    described = Timezone.from_tzinfo(zone, first_date=day - AROUND, last_date=day + AROUND)
    for change in described.subcomponents:
        # The library names the hour after a change to summer time; what counts is the hour before it.
        change.DTSTART -= max(change.TZOFFSETTO - change.TZOFFSETFROM, timedelta())
    return described

