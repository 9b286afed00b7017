"""From a filled-in form to the service that does it. Each says what is to be kept of it: before, after, no names."""

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _

from carriers.models import PartnerBooking
from carriers.services import choosing, handing_over
from notifications.models import Notification
from notifications.services import by_hand
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.rounds.models import Carrier
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, IllegalStep, Status
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.window import Cause, Window

Given = Mapping[str, Any]
"""What a valid form holds."""


class Done(NamedTuple):
    """What to tell who did it, and what to keep of it."""

    told: str
    details: dict[str, Any]


class NotPossible(Exception):
    """The service refused, for the reason that this says; nothing has changed."""


def correct_status(shipment: Shipment, given: Given, *, by: User, at: datetime) -> Done:
    """Record a step. Nobody is sent a message, unless that is wanted.

    Raises ``NotPossible``.
    """
    to, handover = Status(given["to"]), given["handover"]
    with nullcontext() if given["tell"] else services.silently():
        try:
            services.record(shipment, to, at=at, by=by, handover=Handover(handover) if handover else None)
        except IllegalStep as error:
            raise NotPossible(str(error)) from error
    details = {"before": shipment.status, "after": to.value, "told": given["tell"]}
    return Done(_("The status is corrected."), details)


def take_back(shipment: Shipment, given: Given, *, by: User, at: datetime) -> Done:
    """Let a step count no more.

    Raises ``NotPossible`` where it has been taken back meanwhile.
    """
    step, before = StatusEvent.objects.get(shipment=shipment, id=given["step"]), shipment.status
    try:
        services.take_back(shipment, step, at=at, by=by)
    except services.NothingToTakeBack as error:
        raise NotPossible(_("This step is taken back already.")) from error
    shipment.refresh_from_db(fields=["status"])
    return Done(_("The step counts no more."), {"event": step.id, "before": before, "after": shipment.status})


def correct_window(shipment: Shipment, given: Given, *, by: User, at: datetime) -> Done:
    """Tell another window.

    Raises ``NotPossible`` where that is what is told already.
    """
    found: Window = given["window"]
    if not services.estimate(shipment, found, cause=Cause.CORRECTED, at=at):
        raise NotPossible(_("This is what the shopper is told already, give or take five minutes."))
    return Done(_("The shopper is told the new time."), {"before": _written(shipment.window), "after": _written(found)})


def choose_carrier(shipment: Shipment, given: Given, *, by: User, at: datetime) -> Done:
    """Give it to another carrier.

    Raises ``NotPossible`` where it is on the road meanwhile, or that one has it.
    """
    carrier = Carrier.objects.get(id=given["carrier"])
    before = shipment.carrier.slug if shipment.carrier else ""
    try:
        choosing.choose_by_hand(shipment, carrier, reason=given["reason"], by=by, at=at)
    except choosing.TooLate as error:
        raise NotPossible(_("It is on the road already, or over.")) from error
    except choosing.AlreadyTheirs as error:
        raise NotPossible(_("This carrier has it already.")) from error
    return Done(_("%s has it now.") % carrier.name, {"before": before, "after": carrier.slug})


def withdraw(shipment: Shipment, given: Given, *, by: User, at: datetime) -> Done:
    """Take the shipment off its route."""
    before = str(shipment.stop)
    services.withdraw(shipment, at=at)
    return Done(_("The shipment is off its route."), {"before": before, "after": ""})


def hand_over(shipment: Shipment, given: Given, *, by: User, at: datetime) -> Done:
    """Have partners asked to carry it, first the one that is wanted.

    Raises ``NotPossible`` where that has changed meanwhile.
    """
    wanted = Carrier.objects.get(slug=given["carrier"])
    carriers = [wanted]
    if not given["alone"]:
        carriers += [found.carrier for found in choosing.ranked(shipment, at=at)]
        carriers += [contract.carrier for contract in handing_over.bookable()]
    try:
        booking = handing_over.ask(shipment, carriers, at=at, by=by)
    except (handing_over.NotToBeHandedOver, handing_over.AlreadyHandedOver, handing_over.NobodyToAsk) as error:
        raise NotPossible(_("It cannot be handed over as things are now.")) from error
    asked = [row.contract.carrier.slug for row in booking.tries.select_related("contract__carrier")]
    return Done(_("%s is being asked.") % wanted.name, {"booking": booking.id, "asked": asked})


def call_off(shipment: Shipment, given: Given, *, by: User, at: datetime) -> Done:
    """Call the handing over off.

    Raises ``NotPossible`` where the partner has the parcels meanwhile.
    """
    booking = PartnerBooking.objects.live().filter(shipment=shipment).first()
    if booking is None or not handing_over.may_be_called_off(booking) or not handing_over.call_off(booking, at=at):
        raise NotPossible(_("It is too late for that."))
    return Done(_("The handing over is called off."), {"booking": booking.id})


def revoke_link(shipment: Shipment, given: Given, *, by: User, at: datetime) -> Done:
    """Close a link for good."""
    link = TrackingLink.objects.get(shipment=shipment, id=given["link"])
    links.revoke(link, at=at)
    return Done(_("The link opens nothing any more."), {"link": link.id})


def issue_link(shipment: Shipment, given: Given, *, by: User, at: datetime) -> Done:
    """Make a new link, which is shown this once and goes into the messages from now on."""
    link = links.issue(shipment, at=at)
    address = settings.BASE_URL + reverse("tracking:page", args=[link.token])
    return Done(_("The new link, shown only now: %s") % address, {"link": link.id})


def resend(shipment: Shipment, given: Given, *, by: User, at: datetime) -> Done:
    """Send a message again.

    Raises ``NotPossible``.
    """
    first = Notification.objects.get(shipment=shipment, id=given["message"])
    try:
        again = by_hand.resend(first, at=at)
    except by_hand.NotAgain as error:
        raise NotPossible(_("This message may still go out by itself.")) from error
    return Done(_("The message will be sent again."), {"before": first.id, "after": again.id})


def note_refund(shipment: Shipment, given: Given, *, by: User, at: datetime) -> Done:
    """Keep what was paid back."""
    return Done(_("The refund is noted."), {"amount": str(given["amount"]), "currency": given["currency"]})


def note(shipment: Shipment, given: Given, *, by: User, at: datetime) -> Done:
    """Keep what somebody wants the others to know."""
    return Done(_("The note is kept."), {})


def _written(window: Window | None) -> str:
    if window is None:
        return ""
    if window.start is None or window.end is None:
        return window.date.isoformat()
    return f"{window.start.isoformat(timespec='minutes')}/{window.end.isoformat(timespec='minutes')}"
