"""What others may hear about changes. Each is sent after the commit, by ``send_robust``; the row is the truth.

- ``change_asked(change_id, shipment_id)``: somebody changed something about a shipment.
- ``change_undone(change_id, shipment_id)``: a change was taken back before its cut-off.
"""

from django.dispatch import Signal

change_asked = Signal()
change_undone = Signal()
