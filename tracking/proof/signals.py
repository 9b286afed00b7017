"""What others may hear about proof. Each is sent after the commit, by ``send_robust``; the row is the truth.

- ``proof_kept(event_id, shipment_id)``: there is a proof of this event.
- ``attempt_disputed(event_id, shipment_id)``: the shopper disputes that this attempt was one, or what speaks for it is
  too bad by itself.
"""

from django.dispatch import Signal

proof_kept = Signal()
attempt_disputed = Signal()
