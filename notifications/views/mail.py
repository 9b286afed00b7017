"""What the mail provider reports, by Anymail's reading of it: arrived, bounced, complained about, ended.

Only the provider that we send by is heard, and only with our secret. A bounce says that an address does not exist
where the provider, or the server there, says so for good; a full mailbox may be empty tomorrow.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from anymail import urls
from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.base import AnymailCoreWebhookView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications.gateways import mail
from notifications.gateways.mail.letter import NOTIFICATION
from notifications.models import ConsentSource, Notification
from notifications.services import consent, reports
from notifications.triggers import Channel

_NAME: Final = "_tracking_webhook"
HOOKS: Final[Mapping[str, type[AnymailCoreWebhookView]]] = {
    pattern.name.removesuffix(_NAME): pattern.callback.view_class
    for pattern in urls.urlpatterns
    if pattern.name.endswith(_NAME)
}
"""Anymail's readers of reports, by the provider's name."""

STATUSES: Final[Mapping[str, str]] = {
    EventType.QUEUED: "queued",
    EventType.SENT: "sent",
    EventType.REJECTED: "failed",
    EventType.FAILED: "failed",
    EventType.BOUNCED: "undelivered",
    EventType.DELIVERED: "delivered",
    EventType.COMPLAINED: "delivered",
}
"""What an event says of its message, in the words of ``reports``; others say nothing. Who complains has read it."""

SOURCES: Final[Mapping[str, ConsentSource]] = {
    RejectReason.INVALID: ConsentSource.BOUNCE,
    RejectReason.BOUNCED: ConsentSource.BOUNCE,
    RejectReason.SPAM: ConsentSource.COMPLAINT,
    RejectReason.UNSUBSCRIBED: ConsentSource.PROVIDER,
}
"""Why a provider takes nothing more for an address, where that has to do with who reads there."""

UNREADABLE: Final = (
    AnymailError,
    ArithmeticError,
    AttributeError,
    ImproperlyConfigured,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""How Anymail fails on what is not like the provider's."""

_ENHANCED: Final = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_FOR_GOOD: Final = re.compile(r"\bhard[ _]?bounce|\bpermanent\b", re.IGNORECASE)
_KINDS: Final = ("Type", "event", "status", "type")


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def tracking(request: HttpRequest, provider: str) -> HttpResponse:
    """Take in what a provider reports: 401 without our secret, 400 where it cannot be read."""
    gateway = mail.configured()
    if gateway is None or gateway.name != provider or provider not in HOOKS or not settings.ANYMAIL["WEBHOOK_SECRET"]:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    try:
        hook = HOOKS[provider]()
        hook.setup(request)
        hook.run_validators(request)
        events = hook.parse_events(request)
    except AnymailWebhookValidationFailure:
        return _refuse("The user and password of the address, or the signature, are missing or wrong.", status=401)
    except UNREADABLE:
        return _refuse("This is no report that Anymail can read.", status=400)
    for event in events:
        _hear(event, provider)
    return HttpResponse()


def _hear(event: AnymailTrackingEvent, provider: str) -> None:
    """Write down what an event says of its message and of its recipient. One that is not about ours says nothing."""
    notification = _find(event, provider)
    if notification is None:
        return
    status, source, at = STATUSES.get(event.event_type), _source(event), _moment(event)
    if status:
        provider_id = str(event.message_id or notification.provider_id)
        code = str(event.reject_reason or event.event_type)
        reports.report(notification.id, provider_id=provider_id, status=status, error_code=code, at=at)
    if source:
        brand = notification.brand if event.event_type == EventType.UNSUBSCRIBED else consent.ALL_BRANDS
        consent.withhold(Channel.EMAIL, notification.recipient, source=source, at=at, brand=brand)


def _find(event: AnymailTrackingEvent, provider: str) -> Notification | None:
    """Find the message by our own id, which most providers repeat, or by theirs."""
    ours = Notification.objects.filter(channel=Channel.EMAIL, provider=provider).select_related("brand")
    number = _mapping(event.metadata).get(NOTIFICATION)
    if isinstance(number, str) and number.isascii() and number.isdecimal() and len(number) < 19:
        return ours.filter(id=int(number)).first()
    return ours.filter(provider_id=str(event.message_id)).first() if event.message_id else None


def _source(event: AnymailTrackingEvent) -> ConsentSource | None:
    """Say why nothing more should go to the address of an event, if so."""
    match event.event_type:
        case EventType.COMPLAINED:
            return ConsentSource.COMPLAINT
        case EventType.UNSUBSCRIBED:
            return ConsentSource.PROVIDER
        case EventType.REJECTED:
            return SOURCES.get(event.reject_reason)
        case EventType.BOUNCED if _is_for_good(event):
            return ConsentSource.BOUNCE
    return None


def _is_for_good(event: AnymailTrackingEvent) -> bool:
    """Say whether a bounce means that there is no such address: RFC 3463 has 5.1.x for that."""
    if event.reject_reason == RejectReason.INVALID:
        return True
    said = f"{event.mta_response or ''} {event.description or ''}"
    if codes := _ENHANCED.findall(said):
        return any(code.startswith("5.1.") for code in codes)
    kinds = [str(_mapping(event.esp_event).get(name, "")) for name in _KINDS]
    return bool(_FOR_GOOD.search(" ".join([said, *kinds])))


def _moment(event: AnymailTrackingEvent) -> datetime:
    """Say when it happened, by the provider's clock where that is not ahead of ours."""
    now = timezone.now()
    told = event.timestamp
    return min(told, now) if isinstance(told, datetime) and timezone.is_aware(told) else now


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _refuse(told: str, *, status: int) -> JsonResponse:
    headers = {"WWW-Authenticate": 'Basic realm="hooks"'} if status == 401 else {}
    return JsonResponse({"error": told}, status=status, headers=headers)
