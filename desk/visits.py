"""What the desk is shown of the visits to a door: what was kept, and what speaks for an attempt."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tracking.proof.models import Evidence, Measure, Proof
from tracking.proof.showing import AT_THE_DOOR
from tracking.shipments.models import Shipment, StatusEvent


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit that something is known of; ``told`` says of an attempt what it rests on."""

    event: StatusEvent
    proofs: Sequence[Proof]
    evidence: Evidence | None
    told: str


def gather(shipment: Shipment, events: Iterable[StatusEvent]) -> list[Visit]:
    """Gather the visits to the door of a shipment, newest first. One query.

    All of which anything was kept, and the attempts among these events, which were fetched with their evidence.
    """
    proofs: dict[int, list[Proof]] = defaultdict(list)
    at_door = {event.id: event for event in events if event.status in AT_THE_DOOR and hasattr(event, "evidence")}
    kept = Proof.objects.filter(event__shipment=shipment).select_related("event__evidence")
    for proof in kept.order_by("taken_at", "id"):
        proofs[proof.event_id].append(proof)
        at_door[proof.event_id] = proof.event
    newest_first = sorted(at_door.values(), key=lambda event: (event.occurred_at, event.id), reverse=True)
    return [_visit(event, proofs[event.id]) for event in newest_first]


def _visit(event: StatusEvent, proofs: Sequence[Proof]) -> Visit:
    evidence: Evidence | None = getattr(event, "evidence", None)
    return Visit(event, proofs, evidence, _tell(evidence) if evidence else "")


def _tell(evidence: Evidence) -> str:
    if evidence.distance_m is None:
        return _("Nobody measured where the driver was")
    return _("%(metres)d m from the door, %(seconds)d s near it, measured %(by)s") % {
        "metres": round(evidence.distance_m),
        "seconds": evidence.dwell_seconds or 0,
        "by": Measure(evidence.measured_by).label,
    }
