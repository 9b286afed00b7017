"""Ratings, for staff to read; what brands promise about cases, and answers that are given often, for who leads."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from feedback.models import CasePolicy, Macro, Rating, RatingVersion
from tracking.admin.showing import KeptAdmin, ShownAdmin, ShownInline


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


@admin.register(CasePolicy)
class CasePolicyAdmin(KeptAdmin):
    """What each brand promises about cases; one without a row promises what a new row says."""

    list_display = ["brand", "low_score_up_to", "high_hours", "normal_hours", "low_hours"]
    list_select_related = ["brand"]


@admin.register(Macro)
class MacroAdmin(admin.ModelAdmin):
    """Answers to start from: {name}, {reference} and {brand} are filled in. Without a brand, they are for all."""

    list_display = ["title", "brand"]
    list_filter = ["brand"]
    list_select_related = ["brand"]
    search_fields = ["title", "body"]
