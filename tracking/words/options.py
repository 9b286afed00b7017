"""What can be changed about a delivery, and what was: in the words of its shopper."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from tracking.changes import hints
from tracking.changes.models import Action, Change
from tracking.shipments.window import Window
from tracking.words import times

UNNOTICEABLE_KG: Final = 0.005

A_DAY: Final = 6 * 60 * 60
"""What lasts longer than this is a day rather than a time of it."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was changed, in one line, and until when it can be undone."""

    action: Action
    label: str
    text: str
    until: str
    can_be_undone: bool
    has_photo: bool


def title(action: Action) -> str:
    """Name what can be changed."""
    return {
        Action.RESCHEDULE: _("Another day"),
        Action.SLOT: _("Another time: evening, weekend and more"),
        Action.SAFE_PLACE: _("Leave it in a safe place"),
        Action.NEIGHBOUR: _("Give it to a neighbour"),
        Action.PICKUP_POINT: _("Collect it yourself"),
        Action.HOLD: _("Keep it for now"),
        Action.ADDRESS: _("Correct the address"),
        Action.INSTRUCTIONS: _("Tell the driver something"),
        Action.NEEDS: _("What I need at the door"),
    }[action]


def way(choice: Mapping[str, Any], *, now: datetime) -> str:
    """Describe one way of doing it for its radio button: what, for how much, and what it does to the air."""
    parts = [kept(choice, now=now), price(choice), air(choice)]
    return format_html(
        "<strong>{}</strong> <span>{}</span>{}",
        what(choice, now=now),
        " · ".join(part for part in parts if part),
        format_html(" <small>{}</small>", sum_of(choice)) if choice.get("sum") else "",
    )


def what(choice: Mapping[str, Any], *, now: datetime) -> str:
    """Say where and when; ``now`` is in the destination's zone."""
    where = ", ".join(choice[name] for name in ("name", "address") if "place" in choice and choice.get(name))
    told = when(choice, now=now)
    return _("%(place)s: %(when)s") % {"place": where, "when": told} if where else told


def kept(choice: Mapping[str, Any], *, now: datetime) -> str:
    """Say when somebody is there to hand it over, and how long it is kept; nothing where that is not known."""
    if "kept_until" not in choice:
        return ""
    until = datetime.fromisoformat(choice["kept_until"]).astimezone(now.tzinfo)
    return _("open %(hours)s, kept until %(day)s, %(time)s") % {
        "hours": "–".join(choice["opens"]),
        "day": times.day(until.date(), today=now.date()),
        "time": times.clock(until),
    }


def when(choice: Mapping[str, Any], *, now: datetime) -> str:
    """Say the day, and from when to when where that is part of one; nothing where it has no time."""
    if "start" not in choice:
        return ""
    zone = now.tzinfo
    start, end = (datetime.fromisoformat(choice[name]).astimezone(zone) for name in ("start", "end"))
    day = times.capitalised(times.day(start.date(), today=now.date()))
    if (end - start).total_seconds() > A_DAY:
        return day
    return _("%(day)s, %(span)s") % {"day": day, "span": times.span(start, end)}


def expected(told: Window, *, now: datetime) -> str:
    """Say when it comes as things stand, naming the day; ``now`` is in the destination's zone."""
    day = times.capitalised(times.day(told.date, today=now.date()))
    if told.start is None or told.end is None:
        return day
    span = times.span(told.start.astimezone(now.tzinfo), told.end.astimezone(now.tzinfo))
    return _("%(day)s, %(span)s") % {"day": day, "span": span}


def price(choice: Mapping[str, Any]) -> str:
    """Say what it costs."""
    amount = Decimal(choice.get("price", "0"))
    if not amount:
        return _("free of charge")
    return f"{number_format(amount, decimal_pos=2)} {settings.CURRENCY}"


def air(choice: Mapping[str, Any]) -> str:
    """Say what it does to the air, against how it is planned now; nothing where nobody knows yet."""
    kg = choice.get("kg_co2e")
    if kg is None:
        return ""
    if abs(kg) < UNNOTICEABLE_KG:
        return _("as good for the air")
    told = {"kg": number_format(abs(kg), decimal_pos=2)}
    return _("saves %(kg)s kg of CO₂") % told if kg < 0 else _("adds %(kg)s kg of CO₂") % told


def sum_of(choice: Mapping[str, Any]) -> str:
    """Show how that comes about."""
    known = choice["sum"]
    told = {name: number_format(value, decimal_pos=2) for name, value in known.items()}
    return _("%(km)s km more for a van: %(kg)s kg. As planned now: %(km_before)s km, %(kg_before)s kg.") % told


def until(moment: datetime, *, now: datetime) -> str:
    """Say until when something is possible."""
    local = moment.astimezone(now.tzinfo)
    return _("until %(day)s, %(time)s") % {"day": times.day(local.date(), today=now.date()), "time": times.clock(local)}


def changed(change: Change, *, now: datetime) -> Told:
    """Say what was changed; ``now`` is in the destination's zone."""
    action = Action(change.action)
    return Told(
        action=action,
        label=title(action),
        text=answer(change.details, now=now),
        until=until(change.undo_until, now=now),
        can_be_undone=change.undo_until > now,
        has_photo=hints.NAME in change.details,
    )


def answer(details: Mapping[str, Any], *, now: datetime) -> str:
    """Say what was asked for, in one line; ``now`` is in the destination's zone."""
    if "key" in details:
        return "; ".join(part for part in (what(details, now=now), kept(details, now=now)) if part)
    words = details.get("words")
    if isinstance(words, list):
        return " · ".join(words)
    return ", ".join(str(value) for name, value in details.items() if name != hints.NAME)


def gone() -> str:
    """Say that somebody else was first."""
    return _("This is no longer to be had. Please choose something else.")


def unknown_address() -> str:
    """Say that an address leads nowhere."""
    return _("We do not find this address in the area that we deliver to. Please check it, or write to us.")


def too_late() -> str:
    """Say that the cut-off has passed."""
    return _("It is too late for this now.")


def too_large() -> str:
    """Say that a picture is larger than any camera's."""
    return _("This photo is too large.")


def no_picture() -> str:
    """Say that a file is no picture."""
    return _("This is no photo that we can read. JPEG, PNG and WebP will do.")


def not_offered() -> str:
    """Say that something is not possible for this delivery."""
    return _("This is not possible for your delivery now.")
