"""What a phone says its driver did. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from driving.models import Kind
from tracking.proof.models import Kind as ProofKind
from tracking.proof.services import Claim
from tracking.shipments.lifecycle import Handover
from tracking.shipments.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was done, at ``device_at`` by the phone's clock, which showed ``sent_at`` when it was told.

    ``is_late`` where the phone has accepted it without a signal, so that it can no longer be refused.
    """

    key: UUID
    kind: Kind
    device_at: datetime
    sent_at: datetime | None = None
    is_late: bool = False
    shipment_id: int | None = None
    number: str = ""
    handover: Handover | None = None
    reason: Reason | None = None
    name: str = ""
    place: str = ""
    note: str = ""
    pin: str = ""
    claim: Claim | None = None
    pictures: Mapping[ProofKind, bytes] = field(default_factory=dict)

    @property
    def kept(self) -> dict[str, Any]:
        """What of it is written down as it was said: never a PIN."""
        words = {name: getattr(self, name) for name in ("number", "handover", "reason", "name", "place", "note")}
        said = {name: value for name, value in words.items() if value}
        if self.claim is None:
            return said
        where = {"latitude": self.claim.where.latitude, "longitude": self.claim.where.longitude}
        return {**said, **where, "dwell_seconds": self.claim.dwell_seconds}

    @property
    def fingerprint(self) -> str:
        """What a repetition has in common with the first time, and a forgery has not."""
        same = [self.kind, self.device_at, self.shipment_id, self.kept]
        return sha256(orjson.dumps(same, option=orjson.OPT_SORT_KEYS)).hexdigest()
