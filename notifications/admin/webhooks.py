"""Webhooks, shown with what became of each piece of news; paused, resumed, and sent again by a click."""

from typing import Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from notifications.models import Delivery, Try, Webhook
from notifications.services import webhooks
from tracking.admin.showing import ShownAdmin, ShownInline

MAY: Final = "notifications.change_webhook"


@admin.register(Webhook)
class WebhookAdmin(ShownAdmin):
    """Whom shops' programs want news sent to."""

    list_display = ["url", "brand", "state", "why", "created_at"]
    list_filter = ["state", "brand"]
    list_select_related = ["brand"]
    ordering = ["-id"]
    search_fields = ["url"]
    fields = ["url", "brand", "kinds", "state", "why", "created_at", "former_until"]
    actions = ["pause", "resume"]

    @admin.action(description="Pause the selected webhooks", permissions=["move"])
    def pause(self, request: HttpRequest, chosen: QuerySet[Webhook]) -> None:
        """Let their news wait."""
        self.message_user(request, f"{sum(webhooks.pause(webhook) for webhook in chosen)} paused.")

    @admin.action(description="Resume the selected webhooks", permissions=["move"])
    def resume(self, request: HttpRequest, chosen: QuerySet[Webhook]) -> None:
        """Let their news go on."""
        self.message_user(request, f"{sum(webhooks.resume(webhook) for webhook in chosen)} resumed.")

    def has_move_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY)


class TryInline(ShownInline):
    """Each attempt to deliver it."""

    model = Try
    fields = ["at", "milliseconds", "status", "problem"]


@admin.register(Delivery)
class DeliveryAdmin(ShownAdmin):
    """News for shops' programs, and what became of it."""

    list_display = ["created_at", "kind", "webhook", "state", "tries", "due_at"]
    list_filter = ["state", "kind", "webhook"]
    list_select_related = ["webhook"]
    ordering = ["-id"]
    search_fields = ["=uid", "=source"]
    fields = ["webhook", "uid", "kind", "state", "created_at", "due_at", "tries", "ended_at", "body"]
    inlines = [TryInline]
    actions = ["replay"]

    @admin.action(description="Send the selected news again", permissions=["move"])
    def replay(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        """Send what has ended once more, under the same ids."""
        self.message_user(request, f"{webhooks.replay(chosen, at=timezone.now())} on their way again.")

    def has_move_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY)
