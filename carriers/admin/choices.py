"""What carriers can be had for, and how bad they may be: what staff keep."""

from django.contrib import admin

from carriers.models import Floor, Profile, Tariff
from tracking.admin.showing import KeptAdmin


@admin.register(Profile)
class ProfileAdmin(KeptAdmin):
    """Where a carrier goes, how much it takes, and what that does to the air."""

    list_display = ["carrier", "is_offered", "hub", "area", "levels", "deliveries_a_day", "deliveries_an_hour"]
    list_filter = ["is_offered", "carrier__kind"]
    list_select_related = ["carrier", "hub"]
    search_fields = ["carrier__name", "carrier__slug"]


@admin.register(Tariff)
class TariffAdmin(admin.ModelAdmin):
    """What a carrier takes for a delivery, zone by zone."""

    list_display = ["carrier", "postcode", "base", "per_kg", "per_km"]
    list_select_related = ["carrier"]
    search_fields = ["carrier__name", "carrier__slug", "=postcode"]


@admin.register(Floor)
class FloorAdmin(admin.ModelAdmin):
    """How bad a carrier may be before it is benched."""

    list_display = ["criterion", "worst", "least_n"]
