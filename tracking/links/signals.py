"""What others may hear about links. Each is sent after the commit, by ``send_robust``; the row is the truth.

- ``code_requested(link_id, shipment_id, code)``: a code is to be sent to the address on file of the shipment; nobody
  else is told the code, and only its hash is kept here.
- ``link_revoked(shipment_id)``: a link to this shipment is no longer good.
"""

from django.dispatch import Signal

code_requested = Signal()
link_revoked = Signal()
