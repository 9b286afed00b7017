"""What others may hear about feedback. Each is sent after the commit, by ``send_robust``; the row is the truth.

- ``rated(rating_id, shipment_id)``: a shopper said what they think, or changed it.
- ``case_changed(case_id, shipment_id)``: a case was opened, handed over, resolved or reopened, or something was said
  in it.
"""

from django.dispatch import Signal

rated = Signal()
case_changed = Signal()
