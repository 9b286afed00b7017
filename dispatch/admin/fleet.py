"""Hubs with what they offer until when, fleets with what they cost, vehicles and skills: what staff keep."""

from django.contrib import admin

from dispatch.models import Cutoff, Fleet, Hub, Skill, Slot, Tariff, VehicleType
from tracking.admin.showing import KeptAdmin


class CutoffInline(admin.TabularInline):
    """Until when an order of a level can be in."""

    model = Cutoff
    extra = 0


class TariffInline(admin.TabularInline):
    """What a level costs."""

    model = Tariff
    extra = 0


class SlotInline(admin.TabularInline):
    """The times of day that can be had."""

    model = Slot
    extra = 0


@admin.register(Hub)
class HubAdmin(KeptAdmin):
    """The day, the zone and the reach of a hub, and what it offers."""

    list_display = ["name", "timezone", "country", "opens_at", "closes_at", "hands_over_from", "reach_m"]
    list_select_related = ["place"]
    search_fields = ["place__name", "place__slug"]
    inlines = [CutoffInline, TariffInline, SlotInline]

    @admin.display(description="hub", ordering="place__name")
    def name(self, hub: Hub) -> str:
        return hub.place.name


@admin.register(Fleet)
class FleetAdmin(KeptAdmin):
    """What the drivers of a carrier cost: own, partner or crowd."""

    list_display = ["carrier", "kind", "cost_per_shift", "cost_per_hour", "cost_per_stop"]
    list_filter = ["carrier__kind"]
    list_select_related = ["carrier"]
    search_fields = ["carrier__name", "carrier__slug"]

    @admin.display(description="kind", ordering="carrier__kind")
    def kind(self, fleet: Fleet) -> str:
        return fleet.carrier.get_kind_display()


@admin.register(VehicleType)
class VehicleTypeAdmin(KeptAdmin):
    """Kinds of vehicles: what they carry, burn and cost."""

    list_display = ["name", "slug", "kind", "energy", "payload_g", "volume_ml", "cost_per_km"]
    list_filter = ["kind", "energy"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Skill)
class SkillAdmin(KeptAdmin):
    """What not every driver may do."""

    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
