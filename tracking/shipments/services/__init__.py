"""The only writer of shipments, their events and the ledger of their windows.

Every change of a fact that a shopper can see adds one to the shipment's version, in the same transaction. Locks are
taken in one order, route before shipment and shipments by id, so that two drivers' phones never wait for each other.
"""

from tracking.shipments.services.addresses import Address, readdress
from tracking.shipments.services.carrying import carry
from tracking.shipments.services.laying import Door, Layout, lay_out
from tracking.shipments.services.orders import Recipient, UnknownZone, create
from tracking.shipments.services.steps import (
    NothingToTakeBack,
    Report,
    UnknownParcel,
    ingest,
    ingest_all,
    record,
    silently,
    take_back,
)
from tracking.shipments.services.stops import approach, assign, set_off, withdraw
from tracking.shipments.services.windows import estimate, estimate_all, promise

__all__ = [
    "Address",
    "Door",
    "Layout",
    "NothingToTakeBack",
    "Recipient",
    "Report",
    "UnknownParcel",
    "UnknownZone",
    "approach",
    "assign",
    "carry",
    "create",
    "estimate",
    "estimate_all",
    "ingest",
    "ingest_all",
    "lay_out",
    "promise",
    "readdress",
    "record",
    "set_off",
    "silently",
    "take_back",
    "withdraw",
]
