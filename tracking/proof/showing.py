"""What of a shipment there is to show, and to dispute."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q

from tracking.proof.models import Evidence, Proof
from tracking.shipments import lifecycle
from tracking.shipments.lifecycle import FINISHED, Status
from tracking.shipments.models import Shipment, StatusEvent

AT_THE_DOOR: Final = frozenset({Status.DELIVERED, Status.ATTEMPTED})


@dataclass(frozen=True, slots=True)
class Shown:
    """By event id: what something proves, and the attempts that the shopper has disputed."""

    proved: frozenset[int] = frozenset()
    disputed: frozenset[int] = frozenset()


NOTHING: Final = Shown()


def look_up(events: Iterable[StatusEvent], *, by: datetime | None = None) -> Shown:
    """Find what there is about these events, or was by a moment. One query, and none before anybody was at the door."""
    at_the_door = [event.id for event in events if event.status in AT_THE_DOOR]
    if not at_the_door:
        return NOTHING
    proofs, evidence = Proof.objects.filter(event=OuterRef("id")), Evidence.objects.filter(event=OuterRef("id"))
    then = (Q(received_at__lte=by), Q(disputed_at__lte=by)) if by else (Q(), Q(disputed_at__isnull=False))
    asked = StatusEvent.objects.filter(id__in=at_the_door).annotate(
        is_proved=Exists(proofs.filter(then[0])), is_disputed=Exists(evidence.filter(then[1]))
    )
    found = list(asked.values_list("id", "is_proved", "is_disputed"))
    return Shown(
        frozenset(id_ for id_, is_proved, _ in found if is_proved),
        frozenset(id_ for id_, _, is_disputed in found if is_disputed),
    )


def last_delivery(events: Iterable[StatusEvent]) -> StatusEvent | None:
    """Find the last event that stands and says that it was delivered."""
    return _last(events, Status.DELIVERED)


def last_attempt(shipment: Shipment, events: Iterable[StatusEvent]) -> StatusEvent | None:
    """Find the last attempt that stands, while the shipment is still to come: the one that may be disputed."""
    return None if shipment.status in FINISHED else _last(events, Status.ATTEMPTED)


def _last(events: Iterable[StatusEvent], status: Status) -> StatusEvent | None:
    standing: Sequence[StatusEvent] = lifecycle.in_order(events)
    return next((event for event in reversed(standing) if event.status == status), None)
