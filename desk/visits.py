"""What the desk is shown of the visits to a door: what was kept, and what speaks for an attempt."""

from collections.abc import Sequence
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


def gather(shipment: Shipment) -> list[Visit]:
    """Gather the visits to the door of a shipment, newest first. Two queries."""
    events = shipment.events.filter(status__in=AT_THE_DOOR).select_related("evidence").prefetch_related("proofs")
    found = [_visit(event) for event in events.order_by("-occurred_at", "-id")]
    return [visit for visit in found if visit.proofs or visit.evidence]


def _visit(event: StatusEvent) -> Visit:
    evidence: Evidence | None = getattr(event, "evidence", None)
    return Visit(event, list(event.proofs.all()), evidence, _tell(evidence) if evidence else "")


def _tell(evidence: Evidence) -> str:
    if evidence.distance_m is None:
        return _("Nobody measured where the driver was")
    return _("%(metres)d m from the door, %(seconds)d s near it, measured %(by)s") % {
        "metres": round(evidence.distance_m),
        "seconds": evidence.dwell_seconds or 0,
        "by": Measure(evidence.measured_by).label,
    }
