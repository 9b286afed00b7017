"""Answers to those who will not get what they waited for: what happened, and who can help."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracking.shipments.lifecycle import Status
from tracking.words.answers.case import Answer, Case


def returning(case: Case) -> Answer:
    return Answer(
        icon="returning",
        label=_("On its way back"),
        headline=_("Going back to %(brand)s") % {"brand": case.brand},
        lede=_("It has turned round and travels back to the sender."),
        next_step=_("You did not ask for this? Please tell %(brand)s.") % {"brand": case.brand},
    )


def returned(case: Case) -> Answer:
    return Answer(
        icon="returned",
        label=_("Returned"),
        headline=_("Back at %(brand)s") % {"brand": case.brand},
        lede=_("It reached the sender again %(moment)s.") % {"moment": case.happened(Status.RETURNED)},
        next_step=_("Waiting for your money or another parcel? %(brand)s can tell you more.") % {"brand": case.brand},
    )


def damaged(case: Case) -> Answer:
    return Answer(
        icon="damaged",
        label=_("Damaged"),
        headline=ngettext("Your parcel was damaged", "Your parcels were damaged", case.parcels),
        lede=_("We are sorry. It was damaged on the way and we did not want to bring it to you like that."),
        next_step=_("%(brand)s knows and decides with you what happens next.") % {"brand": case.brand},
    )


def lost(case: Case) -> Answer:
    return Answer(
        icon="lost",
        label=_("Lost"),
        headline=ngettext("We cannot find your parcel", "We cannot find your parcels", case.parcels),
        lede=_("We are sorry. We keep looking, and say so here if it turns up."),
        next_step=_("You need not wait for us: ask %(brand)s for a new one or your money.") % {"brand": case.brand},
    )


def cancelled(case: Case) -> Answer:
    return Answer(
        icon="cancelled",
        label=_("Cancelled"),
        headline=_("This delivery was cancelled"),
        lede=_("Cancelled %(moment)s. Nothing will be brought to you.") % {"moment": case.happened(Status.CANCELLED)},
        next_step=_("News to you? Please ask %(brand)s.") % {"brand": case.brand},
    )
