"""What shoppers wrote: kept for the desk until somebody answers or has dealt with it; and the open questions."""

from typing import Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone

from notifications.admin import conversations
from notifications.admin.forms import AnswerForm
from notifications.admin.showing import MaskingAdmin, masked, may_see
from notifications.models import Inbound, Meaning, Question
from notifications.services import by_hand
from tracking.admin.showing import ShownAdmin
from tracking.models import Brand

BEGINNING: Final = 60


class WaitingFilter(admin.SimpleListFilter):
    """Whether anybody has dealt with it."""

    title = "handling"
    parameter_name = "handling"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("waiting", "waits for the desk"), ("handled", "handled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Inbound]) -> QuerySet[Inbound]:
        match self.value():
            case "waiting":
                return queryset.filter(meaning=Meaning.KEPT, handled_at=None)
            case "handled":
                return queryset.filter(handled_at__isnull=False)
            case _:
                return queryset


@admin.register(Inbound)
class InboundAdmin(MaskingAdmin, ShownAdmin):
    """Messages from shoppers; what no word and no question took is the desk's."""

    address_field = "sender"
    list_display = ["received_at", "sender", "channel", "begins", "meaning", "shipment", "handled_at"]
    list_filter = [WaitingFilter, "meaning", "channel"]
    list_select_related = ["shipment"]
    ordering = ["-id"]
    search_fields = ["=sender", "=provider_id", "=shipment__reference"]
    fields = ["sender", "channel", "body", "received_at", "meaning", "shipment", "question", "handled_at"]
    actions = ["handle"]

    def get_urls(self) -> list[URLPattern]:
        answer = path("<int:inbound_id>/answer/", self.admin_site.admin_view(self.answer), name="notifications_answer")
        return [answer, *super().get_urls()]

    @admin.display(description="text")
    def begins(self, inbound: Inbound) -> str:
        return inbound.body if len(inbound.body) <= BEGINNING else f"{inbound.body[:BEGINNING]}…"

    def answer(self, request: HttpRequest, inbound_id: int) -> HttpResponse:
        """Show what was said, with room for an answer; one that is sent goes through the outbox."""
        if not self.has_handle_permission(request):
            raise PermissionDenied
        inbound = get_object_or_404(Inbound.objects.select_related("shipment__brand"), id=inbound_id)
        brand = inbound.shipment.brand if inbound.shipment else None
        form = AnswerForm(request.POST or None, initial={"brand": brand})
        if form.is_valid():
            return self._answer(request, inbound, form.cleaned_data["text"], form.cleaned_data["brand"])
        context = {
            **self.admin_site.each_context(request),
            "title": inbound.sender if may_see(request.user) else masked(inbound.channel, inbound.sender),
            "sayings": conversations.read(inbound.channel, inbound.sender),
            "form": form,
            "button": "Answer",
        }
        return render(request, "admin/notifications/conversation.html", context, status=422 if form.errors else 200)

    @admin.action(description="Mark the selected messages as handled", permissions=["handle"])
    def handle(self, request: HttpRequest, inbounds: QuerySet[Inbound]) -> None:
        """Mark messages as dealt with that were kept for the desk."""
        handled = 0
        for inbound in inbounds:
            try:
                by_hand.handle(inbound, at=timezone.now())
            except by_hand.AlreadyHandled:
                continue
            self.log_change(request, inbound, "Handled.")
            handled += 1
        self.message_user(request, f"{handled} of {len(inbounds)} marked as handled.")

    def has_handle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_inbound")

    def _answer(self, request: HttpRequest, inbound: Inbound, text: str, brand: Brand) -> HttpResponse:
        try:
            answer = by_hand.answer(inbound, text, brand=brand, at=timezone.now())
        except by_hand.AlreadyHandled:
            self.message_user(request, "Somebody has dealt with this message already.", "warning")
        else:
            self.log_change(request, inbound, f"Answered by message {answer.id}.")
            self.message_user(request, "The answer is on its way.")
        return redirect("admin:notifications_inbound_changelist")


@admin.register(Question)
class QuestionAdmin(MaskingAdmin, ShownAdmin):
    """What was asked, by which part of Doorstep, and until when an answer counts."""

    list_display = ["asked_at", "address", "asker", "shipment", "open_until", "closed_at"]
    list_filter = ["asker", ("closed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["shipment"]
    ordering = ["-id"]
    search_fields = ["=address", "=shipment__reference"]
    fields = ["address", "asker", "choices", "shipment", "asked_at", "open_until", "closed_at"]
