"""What brands decide: the policy, and as one table what is told on which channel."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from notifications.admin.forms import RulesForm
from notifications.models import Policy, Rule
from notifications.services import by_hand, policies
from notifications.triggers import Channel
from tracking.admin.showing import KeptAdmin, ShownAdmin
from tracking.models import Brand


@admin.register(Policy)
class PolicyAdmin(KeptAdmin):
    """Quiet hours, caps, senders, and whom a shopper turns to for help; a brand without one has the usual ones."""

    list_display = ["brand", "quiet_from", "quiet_until", "texts_a_day", "messages_a_day", "texts_an_hour"]
    list_select_related = ["brand"]
    ordering = ["brand__name"]
    fieldsets = [
        (None, {"fields": ["brand"]}),
        ("Quiet hours, by the recipient's clock", {"fields": ["quiet_from", "quiet_until"]}),
        ("At most", {"fields": ["messages_a_day", "texts_a_day", "texts_an_hour"]}),
        ("When", {"fields": ["late_by_minutes", "evening_before_at", "pickup_reminder_days", "survey_after_hours"]}),
        ("From", {"fields": ["sms_sender", "email_sender", "help_contact"]}),
    ]


@admin.register(Rule)
class RuleAdmin(ShownAdmin):
    """One table a brand, in place of a list of rows."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and request.user.has_perm("notifications.change_rule")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show and save the rules of one brand, the first one unless another is asked for."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        brands = Brand.objects.order_by("name", "id")
        slug = request.GET.get("brand")
        brand = get_object_or_404(brands, slug=slug) if slug else brands.first()
        form = _form(request, brand) if brand else None
        if brand and form and request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            if form.is_valid():
                return self._save(request, brand, form)
        context = {
            **self.admin_site.each_context(request),
            "title": "What is told, and how",
            "brands": brands,
            "brand": brand,
            "form": form,
            "channels": [channel.label for channel in Channel],
            "may_change": self.has_change_permission(request),
        }
        status = 422 if form and form.errors else 200
        return render(request, "admin/notifications/rules.html", context, status=status)

    def _save(self, request: HttpRequest, brand: Brand, form: RulesForm) -> HttpResponse:
        by_hand.decide(brand, form.decided, form.nearness)
        self.log_change(request, brand, "Changed what is told.")
        self.message_user(request, f"Saved for {brand.name}.")
        return redirect(f"{reverse('admin:notifications_rule_changelist')}?brand={brand.slug}")


def _form(request: HttpRequest, brand: Brand) -> RulesForm:
    terms = policies.of_brands([brand.id])[brand.id]
    return RulesForm(request.POST if request.method == "POST" else None, terms=terms)
