"""What the windows call for: the news that it will be later than promised.

A prediction that leaves the promise for a moment is no news: the notice waits a little and is judged again before it
goes out. Where the promise ends soon it does not wait. It comes once for each promise, and before that ends: from then
on it would tell people what they have seen for themselves.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q

from notifications import rules
from notifications.services import policies, standings
from notifications.services.considering import calls, cursors
from notifications.services.considering.calls import Call
from notifications.triggers import Channel, Trigger
from tracking.models import Shipment, WindowChange

CURSOR: Final = "windows"
CONFIRMED_AFTER: Final = timedelta(minutes=2)
ENDS_SOON: Final = timedelta(minutes=15)


@transaction.atomic
def windows(shipment_ids: Collection[int], *, at: datetime) -> frozenset[Channel]:
    """Write down a notice of delay for those of these shipments that are late by now. Twice is harmless."""
    later = Q(window_end__gt=F("promised_end")) | Q(window_end=None, window_date__isnull=False)
    shipments = list(
        Shipment.objects.with_round()
        .unfinished()
        .filter(later, id__in=shipment_ids, promised_end__gt=at)
        .order_by("id")
    )
    terms = policies.of_brands({shipment.brand_id for shipment in shipments})
    standing = standings.of_shipments(shipments, terms, at=at)
    late = [shipment for shipment in shipments if rules.is_still_true(Trigger.DELAYED, standing[shipment.id], {})]
    return calls.write([call for shipment in late for call in _calls(shipment, at=at)], terms, at=at)


def sweep_windows(*, at: datetime) -> frozenset[Channel]:
    """Consider the windows that were told lately, in case a nudge was lost. Twice is harmless."""
    told = WindowChange.objects.filter(shipment__promised_end__gt=at)
    position = cursors.position(CURSOR, begin=lambda: cursors.last_id(WindowChange.objects.filter(at__lt=at)), at=at)
    shipment_ids = set(told.filter(id__gt=position).order_by().values_list("shipment_id", flat=True))
    channels = windows(shipment_ids, at=at) if shipment_ids else frozenset()
    cursors.advance(CURSOR, WindowChange.objects.all(), at=at)
    return channels


def _calls(shipment: Shipment, *, at: datetime) -> list[Call]:
    if shipment.promised_end is None:
        return []
    end = shipment.promised_end
    due_at = at if end - at <= ENDS_SOON else at + CONFIRMED_AFTER
    details = {"reason": shipment.window_cause} if shipment.window_cause else {}
    promise = int(end.timestamp()) // 60
    return [Call(shipment, Trigger.DELAYED, since=at, due_at=due_at, until=end, version=promise, details=details)]
