"""Plans and what they were made of: what each shipment asks for, which staff correct, and what came out, to look at."""

from typing import Final

from django.contrib import admin
from django.http import HttpRequest

from dispatch.models import Demand, Plan, PlannedTour
from tracking.admin.showing import KeptAdmin, ShownAdmin, ShownInline

_FIGURES: Final = (
    "duty", "route", "departs_at", "returns_at", "metres", "driven_seconds", "money", "kg_co2e", "litres", "kwh",
)  # fmt: skip


@admin.register(Demand)
class DemandAdmin(KeptAdmin):
    """What a shipment asks of a plan: how much, how long, from where; when and whereto is changed with its changes."""

    list_display = ["shipment", "hub", "level", "earliest", "latest", "mass_g", "volume_ml"]
    list_filter = ["level", "hub"]
    list_select_related = ["shipment", "hub__place"]
    ordering = ["-pk"]
    search_fields = ["=shipment__reference"]
    show_full_result_count = False
    fields = ["hub", "level", "mass_g", "volume_ml", "service_seconds", "skills", "ready_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class PlannedTourInline(ShownInline):
    """What each duty does in a plan."""

    model = PlannedTour
    fields = [*_FIGURES]
    readonly_fields = [*_FIGURES]


@admin.register(Plan)
class PlanAdmin(ShownAdmin):
    """Plans of days, newest first."""

    list_display = ["day", "state", "is_again", "asked_by", "asked_at", "published_at", "problem"]
    list_filter = ["state", "is_again", "day"]
    list_select_related = ["asked_by"]
    ordering = ["-id"]
    inlines = [PlannedTourInline]
