"""What is news: each status event and each window told, written down once for each address that hears of it.

Apps above have ``Table``s of their own swept: rows that are written at their end alone, and never changed.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, Self

from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from notifications.models import Delivery, News, Webhook, WebhookState
from notifications.services.considering import cursors
from tracking.models import Shipment, StatusEvent, WindowChange

AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of news: its kind, the row it is of, since when it could be known, the shipment, and what it says."""

    kind: News
    source: str
    at: datetime
    shipment: Shipment
    data: dict[str, Any]

    @classmethod
    def of_event(cls, event: StatusEvent) -> Self:
        return cls(News.STATUS, f"event:{event.id}", event.received_at, event.shipment, _event_said(event))

    @classmethod
    def of_window(cls, change: WindowChange) -> Self:
        return cls(News.WINDOW, f"window:{change.id}", change.at, change.shipment, _window_said(change))


class Table(NamedTuple):
    """Rows that are news: the name of their cursor, which begins their sources too, and how each becomes a piece."""

    name: str
    rows: Callable[[], QuerySet[Any]]
    piece: Callable[[Any], Piece]


EVENTS: Final = Table(
    "event",
    lambda: StatusEvent.objects.select_related("shipment__brand", "parcel"),
    Piece.of_event,
)
WINDOWS: Final = Table("window", lambda: WindowChange.objects.select_related("shipment__brand"), Piece.of_window)


def sweep(*tables: Table, at: datetime) -> int:
    """Write down all news that is not yet, of our own tables where none is named; gives for how many addresses.

    Twice is harmless, also at once.
    """
    return sum(_sweep(table, at=at) for table in tables or (EVENTS, WINDOWS))


def write_test(webhook: Webhook, *, at: datetime) -> Delivery:
    """Write down a piece of news that is none."""
    said = _say(News.TEST, {"webhook": str(webhook.uid)}, at=at)
    return Delivery.objects.create(
        webhook=webhook, kind=News.TEST, source=f"test:{secrets.token_hex(8)}", body=said, created_at=at, due_at=at
    )


def _sweep(table: Table, *, at: datetime) -> int:
    """Write down the news of a table that is not yet, beginning where everything is known to be."""
    everything, cursor, written = table.rows().order_by("id"), f"webhooks: {table.name}", 0
    position = cursors.position(cursor, begin=lambda: cursors.last_id(everything), at=at)
    if _hearing().exists():
        source = Concat(Value(f"{table.name}:"), Cast(OuterRef("id"), CharField()))
        unwritten = everything.exclude(Exists(Delivery.objects.filter(source=source)))
        while rows := list(unwritten.filter(id__gt=position)[:AT_ONCE]):
            written += _write([table.piece(row) for row in rows], at=at)
            position = rows[-1].id
    cursors.advance(cursor, everything, at=at)
    return written


def _write(news: Sequence[Piece], *, at: datetime) -> int:
    """Write some news down for each address that hears of it. Two queries, however much there is."""
    webhooks = list(_hearing()) if news else []
    deliveries = list(_deliveries(webhooks, news, at=at))
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    return len(deliveries)


def _hearing() -> QuerySet[Webhook]:
    return Webhook.objects.exclude(state=WebhookState.DISABLED)


def _deliveries(webhooks: Sequence[Webhook], news: Sequence[Piece], *, at: datetime) -> Iterator[Delivery]:
    for piece in news:
        body = _say(piece.kind, _shipment_said(piece.shipment) | piece.data, at=at)
        for webhook in webhooks:
            if _is_for(webhook, piece):
                yield Delivery(
                    webhook=webhook, kind=piece.kind, source=piece.source, body=body, created_at=at, due_at=at
                )


def _is_for(webhook: Webhook, piece: Piece) -> bool:
    """Say whether a piece is for an address: of its brand, of a kind it hears of, and not from before it was there."""
    is_of_brand = webhook.brand_id in {None, piece.shipment.brand_id}
    return is_of_brand and webhook.hears_of(piece.kind) and piece.at >= webhook.created_at


def _say(kind: News, data: dict[str, Any], *, at: datetime) -> str:
    return json.dumps(
        {"type": kind.value, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False, allow_nan=False
    )


def _shipment_said(shipment: Shipment) -> dict[str, Any]:
    """Say which shipment it is, and where it stands as this is written; ``version`` orders what arrives in disorder."""
    return {
        "id": str(shipment.uid),
        "brand": shipment.brand.slug,
        "reference": shipment.reference,
        "status": shipment.status,
        "version": shipment.version,
    }


def _event_said(event: StatusEvent) -> dict[str, Any]:
    return {
        "event": {
            "status": event.status or None,
            "occurred_at": event.occurred_at.isoformat(),
            "place": event.place,
            "parcel": event.parcel.number if event.parcel else None,
            "code": event.raw_code,
            "reason": event.reason or None,
        }
    }


def _window_said(change: WindowChange) -> dict[str, Any]:
    def written(moment: datetime | None) -> str | None:
        return moment.isoformat() if moment else None

    return {
        "window": {
            "date": change.date.isoformat(),
            "start": written(change.start),
            "end": written(change.end),
            "cause": change.cause,
        }
    }
