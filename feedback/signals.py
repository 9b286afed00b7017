"""What others may hear about feedback. Each is sent after the commit, by ``send_robust``; the row is the truth.

- ``rated(rating_id, shipment_id)``: a shopper said what they think, or changed it.
"""

from django.dispatch import Signal

rated = Signal()
