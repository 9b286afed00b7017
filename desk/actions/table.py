"""Every action by its name: what it is called, what is filled in, who carries it out, and when it makes sense."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carriers.services import choosing, handing_over
from desk.actions import carrying_out, forms
from desk.actions.carrying_out import Done
from desk.actions.forms import ReasonForm
from desk.dossier import Dossier
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.shipments import lifecycle
from tracking.shipments.lifecycle import Status


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done about a shipment."""

    label: Promise
    form: type[ReasonForm]
    carry_out: Callable[..., Done]
    is_possible: Callable[[Dossier], bool]


class Offer(NamedTuple):
    """An action with the form to fill in."""

    action: Action
    form: ReasonForm


def offered(dossier: Dossier, *, name: str = "", filled: ReasonForm | None = None) -> dict[str, Offer]:
    """List what can be done about a shipment, by name, each with an empty form, or for one of them the filled one."""
    return {
        key: Offer(action, filled if filled and key == name else action.form(dossier=dossier, name=key))
        for key, action in ACTIONS.items()
        if action.is_possible(dossier)
    }


def _always(dossier: Dossier) -> bool:
    return True


def _opens_still(dossier: Dossier) -> bool:
    """Say whether a new link would open anything: some days after its end, a shipment has none."""
    end = links.ends_at(TrackingLink(shipment=dossier.shipment))
    return end is None or end > timezone.now()


def _has_a_next_step(dossier: Dossier) -> bool:
    return bool(lifecycle.STEPS[Status(dossier.shipment.status)])


def _has_a_step(dossier: Dossier) -> bool:
    return bool(forms.steps(dossier))


def _is_unfinished(dossier: Dossier) -> bool:
    return not dossier.shipment.is_finished


def _can_still_move(dossier: Dossier) -> bool:
    return dossier.shipment.status in choosing.STILL_HERE and bool(forms.carriers(dossier))


def _waits_at_a_stop(dossier: Dossier) -> bool:
    return dossier.shipment.stop is not None and dossier.shipment.stop.is_pending


def _may_be_handed_over(dossier: Dossier) -> bool:
    is_here = dossier.shipment.status in handing_over.MAY_BE_HANDED_OVER
    return is_here and not any(booking.is_live for booking in dossier.bookings) and bool(handing_over.bookable())


def _may_be_called_off(dossier: Dossier) -> bool:
    return any(booking.is_live and handing_over.may_be_called_off(booking) for booking in dossier.bookings)


def _has_a_good_link(dossier: Dossier) -> bool:
    return bool(forms.good_links(dossier))


def _has_a_message(dossier: Dossier) -> bool:
    return bool(forms.repeatable(dossier))


ACTIONS: Final[Mapping[str, Action]] = {
    "correct_status": Action(_("Correct the status"), forms.StatusForm, carrying_out.correct_status, _has_a_next_step),
    "take_back": Action(_("Take a step back"), forms.StepForm, carrying_out.take_back, _has_a_step),
    "correct_window": Action(_("Correct the time"), forms.WindowForm, carrying_out.correct_window, _is_unfinished),
    "choose_carrier": Action(
        _("Choose another carrier"), forms.CarrierForm, carrying_out.choose_carrier, _can_still_move
    ),
    "withdraw": Action(_("Take off its route"), forms.ReasonForm, carrying_out.withdraw, _waits_at_a_stop),
    "hand_over": Action(_("Hand over to a partner"), forms.HandOverForm, carrying_out.hand_over, _may_be_handed_over),
    "call_off": Action(_("Cancel the handing over"), forms.ReasonForm, carrying_out.call_off, _may_be_called_off),
    "resend": Action(_("Send a message again"), forms.MessageForm, carrying_out.resend, _has_a_message),
    "issue_link": Action(_("Make a new link"), forms.ReasonForm, carrying_out.issue_link, _opens_still),
    "revoke_link": Action(_("Revoke a link"), forms.LinkForm, carrying_out.revoke_link, _has_a_good_link),
    "note_refund": Action(_("Note a refund"), forms.RefundForm, carrying_out.note_refund, _always),
    "note": Action(_("Write a note"), forms.ReasonForm, carrying_out.note, _always),
}
