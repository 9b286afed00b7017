"""How the providers do: what each took and failed within the hour, what waits for whom, and who is left alone."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from notifications import gateways, pacing
from notifications.models import Notification, State
from notifications.triggers import Channel
from tracking import connection
from tracking.models import Brand

HOUR: Final = timedelta(hours=1)
FAILED: Final = [State.FAILED, State.DEAD]


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider on one channel, as it did within the hour, and whether it is left alone at the moment."""

    name: str
    channel: str
    sent: int
    failed: int
    breaker: str

    @property
    def is_well(self) -> bool:
        return self.breaker == WORKS and self.failed <= self.sent


@dataclass(frozen=True, slots=True)
class Queue:
    """What is to go out on a channel: how much is due, how much in doubt, and for how long the oldest has been due."""

    channel: Channel
    due: int
    later: int
    unknown: int
    oldest: str


WORKS: Final = "works"
UNKNOWN: Final = "not known: Redis is away"


@require_GET
@permission_required("notifications.view_notification", raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    """Show how the providers do."""
    at = timezone.now()
    context = {
        **admin.site.each_context(request),
        "title": "Providers",
        "providers": _providers(at=at),
        "queues": _queues(at=at),
        "segments_per_second": settings.TWILIO_SEGMENTS_PER_SECOND,
    }
    return render(request, "admin/notifications/health.html", context)


def _providers(*, at: datetime) -> list[Provider]:
    """Look at each provider of the settings, and at others that carried something within the hour. Three queries."""
    brands = list(Brand.objects.values_list("id", flat=True))
    taken = Notification.objects.filter(brand__in=brands, channel__in=list(Channel), sent_at__gt=at - HOUR)
    sent = _count(taken.exclude(state__in=FAILED))
    failed = _count(Notification.objects.filter(state__in=FAILED, settled_at__gt=at - HOUR).exclude(provider=""))
    known = {(gateway.name, channel.value) for channel in Channel for gateway in gateways.of(channel)}
    return [
        Provider(name, channel, sent[name, channel], failed[name, channel], _breaker(name, channel))
        for name, channel in sorted(known | sent.keys() | failed.keys())
    ]


def _queues(*, at: datetime) -> list[Queue]:
    """Look at what waits on each channel. One query, over what is open alone."""
    is_due = Q(state=State.PENDING, due_at__lte=at)
    waiting = Notification.objects.filter(state__in=[State.PENDING, State.UNKNOWN]).values("channel")
    counted = waiting.annotate(
        due=Count("id", filter=is_due),
        later=Count("id", filter=Q(state=State.PENDING, due_at__gt=at)),
        unknown=Count("id", filter=Q(state=State.UNKNOWN)),
        oldest=Min("due_at", filter=is_due),
    ).order_by("channel")
    return [
        Queue(Channel(row["channel"]), row["due"], row["later"], row["unknown"], _age(row["oldest"], at=at))
        for row in counted
    ]


def _count(notifications: QuerySet[Notification]) -> Counter[tuple[str, str]]:
    rows = notifications.values_list("provider", "channel").annotate(count=Count("id")).order_by()
    return Counter({(provider, channel): count for provider, channel, count in rows})


def _breaker(name: str, channel: str) -> str:
    try:
        shut_for = pacing.shut_for(name, Channel(channel))
    except connection.Away:
        return UNKNOWN
    return WORKS if shut_for is None else f"left alone for {shut_for.seconds} s"


def _age(oldest: datetime | None, *, at: datetime) -> str:
    return "" if oldest is None else f"{(at - oldest) // timedelta(seconds=1)} s"
