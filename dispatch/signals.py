"""What others may hear about planning. Each is sent after the commit, by ``send_robust``; the row is the truth.

- ``plan_asked(plan_id)``: somebody wants a plan worked out.
- ``plan_changed(plan_id)``: a plan is ready, was changed by hand, cancelled or published.
"""

from django.dispatch import Signal

plan_asked = Signal()
plan_changed = Signal()
