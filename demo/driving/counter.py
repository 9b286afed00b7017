"""The counter of a pickup point: what arrives is put on its shelf, and collected a while later."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from demo.scenario import cast
from demo.scenario.stories import SHELF
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Handover, IllegalStep, Status
from tracking.shipments.models import Shipment

SHELVED_EVERY_SECONDS: Final = 75
COLLECTED_AFTER_SECONDS: Final = 200
"""Simulated ones, both."""


class Counter:
    """Whoever stands there. What was on the shelf before is somebody's who does not come today."""

    def __init__(self) -> None:
        self._next_at: datetime | None = None
        self._comes_at: dict[int, datetime] = {}

    def serve(self, *, at: datetime) -> None:
        """Put one more on the shelf where it is time for that, and hand out what somebody has come for."""
        if self._next_at is None or self._next_at <= at:
            self._next_at = at + _real(SHELVED_EVERY_SECONDS)
            self._shelve(at=at)
        for shipment_id in [known for known, comes_at in self._comes_at.items() if comes_at <= at]:
            del self._comes_at[shipment_id]
            self._step(shipment_id, Status.DELIVERED, at=at)

    def _shelve(self, *, at: datetime) -> None:
        arrived = Shipment.objects.filter(carrier__slug=cast.PICKUP, status=Status.AT_HUB).order_by("id").first()
        if arrived is not None and self._step(arrived.id, Status.READY_FOR_PICKUP, at=at):
            self._comes_at[arrived.id] = at + _real(COLLECTED_AFTER_SECONDS)

    def _step(self, shipment_id: int, to: Status, *, at: datetime) -> bool:
        """Record a step, unless somebody has decided otherwise meanwhile; says whether it is recorded."""
        shipment = Shipment.objects.get(id=shipment_id)
        handover = Handover.PICKUP_POINT if to == Status.DELIVERED else None
        try:
            shipments.record(shipment, to, at=at, handover=handover, place=SHELF)
        except IllegalStep:
            return False
        return True


def _real(simulated_seconds: float) -> timedelta:
    return timedelta(seconds=simulated_seconds / settings.SPEED)
