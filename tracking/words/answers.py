"""The first thing read: where it stands, when it comes, and what one can do; one answer for each status."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracking.facts import EventFact, Facts
from tracking.shipments.lifecycle import Handover, Status
from tracking.words import times


@dataclass(frozen=True, slots=True)
class Answer:
    """What the top of the page says. ``icon`` names a drawing in ``templates/icons``."""

    icon: str
    label: str
    headline: str
    lede: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Case:
    """What an answer is given about: the facts, whose parcel it is, and the moment it is read."""

    facts: Facts
    brand: str
    now: datetime

    @property
    def parcels(self) -> int:
        return len(self.facts.parcels) or 1

    @property
    def window(self) -> str:
        """When it comes, in words; empty where nobody knows."""
        return times.window(self.facts.window, now=self.now) if self.facts.window else ""

    def has(self, condition: str) -> bool:
        return condition in self.facts.conditions

    def last(self, status: Status) -> EventFact | None:
        """Find the latest line of the history with this status."""
        return next((event for event in reversed(self.facts.events) if event.status == status), None)

    def happened(self, status: Status) -> str:
        """Say when this last happened: today at 14:12."""
        event = self.last(status)
        return times.moment(event.at, now=self.now) if event else _("recently")


def tell(facts: Facts, *, brand: str, now: datetime) -> Answer:
    """Say what the shopper reads first."""
    return ANSWERS[facts.status](Case(facts, brand, now))


def _created(case: Case) -> Answer:
    return Answer(
        icon="created",
        label=_("Order received"),
        headline=_expected(case) or _("We have your order"),
        lede=_("%(brand)s is getting it ready for you.") % {"brand": case.brand},
        next_step=_nothing_to_do(case),
    )


def _in_transit(case: Case) -> Answer:
    event = case.last(Status.IN_TRANSIT)
    if event and event.place:
        lede = _("It left %(place)s %(moment)s.") % {"place": event.place, "moment": case.happened(Status.IN_TRANSIT)}
    else:
        lede = _("It is travelling to the hub near you.")
    return Answer(
        icon="in_transit",
        label=_("In transit"),
        headline=_expected(case) or _("Travelling towards you"),
        lede=lede,
        next_step=_nothing_to_do(case),
    )


def _at_hub(case: Case) -> Answer:
    return Answer(
        icon="at_hub",
        label=_("At the local hub"),
        headline=_expected(case) or _("Already near you"),
        lede=_("Only the last part of its way is left."),
        next_step=_nothing_to_do(case),
    )


def _planned(case: Case) -> Answer:
    told = case.facts.window
    is_today = told is None or told.date == case.now.date()
    return Answer(
        icon="planned",
        label=_("Planned for today") if is_today else _("Planned"),
        headline=_expected(case) or _("Planned for today"),
        lede=_("It has its place on a route and waits to be loaded."),
        next_step=_("Nothing to do yet. We say here when it is on its way."),
    )


def _out_for_delivery(case: Case) -> Answer:
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
        next_step=_("Nothing to do yet. We say here when you are next."),
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


def _attempted(case: Case) -> Answer:
    lede = _("We were at your door %(moment)s and nobody could take it in.") % {
        "moment": case.happened(Status.ATTEMPTED)
    }
    return Answer(
        icon="attempted",
        label=_("We missed you"),
        headline=_("Sorry we missed you"),
        lede=lede,
        next_step=_("We will try again. The new time appears here as soon as it is planned."),
    )


def _on_hold(case: Case) -> Answer:
    return Answer(
        icon="on_hold",
        label=_("On hold"),
        headline=ngettext("Your parcel is waiting", "Your parcels are waiting", case.parcels),
        lede=_("Nothing is lost: it is safe with us and stays where it is for now."),
        next_step=_("%(brand)s can tell you what it is waiting for.") % {"brand": case.brand},
    )


def _ready_for_pickup(case: Case) -> Answer:
    event = case.last(Status.READY_FOR_PICKUP)
    if event and event.place:
        lede = _("It is waiting for you at %(place)s.") % {"place": event.place}
    else:
        lede = _("It is waiting for you at the pickup point.")
    return Answer(
        icon="ready_for_pickup",
        label=_("Ready for pickup"),
        headline=_("Ready for you to collect"),
        lede=lede,
        next_step=_("Bring the number below and something with your name on it."),
    )


def _delivered(case: Case) -> Answer:
    lede, next_step = _handed_over(case)
    return Answer(
        icon="delivered", label=_("Delivered"), headline=_headline_delivered(case), lede=lede, next_step=next_step
    )


def _headline_delivered(case: Case) -> str:
    event = case.last(Status.DELIVERED)
    if event is None:
        return _("Delivered")
    if event.at.date() == case.now.date():
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


def _returning(case: Case) -> Answer:
    return Answer(
        icon="returning",
        label=_("On its way back"),
        headline=_("Going back to %(brand)s") % {"brand": case.brand},
        lede=_("It has turned round and travels back to the sender."),
        next_step=_("You did not ask for this? Please tell %(brand)s.") % {"brand": case.brand},
    )


def _returned(case: Case) -> Answer:
    return Answer(
        icon="returned",
        label=_("Returned"),
        headline=_("Back at %(brand)s") % {"brand": case.brand},
        lede=_("It reached the sender again %(moment)s.") % {"moment": case.happened(Status.RETURNED)},
        next_step=_("Waiting for your money or another parcel? %(brand)s can tell you more.") % {"brand": case.brand},
    )


def _damaged(case: Case) -> Answer:
    return Answer(
        icon="damaged",
        label=_("Damaged"),
        headline=ngettext("Your parcel was damaged", "Your parcels were damaged", case.parcels),
        lede=_("We are sorry. It was damaged on the way and we did not want to bring it to you like that."),
        next_step=_("%(brand)s knows and decides with you what happens next.") % {"brand": case.brand},
    )


def _lost(case: Case) -> Answer:
    return Answer(
        icon="lost",
        label=_("Lost"),
        headline=ngettext("We cannot find your parcel", "We cannot find your parcels", case.parcels),
        lede=_("We are sorry. We keep looking, and say so here if it turns up."),
        next_step=_("You need not wait for us: ask %(brand)s for a new one or your money.") % {"brand": case.brand},
    )


def _cancelled(case: Case) -> Answer:
    return Answer(
        icon="cancelled",
        label=_("Cancelled"),
        headline=_("This delivery was cancelled"),
        lede=_("Cancelled %(moment)s. Nothing will be brought to you.") % {"moment": case.happened(Status.CANCELLED)},
        next_step=_("News to you? Please ask %(brand)s.") % {"brand": case.brand},
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


def _nothing_to_do(case: Case) -> str:
    if case.facts.window is None:
        return _("Nothing to do yet. You will read the day here as soon as we know it.")
    return _("Nothing to do yet. You will read the time here on the day.")


ANSWERS: Final[dict[Status, Callable[[Case], Answer]]] = {
    Status.CREATED: _created,
    Status.IN_TRANSIT: _in_transit,
    Status.AT_HUB: _at_hub,
    Status.PLANNED: _planned,
    Status.OUT_FOR_DELIVERY: _out_for_delivery,
    Status.ATTEMPTED: _attempted,
    Status.ON_HOLD: _on_hold,
    Status.READY_FOR_PICKUP: _ready_for_pickup,
    Status.DELIVERED: _delivered,
    Status.RETURNING: _returning,
    Status.RETURNED: _returned,
    Status.DAMAGED: _damaged,
    Status.LOST: _lost,
    Status.CANCELLED: _cancelled,
}
