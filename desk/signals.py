"""What others may hear about the desk. Sent after the commit, by ``send_robust``; the row is the truth.

- ``import_begun(import_id)``: somebody wants the good rows of a file taken in.
"""

from django.dispatch import Signal

import_begun = Signal()
