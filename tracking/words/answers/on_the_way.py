"""Answers while a parcel comes nearer: when it should be there, and how far it has come."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracking.shipments.lifecycle import Status
from tracking.words.answers.case import Answer, Case


def created(case: Case) -> Answer:
    return Answer(
        icon="created",
        label=_("Order received"),
        headline=_expected(case) or _("We have your order"),
        lede=_("%(brand)s is getting it ready for you.") % {"brand": case.brand},
        next_step=_nothing_to_do(case),
    )


def in_transit(case: Case) -> Answer:
    event = case.last(Status.IN_TRANSIT)
    if event and event.place:
        lede = _("Last news from %(place)s, %(moment)s.") % {
            "place": event.place,
            "moment": case.happened(Status.IN_TRANSIT),
        }
    else:
        lede = _("It is travelling to the hub near you.")
    return Answer(
        icon="in_transit",
        label=_("In transit"),
        headline=_expected(case) or _("Travelling towards you"),
        lede=lede,
        next_step=_nothing_to_do(case),
    )


def at_hub(case: Case) -> Answer:
    return Answer(
        icon="at_hub",
        label=_("At the local hub"),
        headline=_expected(case) or _("Already near you"),
        lede=_("Only the last part of its way is left."),
        next_step=_nothing_to_do(case),
    )


def planned(case: Case) -> Answer:
    told = case.facts.window
    is_today = told is None or told.date == case.now.date()
    return Answer(
        icon="planned",
        label=_("Planned for today") if is_today else _("Planned"),
        headline=_expected(case) or _("Planned for today"),
        lede=_("It has its place on a route and waits to be loaded."),
        next_step=_("Nothing to do yet. We say here when it is on its way."),
    )


def on_hold(case: Case) -> Answer:
    return Answer(
        icon="on_hold",
        label=_("On hold"),
        headline=ngettext("Your parcel is waiting", "Your parcels are waiting", case.parcels),
        lede=_("Nothing is lost: it is safe with us and stays where it is for now."),
        next_step=_("%(brand)s can tell you what it is waiting for.") % {"brand": case.brand},
    )


def out_for_delivery(case: Case) -> Answer:
    if case.has("arriving"):
        return _arriving(case)
    if case.has("next"):
        return Answer(
            icon="next",
            label=_("You are next"),
            headline=_coming(case),
            lede=_("No other stop before you."),
            next_step=_("Please stay near the door."),
        )
    return Answer(
        icon=case.facts.driver.vehicle if case.facts.driver else "van",
        label=_("On its way"),
        headline=_coming(case),
        lede=_stops(case.facts.stops_before),
        next_step=_wait(case),
    )


def _arriving(case: Case) -> Answer:
    told = case.facts.window
    return Answer(
        icon="arriving",
        label=_("Arriving"),
        headline=_("Almost at your door"),
        lede=_("Expected %(window)s.") % {"window": case.window} if told else _("Any minute now."),
        next_step=_("Please be ready to open the door."),
    )


def _expected(case: Case) -> str:
    """Say when it should come while no driver has it yet."""
    return _("Expected %(window)s") % {"window": case.window} if case.window else ""


def _coming(case: Case) -> str:
    return _("Arriving %(window)s") % {"window": case.window} if case.window else _("On its way to you")


def _stops(before: int | None) -> str:
    if before is None:
        return _("The driver has it with them.")
    return ngettext("%(count)d stop before you.", "%(count)d stops before you.", before) % {"count": before}


def _wait(case: Case) -> str:
    if case.facts.stops_before is None:
        return _("Nothing to do yet. You will read here when it has arrived.")
    return _("Nothing to do yet. We say here when you are next.")


def _nothing_to_do(case: Case) -> str:
    told = case.facts.window
    if told is None:
        return _("Nothing to do yet. You will read the day here as soon as we know it.")
    if told.start is None:
        return _("Nothing to do yet. You will read the time here on the day.")
    return _("Nothing to do yet. The time becomes more exact on the day.")
