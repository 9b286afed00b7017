"""Links to the driver's page, which staff issue, take back and hand over; and what was done on it, to look at."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField, ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from driving.models import DriveLink, DriverAction
from driving.services import links
from tracking.admin.showing import ShownAdmin, masked
from tracking.rounds.models import Shift, ShiftState


@admin.register(DriveLink)
class DriveLinkAdmin(ShownAdmin):
    """The ways into the driver's page: lists show their beginnings, the link's own page the whole address."""

    list_display = ["token_begins", "shift", "issued_at", "bound_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), ("bound_at", admin.EmptyFieldListFilter)]
    list_select_related = ["shift__driver"]
    ordering = ["-id"]
    search_fields = ["shift__driver__given_name", "shift__driver__family_name"]
    fields = ["shift", "address", "issued_at", "bound_at", "revoked_at"]
    readonly_fields = ["address", "issued_at", "bound_at", "revoked_at"]
    actions = ["revoke", "release"]

    @admin.display(description="token")
    def token_begins(self, link: DriveLink) -> str:
        return masked(link.token)

    @admin.display(description="address")
    def address(self, link: DriveLink) -> str:
        return f"{settings.BASE_URL}{reverse('driving:page', args=[link.token])}" if link.token and link.pk else "–"

    @admin.action(description="Revoke the selected links", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[DriveLink]) -> None:
        """Close these links at once and for good."""
        for link in chosen:
            links.revoke(link, at=timezone.now())
            self.log_change(request, link, "Revoked.")
        self.message_user(request, f"{len(chosen)} revoked.")

    @admin.action(description="Let another phone take over the selected links", permissions=["revoke"])
    def release(self, request: HttpRequest, chosen: QuerySet[DriveLink]) -> None:
        """Let the next phone that opens one of these links be the one that drives."""
        for link in chosen:
            links.release(link)
            self.log_change(request, link, "Released.")
        self.message_user(request, f"{len(chosen)} released.")

    def save_model(self, request: HttpRequest, link: DriveLink, form: ModelForm, change: bool) -> None:
        """Issue a link for the shift that was chosen."""
        issued = links.issue(link.shift, at=timezone.now())
        link.pk, link.token, link.issued_at = issued.pk, issued.token, issued.issued_at

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> "ModelChoiceField[Any] | None":
        """Offer the shifts that are not over."""
        if db_field.name == "shift":
            kwargs["queryset"] = Shift.objects.exclude(state=ShiftState.ENDED).select_related("driver")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("driving.add_drivelink")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("driving.change_drivelink")


@admin.register(DriverAction)
class DriverActionAdmin(ShownAdmin):
    """What drivers did, with what was odd about it."""

    list_display = ["occurred_at", "received_at", "kind", "shipment", "outcome", "flags"]
    list_filter = ["kind", "outcome"]
    list_select_related = ["shipment"]
    ordering = ["-id"]
    search_fields = ["=shipment__reference"]
    fields = ["kind", "shipment", "occurred_at", "device_at", "received_at", "outcome", "flags", "key"]
