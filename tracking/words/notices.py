"""What deserves a word of its own beside the answer: a broken promise, an update without a meaning, half a delivery."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracking.facts import Facts
from tracking.shipments.lifecycle import Status
from tracking.words import times


@dataclass(frozen=True, slots=True)
class Notice:
    """A short remark below the answer. ``icon`` names a drawing in ``templates/icons``."""

    icon: str
    title: str
    text: str


def list_for(facts: Facts, *, now: datetime) -> list[Notice]:
    """Say what a shopper should not have to find out by themselves."""
    found = [_delay(facts, now=now), _unreadable_update(facts), _part_delivered(facts)]
    return [notice for notice in found if notice]


def _delay(facts: Facts, *, now: datetime) -> Notice | None:
    if "delayed" not in facts.conditions:
        return None
    told = facts.window
    if told is None or told.promised_start is None or told.promised_end is None:
        return Notice("delayed", _("Later than promised"), _("We are sorry that you have to wait."))
    day = times.on_day(told.promised_start.date(), today=now.date())
    span = times.span(told.promised_start, told.promised_end)
    text = _("We promised %(span)s %(day)s and are sorry that you have to wait.") % {"span": span, "day": day}
    return Notice("delayed", _("Later than promised"), " ".join(filter(None, [text, told.reason])))


def _unreadable_update(facts: Facts) -> Notice | None:
    if not facts.events or facts.events[-1].status is not None:
        return None
    return Notice(
        "update", _("Update received"), _("The carrier sent news without saying what it means. We say so once we know.")
    )


def _part_delivered(facts: Facts) -> Notice | None:
    delivered = sum(parcel.status == Status.DELIVERED for parcel in facts.parcels)
    if not delivered or facts.status is Status.DELIVERED:
        return None
    title = ngettext(
        "%(count)d of %(all)d parcels is delivered", "%(count)d of %(all)d parcels are delivered", delivered
    ) % {"count": delivered, "all": len(facts.parcels)}
    return Notice("parcels", title, _("Below you see where each of them is."))
