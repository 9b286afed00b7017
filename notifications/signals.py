"""What others may hear about messages. Each is sent after the commit, by ``send_robust``; the row is the truth.

- ``message_kept(inbound_id)``: a shopper wrote what no word and no question took; a person is to read it.
"""

from django.dispatch import Signal

message_kept = Signal()
