"""Tracking links, shown by their beginning and revoked by one click, and what was tried with them."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from tracking.admin.showing import ShownAdmin, masked
from tracking.links import services
from tracking.links.models import LinkUse, TrackingLink


@admin.register(TrackingLink)
class TrackingLinkAdmin(ShownAdmin):
    """Who holds a token sees the shipment; here it can be told from another one, and closed."""

    list_display = ["token_begins", "shipment", "origin", "created_at", "expires_at", "revoked_at"]
    list_filter = ["origin", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["shipment"]
    ordering = ["-id"]
    search_fields = ["=token", "=shipment__reference"]
    fields = ["token_begins", "shipment", "origin", "created_at", "expires_at", "revoked_at"]
    readonly_fields = ["token_begins"]
    actions = ["revoke"]

    @admin.display(description="token")
    def token_begins(self, link: TrackingLink) -> str:
        return masked(link.token)

    @admin.action(description="Revoke the selected links", permissions=["revoke"])
    def revoke(self, request: HttpRequest, links: QuerySet[TrackingLink]) -> None:
        """Close these links at once and for good, and let their open pages go."""
        for link in links:
            services.revoke(link, at=timezone.now())
            self.log_change(request, link, "Revoked.")
        self.message_user(request, f"{len(links)} revoked.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tracking.change_trackinglink")


@admin.register(LinkUse)
class LinkUseAdmin(ShownAdmin):
    """Who proved what with a link, and who failed to."""

    list_display = ["at", "kind", "link"]
    list_filter = ["kind"]
    list_select_related = ["link"]
    ordering = ["-id"]
    search_fields = ["=link__shipment__reference"]
