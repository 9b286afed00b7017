"""The local outbox: what landed here because no provider carries it away, as its recipients would see it.

There is a page for each recipient, like a phone's conversation or a mailbox. Staff can answer there in the recipient's
place, as long as the channel's provider is the local one: nobody speaks for a real person.
"""

from typing import Final
from uuid import uuid4

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from notifications import gateways, texts, wording
from notifications.admin import conversations, documents
from notifications.admin.forms import TextForm
from notifications.gateways import local
from notifications.models import Notification, State
from notifications.services import replies
from notifications.texts import Words
from notifications.triggers import PHONE_CHANNELS, Channel, Trigger
from notifications.wording import Draft, Wording
from tracking.links import services as links

ROWS_LOOKED_AT: Final = 2_000
MAY_LOOK: Final = ("notifications.view_notification", "notifications.see_recipients")
MAY_SPEAK: Final = "notifications.change_notification"

only_who_may_look = permission_required(MAY_LOOK, raise_exception=True)


@require_GET
@only_who_may_look
def people(request: HttpRequest) -> HttpResponse:
    """List whom something landed here for, the latest first."""
    latest: dict[tuple[bool, str], Notification] = {}
    landed = _landed().select_related("shipment", "brand").order_by("-sent_at", "-id")
    for notification in landed[:ROWS_LOOKED_AT]:
        latest.setdefault((notification.channel in PHONE_CHANNELS, notification.recipient), notification)
    context = {
        **admin.site.each_context(request),
        "title": "Local outbox",
        "latest": list(latest.values()),
        "is_local": any(_is_local(channel) for channel in Channel),
    }
    return render(request, "admin/notifications/local.html", context)


@require_http_methods(["GET", "POST"])
@only_who_may_look
def person(request: HttpRequest, notification_id: int) -> HttpResponse:
    """Show what landed for whoever a message went to, and let staff answer in their place."""
    notification = get_object_or_404(_landed(), id=notification_id)
    form = TextForm(request.POST or None) if _may_answer(request, notification) else None
    if request.method == "POST" and form is None:
        raise Http404
    if form is not None and form.is_valid():
        _answer(notification, form.cleaned_data["text"])
        return redirect("admin:notifications_person", notification_id)
    context = {
        **admin.site.each_context(request),
        "title": notification.recipient,
        "sayings": conversations.read_as_recipient(notification.channel, notification.recipient),
        "form": form,
        "button": "Answer as the recipient",
        "is_theirs": True,
    }
    return render(
        request, "admin/notifications/conversation.html", context, status=422 if form and form.errors else 200
    )


@require_GET
@only_who_may_look
def mail(request: HttpRequest, notification_id: int) -> HttpResponse:
    """Show a mail that landed here as a mail program would."""
    landed = _landed().filter(channel=Channel.EMAIL).select_related("brand", "shipment__brand")
    notification = get_object_or_404(landed, id=notification_id)
    return documents.show(_as_sent(notification).html, brand=notification.brand)


def _as_sent(notification: Notification) -> Wording:
    """Word a mail once more as it was: what is kept of it, with its code and its link."""
    shipments = [notification.shipment] if notification.shipment and notification.trigger != Trigger.CODE else []
    found = links.for_sending(shipments, at=timezone.now()).values()
    link = "".join(f"{settings.BASE_URL}{reverse('tracking:page', args=[each.token])}" for each in found)
    text = conversations.opened(notification)
    draft = Draft(
        trigger=Trigger(notification.trigger),
        channel=Channel.EMAIL,
        language=texts.find(notification.language, notification.brand.language),
        words=Words(subject=notification.subject, text=text),
        values={"link": link},
        brand=notification.brand,
        marker=notification.marker,
    )
    return wording.word(draft)


def _landed() -> QuerySet[Notification]:
    return Notification.objects.filter(provider=local.NAME, state__in=[State.SENT, State.DELIVERED])


def _is_local(channel: Channel) -> bool:
    return gateways.of(channel)[0].name == local.NAME


def _may_answer(request: HttpRequest, notification: Notification) -> bool:
    channel = Channel(notification.channel)
    return channel in PHONE_CHANNELS and _is_local(channel) and request.user.has_perm(MAY_SPEAK)


def _answer(notification: Notification, text: str) -> None:
    replies.receive(
        provider_id=f"{local.NAME}-{uuid4().hex}",
        channel=Channel(notification.channel),
        sender=notification.recipient,
        body=text,
        at=timezone.now(),
    )
