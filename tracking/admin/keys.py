"""Keys of the API: made here, shown once, told apart by how they begin, and revoked."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tracking.admin.showing import ShownAdmin
from tracking.keys import services
from tracking.keys.models import OF_THE_FLEET, ApiKey, Scope
from tracking.shipments.models import Brand


class KeyForm(forms.Form):
    """A key that is to be made: for whom, and what it may do."""

    name = forms.CharField(max_length=60, help_text="Who will hold it, to know it by.")
    brand = forms.ModelChoiceField(
        Brand.objects.all(), required=False, help_text="Of an order that names none, and the only one it sees."
    )
    is_for_all = forms.BooleanField(required=False, label="It is for all brands, and for the fleet")
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, label="What it may do"
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("is_for_all"):
            if not cleaned.get("brand"):
                self.add_error("brand", "Choose a brand, or make it a key for all.")
            if OF_THE_FLEET & set(cleaned.get("scopes", [])):
                self.add_error("scopes", "Drivers, routes and positions are of all brands: such a key is for all.")
        return cleaned


def _staff(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


@admin.register(ApiKey)
class ApiKeyAdmin(ShownAdmin):
    """Who holds the secret does what the key may."""

    list_display = ["name", "begins", "brand", "is_for_all", "created_at", "used_at", "revoked_at"]
    list_filter = ["brand", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["brand"]
    ordering = ["-id"]
    search_fields = ["name", "=begins"]
    fields = ["name", "begins", "brand", "is_for_all", "scopes", "created_at", "created_by", "used_at", "revoked_at"]
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("tracking.add_apikey")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Make a key, and show its secret this once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = KeyForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            key, secret = services.issue(**form.cleaned_data, at=timezone.now(), by=_staff(request))
            self.log_addition(request, key, "Made.")
            return self._show(request, "key_made", {"title": "The key is made", "key": key, "secret": secret})
        status = 422 if form.is_bound else 200
        return self._show(request, "key", {"title": "Make a key", "form": form}, status=status)

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Close these keys at once and for good."""
        for key in keys:
            services.revoke(key, at=timezone.now())
            self.log_change(request, key, "Revoked.")
        self.message_user(request, f"{len(keys)} revoked.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tracking.change_apikey")

    def _show(self, request: HttpRequest, page: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "opts": self.opts}
        response = render(request, f"admin/tracking/{page}.html", context, status=status)
        response["Cache-Control"] = "no-store"
        return response
