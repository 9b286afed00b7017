"""What others may hear about partners. Sent after the commit, by ``send_robust``; the row is the truth.

- ``letter_stored()``: something that partners wrote is to be read.
- ``carrier_chosen(choice_id, shipment_id, carrier_id)``: a shipment was given to a carrier, by the sum or by hand.
- ``offer_ended(offer_id, shipment_ids)``: of a crowd that was asked to carry these nobody took them.
- ``booking_due()``: something is to be said to a partner about a booking.
"""

from django.dispatch import Signal

letter_stored = Signal()
carrier_chosen = Signal()
offer_ended = Signal()
booking_due = Signal()
