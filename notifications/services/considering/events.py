"""What status events call for. Each is considered once: nudged by its signal or, where that was lost, by the sweep."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce

from notifications import rules
from notifications.models import Considered, Cursor
from notifications.rules import Standing
from notifications.services import policies, standings
from notifications.services.considering import calls, cursors, histories
from notifications.services.considering.calls import SETTLES_WITHIN, Call
from notifications.triggers import LATEST, URGENT, Channel
from tracking.models import StatusEvent

CURSOR: Final = "events"
EVENTS_AT_ONCE: Final = 200
NEWS_FOR: Final = max(LATEST.values()) + timedelta(days=1)
"""What happened longer ago is history, whenever we came to know of it."""


def event(event_id: int, *, at: datetime) -> frozenset[Channel]:
    """Write down the messages that one event calls for. Twice is harmless."""
    return events([event_id], at=at)


@transaction.atomic
def events(event_ids: Collection[int], *, at: datetime) -> frozenset[Channel]:
    """Write down the messages that some events call for, and that they have been considered; silent ones call for none.

    Twice is harmless, also at once. The number of queries does not grow with the events.
    """
    passed = Coalesce(Subquery(Cursor.objects.filter(name=CURSOR).values("position")), 0)
    loud = _unconsidered(StatusEvent.objects.filter(id__in=event_ids, id__gt=passed))
    found = list(loud.order_by("id").select_related("shipment__brand", "shipment__stop__route__shift__driver"))
    if not found:
        return frozenset()
    Considered.objects.bulk_create(
        [Considered(event_id=considered.id, at=at) for considered in found], ignore_conflicts=True
    )
    shipments = {considered.shipment.id: considered.shipment for considered in found}
    terms = policies.of_brands({shipment.brand_id for shipment in shipments.values()})
    standing = standings.of_shipments([*shipments.values()], terms, at=at)
    history = histories.of_shipments(shipments)
    called = [
        call
        for considered in found
        for call in _calls(considered, history[considered.shipment_id], standing[considered.shipment_id])
    ]
    return calls.write(called, terms, at=at)


def sweep_events(*, at: datetime) -> frozenset[Channel]:
    """Consider all events that nobody has, and forget that those before them were considered. Twice is harmless."""
    position = cursors.position(CURSOR, begin=lambda: _last_of_old(at), at=at)
    missed = _unconsidered(StatusEvent.objects.all()).order_by("id").values_list("id", flat=True)
    channels: frozenset[Channel] = frozenset()
    while event_ids := list(missed.filter(id__gt=position)[:EVENTS_AT_ONCE]):
        channels |= events(event_ids, at=at)
        position = event_ids[-1]
    passed = cursors.advance(CURSOR, StatusEvent.objects.all(), at=at)
    if passed is not None:
        Considered.objects.filter(event_id__lte=passed).delete()
    return channels


def _calls(considered: StatusEvent, history: Sequence[StatusEvent], standing: Standing) -> Iterator[Call]:
    """List what an event calls for: its own news, and what the whole shipment has come to with it.

    That is another thing where the other parcels stand elsewhere: the last of two was delivered, the first was not.
    """
    shipment = considered.shipment
    own = [known for known in history if known.id == considered.id]
    decisive = [known for known in history if known.status == shipment.status and not known.is_silent]
    for status, known in {known.status: known for known in [*decisive[-1:], *own]}.items():
        called = rules.called_for(status, history, handover=shipment.handover, zone=shipment.zone)
        since = min(known.occurred_at, known.received_at)
        details = {"place": known.place} if known.place else {}
        if called and standing.at - since <= NEWS_FOR and rules.is_still_true(called.trigger, standing, details):
            due_at = known.received_at + (timedelta() if called.trigger in URGENT else SETTLES_WITHIN)
            yield Call(shipment, called.trigger, since, due_at, called.version, details)


def _unconsidered(found: QuerySet[StatusEvent]) -> QuerySet[StatusEvent]:
    considered = Considered.objects.values("event_id")
    return found.filter(is_silent=False).exclude(id__in=considered)


def _last_of_old(at: datetime) -> int:
    """Name the last event that is history, for an installation that begins to send messages."""
    return cursors.last_id(StatusEvent.objects.filter(received_at__lt=at - NEWS_FOR))
