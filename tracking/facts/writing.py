"""Facts in the form of CONTRACT's JSON."""

from datetime import date
from typing import Any, Final

from tracking.facts.allowed import EventFact, Facts, ParcelFact, PickupFact, PositionFact, WindowFact

OF_AN_EVENT: Final = ("status", "label", "place")
"""What is written of an event; why it was not handed over is in its label."""


def as_json(facts: Facts) -> dict[str, Any]:
    """Put facts into the form of CONTRACT's ``/t/<token>.json``."""
    told, driver = facts.window, facts.driver
    return {
        "reference": facts.reference,
        "version": facts.version,
        "status": facts.status.value,
        "status_label": facts.status_label,
        "conditions": list(facts.conditions),
        "handover": facts.handover,
        "window": told and {field: _plain(getattr(told, field)) for field in WindowFact.__slots__},
        "stops_before": facts.stops_before,
        "driver": driver and {"name": driver.name, "vehicle": driver.vehicle, "position": _position(driver.position)},
        "parcels": [{field: getattr(parcel, field) for field in ParcelFact.__slots__} for parcel in facts.parcels],
        "events": [_event(event) for event in facts.events],
        "actions": list(facts.actions),
        "pickup": facts.pickup and {field: _plain(getattr(facts.pickup, field)) for field in PickupFact.__slots__},
        "as_of": facts.as_of.isoformat(),
    }


def _event(event: EventFact) -> dict[str, Any]:
    """Put a line of the history down, with its day alone where no more is known."""
    at = event.at if event.has_time else event.at.date()
    return {"at": at.isoformat()} | {field: getattr(event, field) for field in OF_AN_EVENT}


def _position(position: PositionFact | None) -> dict[str, Any] | None:
    if position is None:
        return None
    return {field: _plain(getattr(position, field)) for field in PositionFact.__slots__}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
