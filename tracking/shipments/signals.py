"""What others may hear about shipments. Each is sent after the commit, by ``send_robust``; the row is the truth.

- ``status_changed(event_id, shipment_id)``: a status event was written, whether or not it moved the status.
- ``window_changed(shipment_ids)``: these shoppers are now told another window; the ledger has the causes.
- ``stops_changed(route_id)``: a stop of a route was completed, added or removed, or the route has set off: stops away
  may differ for every shipment that is still on it.
"""

from django.dispatch import Signal

status_changed = Signal()
window_changed = Signal()
stops_changed = Signal()
