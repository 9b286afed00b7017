"""Planning in the stock admin: what staff keep of hubs, fleets and duties, and what a plan was.

Duties are entered and cancelled through services; plans and what they were made of are shown.
"""

from dispatch.admin import duties, fleet, plans

__all__ = ["duties", "fleet", "plans"]
