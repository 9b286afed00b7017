"""Trouble with messages: what did not arrive, what may not have, and what shoppers wrote that nobody has read."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any, Final

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.attention.matters import Matter, Scope, Trouble
from desk.roles import May
from notifications.models import Inbound, Notification, State
from notifications.triggers import Channel, Trigger

RECENT: Final = timedelta(days=1)
IN_DOUBT_FOR: Final = timedelta(minutes=2)
"""A provider that did not answer is asked within the first minute; what it cannot tell by then is for a person."""


def _undelivered(scope: Scope) -> QuerySet[Any]:
    """Find messages of the last day that did not arrive, for good."""
    failed = Notification.objects.filter(state__in=[State.FAILED, State.DEAD], settled_at__gt=scope.at - RECENT)
    return failed.filter(shipment__in=scope.shipments).select_related("shipment").annotate(since=F("settled_at"))


def _in_doubt(scope: Scope) -> QuerySet[Any]:
    """Find messages of the last day of which nobody knows whether they were sent."""
    unknown = Notification.objects.filter(
        state=State.UNKNOWN, called_at__range=(scope.at - RECENT, scope.at - IN_DOUBT_FOR)
    )
    return unknown.filter(shipment__in=scope.shipments).select_related("shipment").annotate(since=F("called_at"))


def _message_of(notification: Any) -> Trouble:
    about, way = Trigger(notification.trigger).label, Channel(notification.channel).label
    what = _("“%(about)s” by %(way)s") % {"about": about, "way": way}
    code = notification.error_code and _("error %(code)s") % {"code": notification.error_code}
    return Trouble.of(notification.shipment, ", ".join(filter(None, [what, code])))


def _unread(scope: Scope) -> QuerySet[Any]:
    """Find what shoppers wrote that waits for the desk; of no known shipment only for whoever may see all."""
    among = Q() if scope.is_everything else Q(shipment__in=scope.shipments)
    return Inbound.objects.unread().filter(among).select_related("shipment").annotate(since=F("received_at"))


def _inbound_of(inbound: Inbound) -> Trouble:
    way = _("not answered, by %(way)s") % {"way": Channel(inbound.channel).label}
    if inbound.shipment is not None:
        return Trouble.of(inbound.shipment, way)
    url = reverse("admin:notifications_inbound_change", args=[inbound.id])
    return Trouble(None, _("Message %(number)s") % {"number": inbound.id}, way, UTC, url)


MESSAGES: Final[Sequence[Matter]] = (
    Matter("undelivered", gettext_lazy("Messages that did not arrive"), May.ACT, _undelivered, _message_of),
    Matter("in_doubt", gettext_lazy("Messages in doubt"), May.ACT, _in_doubt, _message_of),
    Matter("unread", gettext_lazy("Messages from shoppers"), May.ACT, _unread, _inbound_of),
)
