"""What a receipt says, read off the rows of a shipment."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tracking.proof import showing
from tracking.proof.models import Proof
from tracking.shipments import chain
from tracking.shipments.chain import Happening
from tracking.shipments.models import Shipment


class NotDelivered(Exception):
    """There is no receipt of what was not delivered, or was corrected to be not."""


class BrokenHistory(Exception):
    """The history of this shipment was changed behind our back: nobody signs that."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a receipt says, as it is signed, and the proofs that it tells of."""

    told: Mapping[str, Any]
    proofs: Sequence[Proof]


def gather(shipment: Shipment, *, issuer: str, at: datetime) -> Contents:
    """Gather the receipt of a shipment that was fetched with its brand. Three queries, however long its history.

    All moments are written with the offset of the destination, but those of the history, which are in UTC.

    Raises ``NotDelivered``, ``BrokenHistory``.
    """
    events = list(shipment.events.select_related("parcel").order_by("id"))
    delivered = showing.last_delivery(events)
    if delivered is None:
        raise NotDelivered
    if chain.first_fault(events) is not None:
        raise BrokenHistory
    proofs = list(delivered.proofs.select_related("driver"))
    told = {
        "issuer": issuer,
        "issued_at": _local(shipment, at),
        "brand": shipment.brand.name,
        "reference": shipment.reference,
        "parcels": [parcel.number for parcel in shipment.parcels.all()],
        "address": f"{shipment.street}, {shipment.postcode} {shipment.city}",
        "timezone": shipment.timezone,
        "delivered_at": _local(shipment, delivered.occurred_at),
        "handover": shipment.handover,
        "driver": next((proof.driver.given_name for proof in proofs if proof.driver), ""),
        "proofs": [_proof(shipment, proof) for proof in proofs],
        "history": [asdict(Happening.of(event)) for event in events],
        "head": events[-1].link,
    }
    return Contents(told, proofs)


def _proof(shipment: Shipment, proof: Proof) -> dict[str, str]:
    """Tell one proof; a picture by the digest of its bytes."""
    return {
        "kind": proof.kind,
        "taken_at": _local(shipment, proof.taken_at),
        "words": proof.words,
        "flag": proof.flag,
        "sha256": proof.digest,
    }


def _local(shipment: Shipment, moment: datetime) -> str:
    return moment.astimezone(shipment.zone).isoformat(timespec="seconds")
