"""What was learned: how carriers and drivers do, and how long doors take. Written every night, shown here."""

from django.contrib import admin

from tracking.admin.showing import ShownAdmin
from tracking.figures.models import CarrierScore, DriverScore, StopHint


@admin.register(CarrierScore)
class CarrierScoreAdmin(ShownAdmin):
    """How each carrier did, and on how many deliveries that rests."""

    list_display = [
        "carrier", "since", "until", "on_window", "on_window_n", "stars", "stars_n", "claims", "claims_n",
    ]  # fmt: skip
    list_select_related = ["carrier"]
    ordering = ["carrier"]


@admin.register(DriverScore)
class DriverScoreAdmin(ShownAdmin):
    """What shoppers gave each driver, and on how many ratings that rests."""

    list_display = ["driver", "since", "until", "stars", "stars_n"]
    list_select_related = ["driver"]
    ordering = ["driver"]


@admin.register(StopHint)
class StopHintAdmin(ShownAdmin):
    """How long drivers stay at the doors of each block."""

    list_display = ["block", "seconds", "n"]
    ordering = ["block"]
    search_fields = ["=block"]
