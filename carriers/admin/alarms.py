"""What is wrong between partners and us: looked at, and settled by a click."""

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from carriers.models import Alarm
from carriers.services import alarms
from tracking.admin.showing import ShownAdmin


@admin.register(Alarm)
class AlarmAdmin(ShownAdmin):
    """What is wrong, how often and since when."""

    list_display = ["kind", "subject", "account", "times", "first_at", "last_at", "settled_at", "settled_by"]
    list_filter = [("settled_at", admin.EmptyFieldListFilter), "kind", "account"]
    list_select_related = ["account", "settled_by"]
    ordering = ["-id"]
    fields = ["account", "kind", "subject", "times", "first_at", "last_at", "settled_at", "settled_by"]
    actions = ["settle"]

    @admin.action(description="The selected alarms are seen to", permissions=["settle"])
    def settle(self, request: HttpRequest, chosen: QuerySet[Alarm]) -> None:
        """Close alarms; what happens again is another one."""
        by = request.user if isinstance(request.user, User) else None
        self.message_user(request, f"{alarms.settle(chosen, at=timezone.now(), by=by)} settled.")

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("carriers.change_alarm")
