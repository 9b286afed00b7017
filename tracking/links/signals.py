"""What others may hear about links. Each is sent after the commit, by ``send_robust``; the row is the truth.

- ``link_revoked(shipment_id)``: a link to this shipment is no longer good.
"""

from django.dispatch import Signal

link_revoked = Signal()
