"""What others may hear about shipments. Each is sent after the commit, by ``send_robust``; the row is the truth.

- ``status_changed(event_id, shipment_id)``: a status event was written, whether or not it moved the status.
- ``window_changed(shipment_ids)``: these shoppers are now told another window; the ledger has the causes.
- ``stops_changed(route_id, change)``: stops away may differ for every shipment that is still on this route, because of
  this ``StopsChange``.
"""

from enum import StrEnum

from django.dispatch import Signal


class StopsChange(StrEnum):
    """What happened to the stops of a route."""

    SET_OFF = "set_off"
    DONE = "done"
    REMOVED = "removed"
    ADDED = "added"
    REORDERED = "reordered"


status_changed = Signal()
window_changed = Signal()
stops_changed = Signal()
