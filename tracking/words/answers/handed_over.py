"""Answers once somebody was at a door: it was handed over, or is to be collected, or nobody was at home."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.reasons import Reason
from tracking.words import times
from tracking.words.answers.case import Answer, Case


def attempted(case: Case) -> Answer:
    event = case.last(Status.ATTEMPTED)
    reason = Reason(event.reason) if event and event.reason else Reason.NOBODY
    headline = _("Sorry we missed you") if reason == Reason.NOBODY else _("Sorry, we could not hand it over")
    said = {
        Reason.NOBODY: _("We were at your door %(moment)s and nobody could take it in."),
        Reason.NO_ACCESS: _("We were there %(moment)s and found no way in."),
        Reason.REFUSED: _("We were at your door %(moment)s and it was not accepted."),
        Reason.WRONG_ADDRESS: _("We were there %(moment)s and did not find your door."),
        Reason.CLOSED: _("We were there %(moment)s and it was closed."),
        Reason.NO_TIME: _("We did not get to you %(moment)s: the driver ran out of time."),
    }
    other = _("We could not hand it over %(moment)s: %(reason)s.")
    lede = said.get(reason, other) % {"moment": case.happened(Status.ATTEMPTED), "reason": reason.label}
    return Answer(
        icon="attempted",
        label=_("We missed you"),
        headline=headline,
        lede=lede,
        next_step=_("We will try again. The new time appears here as soon as it is planned."),
    )


def to_be_collected(case: Case) -> Answer:
    return Answer(
        icon="at_hub",
        label=case.facts.status_label,
        headline=_("Ready to collect %(window)s") % {"window": case.window} if case.window else _("You collect it"),
        lede=_("You collect it yourself at %(place)s.") % {"place": _where(case)},
        next_step=_("Nothing to do yet. We tell you as soon as it is ready."),
    )


def ready_for_pickup(case: Case) -> Answer:
    event = case.last(Status.READY_FOR_PICKUP)
    place = _where(case) or (event.place if event else "")
    if place:
        lede = _("It is waiting for you at %(place)s.") % {"place": place}
    else:
        lede = _("It is waiting for you at the pickup point.")
    return Answer(
        icon="ready_for_pickup",
        label=_("Ready for pickup"),
        headline=_("Ready for you to collect"),
        lede=lede,
        next_step=" ".join([_("Bring the number below and something with your name on it."), *_until_when(case)]),
    )


def _where(case: Case) -> str:
    pickup = case.facts.pickup
    return ", ".join(part for part in (pickup.place, pickup.address) if part) if pickup else ""


def _until_when(case: Case) -> Iterator[str]:
    """Say when somebody hands it over, and how long it is kept."""
    pickup = case.facts.pickup
    if pickup and pickup.hours:
        yield _("Open on working days, %(hours)s.") % {"hours": pickup.hours}
    if pickup and pickup.until:
        day = times.on_day(pickup.until.date(), today=case.now.date())
        yield _("Kept for you until %(time)s %(day)s.") % {"day": day, "time": times.clock(pickup.until)}


def delivered(case: Case) -> Answer:
    lede, next_step = _handed_over(case)
    return Answer(
        icon="delivered", label=_("Delivered"), headline=_headline_delivered(case), lede=lede, next_step=next_step
    )


def _headline_delivered(case: Case) -> str:
    event = case.last(Status.DELIVERED)
    if event is None:
        return _("Delivered")
    if event.has_time and event.at.date() == case.now.date():
        return _("Delivered at %(time)s") % {"time": times.clock(event.at)}
    return _("Delivered %(day)s") % {"day": times.on_day(event.at.date(), today=case.now.date())}


def _handed_over(case: Case) -> tuple[str, str]:
    """Say who or what took it, as far as anybody said, and what to do about that."""
    told = {
        None: (_("The carrier says it is with you."), _("You do not have it? Tell %(brand)s.")),
        Handover.RECIPIENT: (_("Handed to you. We hope you like it."), _("Something not right? Tell %(brand)s.")),
        Handover.NEIGHBOUR: (_("Left with a neighbour."), _("Please ring at your neighbour's when you are home.")),
        Handover.RECEPTION: (_("Left at the reception."), _("Please ask for it at the reception.")),
        Handover.SAFE_PLACE: (_("Left in a safe place."), _("Please bring it in soon. Not there? Tell %(brand)s.")),
        Handover.PICKUP_POINT: (_("Collected at the pickup point."), _("Something not right? Tell %(brand)s.")),
    }
    lede, next_step = told[Handover(case.facts.handover) if case.facts.handover else None]
    return lede, next_step % {"brand": case.brand}
