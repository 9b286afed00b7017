"""The people of the desk, for who keeps the installation; and the book of who looked at what, for them to read."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from desk import audit, second_factor
from desk.models import Deed, Look, Member
from tracking.admin.showing import ShownAdmin


@admin.register(Member)
class MemberAdmin(admin.ModelAdmin):
    """Who has which role; a lost phone is answered by setting the second factor up anew."""

    list_display = ["user", "role", "carrier", "brand"]
    list_filter = ["role"]
    list_select_related = ["user", "carrier", "brand"]
    search_fields = ["user__username"]
    actions = ["reset_second_factor"]

    @admin.action(description="Let the selected set up their second factor anew", permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, members: QuerySet[Member]) -> None:
        """Forget the apps and recovery codes of these people; they set them up when they next come in."""
        for member in members.select_related("user"):
            second_factor.reset(member.user)
            audit.note(request, Deed.ACTED, "reset_second_factor", details={"member": member.pk})
            self.log_change(request, member, "Second factor reset.")
        self.message_user(request, f"{len(members)} reset.")


@admin.register(Look)
class LookAdmin(ShownAdmin):
    """Who looked at whose data, newest first. Never changed, nor taken out."""

    list_display = ["at", "user", "deed", "what", "shipment", "reason"]
    list_filter = ["deed", "user"]
    list_select_related = ["user", "shipment"]
    ordering = ["-id"]
    search_fields = ["=shipment__reference", "=user__username"]
