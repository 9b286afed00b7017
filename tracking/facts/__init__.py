"""The one list of what may leave the house about a shipment; every public representation is built from it.

What is not a field in ``allowed`` is not public: no phone, no address, no other stop, no other parcel, no internal id.
Page, JSON, text, calendar and WebSocket differ in form alone.
"""

from tracking.facts.allowed import DriverFact, EventFact, Facts, ParcelFact, PickupFact, PositionFact, WindowFact
from tracking.facts.gathering import count_stops_before, doors_of, gather, sight_of, told_window
from tracking.facts.history import public_place
from tracking.facts.writing import as_json

__all__ = [
    "DriverFact",
    "EventFact",
    "Facts",
    "ParcelFact",
    "PickupFact",
    "PositionFact",
    "WindowFact",
    "as_json",
    "count_stops_before",
    "doors_of",
    "gather",
    "public_place",
    "sight_of",
    "told_window",
]
