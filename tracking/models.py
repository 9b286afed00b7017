"""The tables of this app, for Django to find; import them from the sub-package they live in."""

from tracking.changes.models import Change, OfferedAction, Preference
from tracking.figures.models import CarrierScore, DriverScore, FreshStart, StopHint
from tracking.keys.models import Answer, ApiKey
from tracking.links.models import LinkCode, LinkUse, SharedLink, TrackingLink
from tracking.proof.models import Evidence, PinDay, Proof
from tracking.rounds.models import Carrier, Device, Driver, Place, Position, Route, Shift, Stop
from tracking.shipments.models import Brand, Parcel, Shipment, StatusEvent, WindowChange

__all__ = [
    "Answer",
    "ApiKey",
    "Brand",
    "Carrier",
    "CarrierScore",
    "Change",
    "Device",
    "Driver",
    "DriverScore",
    "Evidence",
    "FreshStart",
    "LinkCode",
    "LinkUse",
    "OfferedAction",
    "Parcel",
    "PinDay",
    "Place",
    "Position",
    "Preference",
    "Proof",
    "Route",
    "SharedLink",
    "Shift",
    "Shipment",
    "StatusEvent",
    "Stop",
    "StopHint",
    "TrackingLink",
    "WindowChange",
]
