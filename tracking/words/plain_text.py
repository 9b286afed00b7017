"""The whole page in plain lines, each fact after its name: for a terminal, a screen reader, or no taste for pages."""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tracking.facts import DriverFact, EventFact, Facts, ParcelFact, PickupFact, PositionFact, WindowFact
from tracking.rounds.models import Vehicle
from tracking.shipments.lifecycle import Handover
from tracking.words import answers, lines, notices, times


def write(facts: Facts, *, brand: str, now: datetime) -> str:
    """Write the page down, the answer first; ``now`` is in the destination's zone."""
    blocks = [
        _answer(facts, brand=brand, now=now),
        _facts(facts),
        [_("Parcels:"), *(_parcel(parcel) for parcel in facts.parcels)],
        [_("What happened:"), *(_event(event) for event in facts.events)],
        [_named(_("As of"), _moment(facts.as_of.astimezone(now.tzinfo)))],
    ]
    return "\n".join("\n".join([*(_line(line) for line in block), ""]) for block in blocks)


def _answer(facts: Facts, *, brand: str, now: datetime) -> list[str]:
    answer = answers.tell(facts, brand=brand, now=now)
    remarks = [f"{notice.title}. {notice.text}" for notice in notices.list_for(facts, now=now)]
    headline = f"{answer.label}. {answer.headline}"
    return [f"{brand}, {facts.reference}", headline, answer.lede, *remarks, answer.next_step]


def _facts(facts: Facts) -> list[str]:
    return [
        _named(_("Status"), facts.status_label),
        *([_named(_("Handover"), str(Handover(facts.handover).label))] if facts.handover else []),
        *(_window(facts.window) if facts.window else []),
        *(_pickup(facts.pickup) if facts.pickup else []),
        *([_named(_("Stops before you"), str(facts.stops_before))] if facts.stops_before is not None else []),
        *(_driver(facts.driver) if facts.driver else []),
    ]


def _window(told: WindowFact) -> Iterator[str]:
    day = _day(told.date)
    if told.start and told.end:
        day = f"{day}, {times.span(told.start, told.end)} ({told.timezone})"
    yield _named(_("Expected"), day)
    if told.promised_start and told.promised_end:
        yield _named(_("Promised"), f"{_moment(told.promised_start)} – {_moment(told.promised_end)}")
    if told.reason:
        yield _named(_("Why"), told.reason)


def _pickup(told: PickupFact) -> Iterator[str]:
    yield _named(_("To collect at"), ", ".join(filter(None, [told.place, told.address])))
    if told.hours:
        yield _named(_("Open"), told.hours)
    if told.until:
        yield _named(_("Kept until"), _moment(told.until))


def _driver(driver: DriverFact) -> Iterator[str]:
    yield _named(_("Driver"), f"{driver.name}, {Vehicle(driver.vehicle).label}")
    if driver.position:
        yield _named(_("Last seen"), _position(driver.position))


def _position(position: PositionFact) -> str:
    place = f"{_moment(position.recorded_at)}, {position.lat}, {position.lon}"
    if position.heading is None:
        return place
    return _("%(place)s, heading %(degrees)s°") % {"place": place, "degrees": f"{position.heading:g}"}


def _parcel(parcel: ParcelFact) -> str:
    return f"- {parcel.number}: {parcel.status_label}"


def _event(event: EventFact) -> str:
    at = _moment(event.at) if event.has_time else _day(event.at)
    return f"- {at}: {', '.join(filter(None, [event.label, event.place]))}"


def _named(name: str, value: str) -> str:
    return _("%(name)s: %(value)s") % {"name": name, "value": value}


def _day(of: date) -> str:
    return formats.date_format(of, pgettext("date", "l j F Y"))


def _moment(at: datetime) -> str:
    return formats.date_format(at, pgettext("moment", "l j F Y H:i"))


def _line(text: str) -> str:
    return lines.single(text.replace(times.WORD_JOINER, ""))
