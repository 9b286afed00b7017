"""Ratings, for staff to read."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from feedback.models import Rating, RatingVersion
from tracking.admin.showing import ShownAdmin, ShownInline


class RatingVersionInline(ShownInline):
    """What the shopper said before."""

    model = RatingVersion
    fields = ["at", "score", "reasons", "words", "recommends", "source"]
    ordering = ["at", "id"]


@admin.register(Rating)
class RatingAdmin(ShownAdmin):
    """What shoppers think, newest first."""

    list_display = ["shipment", "score", "reasons", "recommends", "source", "rated_at"]
    list_filter = ["score", "source", "shipment__brand"]
    ordering = ["-id"]
    search_fields = ["=shipment__reference"]
    inlines = [RatingVersionInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rating]:
        return super().get_queryset(request).select_related("shipment")
