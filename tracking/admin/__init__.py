"""Tracking in the stock admin, for staff: to look things up, to keep names and rules, and to revoke secrets.

What services write is shown and never edited: a status that was set by hand would have no event, no version and no
message to those who wait for it. What can be done here is done through services, and logged with who did it.
"""

from django.contrib import admin

from tracking.admin import brands, figures, keys, links, rounds, shipments

__all__ = ["brands", "figures", "keys", "links", "rounds", "shipments"]

admin.site.site_header = admin.site.site_title = "Doorstep"
