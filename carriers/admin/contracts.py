"""What is agreed with partners about the carriers that they book."""

from django.contrib import admin

from carriers.models import Contract
from tracking.admin.showing import KeptAdmin


@admin.register(Contract)
class ContractAdmin(KeptAdmin):
    """Which carrier is booked by which account, as what, and from where its parcels are fetched."""

    list_display = ["carrier", "account", "name_there", "service", "sender", "city", "country"]
    list_filter = ["account"]
    list_select_related = ["carrier", "account"]
