"""What others may hear about rounds. Each is sent after the commit, by ``send_robust``; the row is the truth.

- ``shift_changed(driver_id)``: a driver began, paused, resumed or ended work.
- ``device_revoked(key)``: an address for positions is no longer good.
"""

from django.dispatch import Signal

shift_changed = Signal()
device_revoked = Signal()
