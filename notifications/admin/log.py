"""The log of messages: found by what a shopper reads out, followed from rule to result, sent again or taken back."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import linebreaksbr
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from notifications import gateways
from notifications.admin import health, local
from notifications.admin.showing import MaskingAdmin, spellings
from notifications.models import Notification, State
from notifications.services import by_hand
from notifications.triggers import Channel
from tracking.admin import showing
from tracking.admin.showing import ShownAdmin
from tracking.models import Shipment

WAITS: Final = frozenset({State.PENDING, State.SENDING, State.UNKNOWN})


class ProviderFilter(admin.SimpleListFilter):
    """Who carried it: the providers of today's settings, without a look at every row that there is."""

    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        names = {gateway.name for channel in Channel for gateway in gateways.of(channel)}
        return [(name, name) for name in sorted(names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


@admin.register(Notification)
class NotificationAdmin(MaskingAdmin, ShownAdmin):
    """Every message that was called for, whatever became of it."""

    address_field = "recipient"
    list_display = ["trigger", "channel", "recipient", "state", "reason", "shipment", "provider", "created_at"]
    list_filter = ["channel", "state", "reason", "trigger", ProviderFilter, "brand"]
    list_select_related = ["shipment"]
    ordering = ["-id"]
    search_fields = ["=marker"]
    search_help_text = "A reference, a parcel number, a phone number, an e-mail address, or a provider's id, in full"
    readonly_fields = ["timeline", "price", "words"]
    actions = ["resend", "take_back"]
    fieldsets = [
        (None, {"fields": ["brand", "shipment", "trigger", "channel", "recipient", "language", "version"]}),
        ("What became of it", {"fields": ["state", "reason", "timeline"]}),
        ("Why", {"fields": ["rule"]}),
        ("Provider", {"fields": ["provider", "provider_id", "provider_status", "error_code", "segments", "price"]}),
        ("Words", {"fields": ["subject", "words", "marker"]}),
    ]

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[Callable[..., HttpResponse], str]] = {
            "health/": (health.page, "notifications_health"),
            "local/": (local.people, "notifications_local"),
            "local/<int:notification_id>/": (local.person, "notifications_person"),
            "local/<int:notification_id>/mail/": (local.mail, "notifications_mail"),
        }
        own = [path(route, self.admin_site.admin_view(view), name=name) for route, (view, name) in pages.items()]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return super().get_queryset(request).select_related("brand", "shipment__brand", "rule")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Notification], search_term: str
    ) -> tuple[QuerySet[Notification], bool]:
        """Find by index what a shopper reads out or a provider's console shows."""
        term = search_term.strip()
        if not term:
            return queryset, False
        shipments = Shipment.objects.numbered(term).values_list("id", flat=True)
        found = Q(shipment__in=list(shipments)) | Q(provider_id=term) | Q(marker=term)
        return queryset.filter(found | Q(recipient__in=list(spellings(term)))), False

    @admin.display(description="timeline")
    def timeline(self, notification: Notification) -> str:
        zone = notification.shipment.zone if notification.shipment else timezone.get_default_timezone()
        lines = ((showing.local(moment, zone), what) for moment, what in sorted(_moments(notification)))
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{} {}</li>", lines))

    @admin.display(description="price")
    def price(self, notification: Notification) -> str:
        return "–" if notification.cost is None else f"{notification.cost.normalize():f} {notification.currency}"

    @admin.display(description="text")
    def words(self, notification: Notification) -> str:
        return linebreaksbr(notification.body, autoescape=True) if notification.body else "–"

    @admin.action(description="Send the selected messages again", permissions=["resend"])
    def resend(self, request: HttpRequest, notifications: QuerySet[Notification]) -> None:
        """Send messages again, each as a row of its own; what still waits, or was a code, is left out."""
        sent = 0
        for notification in notifications:
            try:
                again = by_hand.resend(notification, at=timezone.now())
            except by_hand.NotAgain:
                continue
            self.log_change(request, notification, f"Sent again as message {again.id}.")
            sent += 1
        self.message_user(request, f"{sent} of {len(notifications)} will be sent again.")

    @admin.action(description="Take the selected messages back", permissions=["resend"])
    def take_back(self, request: HttpRequest, notifications: QuerySet[Notification]) -> None:
        """Take back what still waits."""
        taken = 0
        for notification in notifications:
            if by_hand.take_back(notification, at=timezone.now()):
                self.log_change(request, notification, "Taken back.")
                taken += 1
        self.message_user(request, f"{taken} of {len(notifications)} taken back.")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_notification")


def _moments(notification: Notification) -> Iterator[tuple[datetime, str]]:
    """Tell what happened to a message, as far as it is kept."""
    yield notification.created_at, "called for"
    if notification.state == State.PENDING:
        yield notification.due_at, "due"
    if notification.called_at:
        yield notification.called_at, f"{notification.provider or 'provider'} called, attempt {notification.attempts}"
    if notification.sent_at:
        yield notification.sent_at, f"taken by {notification.provider}, attempt {notification.attempts}"
    if notification.settled_at and notification.state not in WAITS:
        yield notification.settled_at, str(State(notification.state).label)
    if notification.state in WAITS:
        yield notification.expires_at, "not sent any more"
    ours = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Notification), object_id=str(notification.id)
    )
    for entry in ours.select_related("user"):
        yield entry.action_time, f"{entry.get_change_message()} ({entry.user})"
