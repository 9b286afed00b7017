"""What we sent a shopper about one delivery, what they want to hear of, and where they are reached."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from notifications import addresses, retelling
from notifications.forms import ChannelForm, EmailForm, PhoneForm, PreferencesForm
from notifications.gateways import push
from notifications.models import Notification
from notifications.services import consent, contacts, preferences
from notifications.services.consent import Recipient
from notifications.services.contacts import Addresses, NotServed, TooManyChanges
from notifications.services.preferences import Choices
from notifications.triggers import PHONE_CHANNELS, Channel, Trigger
from tracking import looks
from tracking.contact import Unreadable
from tracking.links.models import TrackingLink
from tracking.models import Shipment
from tracking.views import door, entrance
from tracking.words import times

MOST: Final = 50
"""Messages on the page, the newest."""


@dataclass(frozen=True, slots=True)
class Way:
    """A channel on which the recipient is reached, and whether they have had enough of it, here or altogether."""

    channel: Channel
    address: str
    is_muted: bool
    is_withheld: bool

    @property
    def is_by_phone(self) -> bool:
        return self.channel in PHONE_CHANNELS


@require_safe
@entrance.with_link
def show(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Tell what was sent, and ask what is wanted."""
    return _show(request, link)


@require_POST
@entrance.with_link
def save_preferences(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Keep what is wanted of each kind of news; 422 with the page where that is not among what was offered."""
    shipment = link.shipment
    offered = preferences.offered(shipment, contacts.reach(shipment))
    form = PreferencesForm(request.POST, offered=offered, muted=())
    if not form.is_valid():
        return _show(request, link, problem=_("Please look at your choices once more."), status=422)
    preferences.save(shipment, form.wanted, of=offered, at=timezone.now())
    messages.success(request, _("Your choices are kept."))
    return redirect("notifications:messages", link.token)


@require_POST
@entrance.with_link
def switch_channel(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Mute a channel for this delivery, or have it speak again; 422 with the page where there is none such."""
    form = ChannelForm(request.POST)
    if not form.is_valid():
        return _show(request, link, problem=_("Please look at your choices once more."), status=422)
    channel = form.cleaned_data["channel"]
    switch = preferences.unmute if form.cleaned_data["is_wanted"] else preferences.mute
    switch(link.shipment, channel, at=timezone.now())
    messages.success(request, _("Your choices are kept."))
    return redirect("notifications:messages", link.token)


@require_POST
@entrance.with_link
def change_phone(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Send texts about this delivery to another number."""
    return _change(request, link, PhoneForm(request.POST))


@require_POST
@entrance.with_link
def change_email(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Send mails about this delivery to another address."""
    return _change(request, link, EmailForm(request.POST))


def _change(request: HttpRequest, link: TrackingLink, form: PhoneForm | EmailForm) -> HttpResponse:
    """Keep another address; 403 with the page before the second factor, 422 where it cannot be used."""
    if door.opened(request, link) is None:
        return _show(request, link, problem=_("Please show us first that it is you."), status=403)
    if not form.is_valid():
        return _show(request, link, contact=form, status=422)
    try:
        contacts.change(link.shipment, form.channel, form.cleaned_data["address"], at=timezone.now())
    except (Unreadable, NotServed, TooManyChanges) as refusal:
        form.add_error("address", _say(refusal, form, brand=link.shipment.brand.name))
        return _show(request, link, contact=form, status=422)
    messages.success(request, _("From now on, news of this delivery goes there."))
    return redirect("notifications:messages", link.token)


def _say(refusal: Exception, form: PhoneForm | EmailForm, *, brand: str) -> str:
    """Say in the shopper's words why an address was not taken."""
    if isinstance(refusal, TooManyChanges):
        return _("The address was changed often enough for one delivery. %(brand)s can help you.") % {"brand": brand}
    if isinstance(refusal, NotServed):
        return _("We cannot send texts to this number. Please give the number of a mobile phone of this country.")
    if isinstance(form, PhoneForm):
        return _("We cannot read this number. Please begin it with + and the code of its country.")
    return _("We cannot read this address.")


def _show(
    request: HttpRequest,
    link: TrackingLink,
    *,
    contact: PhoneForm | EmailForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    shipment, at = link.shipment, timezone.now()
    is_open = door.opened(request, link) is not None
    context = {
        "token": link.token,
        "brand": shipment.brand.name,
        "look": looks.of(shipment.brand),
        "zone": times.zone(shipment.timezone),
        "reference": shipment.reference,
        "sent": _retell(shipment, is_open=is_open, at=at),
        "problem": problem,
        "push_key": push.public_key(),
        **_choices(shipment),
        **_contact_forms(shipment, contact, is_open=is_open),
    }
    return render(request, "notifications/messages.html", context, status=status)


def _retell(shipment: Shipment, *, is_open: bool, at: datetime) -> list[retelling.Retold]:
    newest = Notification.objects.filter(shipment=shipment).order_by("-created_at", "-id")[:MOST]
    return retelling.tell(newest, shipment, is_open=is_open, now=at.astimezone(shipment.zone))


def _choices(shipment: Shipment) -> dict[str, Any]:
    """Show where the recipient is reached, and what they can be told there."""
    reach, muted = contacts.reach(shipment), preferences.muted(shipment)
    offered = preferences.offered(shipment, reach)
    return {
        "ways": _ways(shipment, reach, offered, muted),
        "preferences": PreferencesForm(offered=offered, muted=muted) if offered else None,
    }


def _ways(
    shipment: Shipment, reach: Addresses, offered: Choices, muted: Collection[tuple[Trigger, Channel]]
) -> list[Way]:
    recipients = {channel: Recipient(channel, address, shipment.brand_id) for channel, address in reach.items()}
    withheld = consent.withheld(recipients.values())
    news = {channel: [trigger for trigger, channels in offered.items() if channel in channels] for channel in reach}
    return [
        Way(
            channel,
            addresses.masked(channel, reach[channel]),
            is_muted=all((trigger, channel) in muted for trigger in news[channel]),
            is_withheld=recipients[channel] in withheld,
        )
        for channel in Channel
        if news.get(channel)
    ]


def _contact_forms(shipment: Shipment, filled: PhoneForm | EmailForm | None, *, is_open: bool) -> dict[str, Any]:
    """Give the forms for another address, if there may be one: the one that was refused, as it was filled in."""
    return {
        "is_open": is_open,
        "changes_left": contacts.changes_left(shipment),
        "phone": filled if isinstance(filled, PhoneForm) else PhoneForm(),
        "email": filled if isinstance(filled, EmailForm) else EmailForm(),
        "is_refused": filled is not None,
    }
