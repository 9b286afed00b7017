"""Who works when, with what: entered by the clock of the hub, repeated for a week, cancelled before it begins."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from dispatch import slots
from dispatch.models import Duty, Hub, Skill, VehicleType
from dispatch.services import fleet
from dispatch.services.fleet import Pause, UnderWay, Work
from tracking.admin.showing import KeptAdmin, local
from tracking.rounds.models import Driver

A_WEEK: Final = 7
SHOWN: Final = ["shift", "hub", "vehicle_type", "skills", "pause_from", "pause_until", "pause_seconds"]


class DutyForm(forms.ModelForm):
    """A shift as people say it: a day, and times on the clock of the hub; what ends before it begins ends tomorrow."""

    driver = forms.ModelChoiceField(Driver.objects.order_by("given_name", "family_name"))
    hub = forms.ModelChoiceField(Hub.objects.select_related("place"))
    vehicle_type = forms.ModelChoiceField(VehicleType.objects.order_by("name"))
    skills = forms.ModelMultipleChoiceField(Skill.objects.order_by("name"), required=False)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    starts = forms.TimeField(widget=forms.TimeInput(attrs={"type": "time"}))
    ends = forms.TimeField(widget=forms.TimeInput(attrs={"type": "time"}))
    pause_since = forms.TimeField(required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    pause_latest = forms.TimeField(required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    pause_minutes = forms.IntegerField(required=False, min_value=1, max_value=240)

    class Meta:
        model = Duty
        fields = ["hub", "vehicle_type", "skills"]

    def clean(self) -> dict[str, Any]:
        """Turn times into moments, and refuse what nobody can work."""
        found = super().clean() or {}
        if self.errors:
            return found
        zone, day = found["hub"].zone, found["day"]
        starts_at = slots.moment(day, found["starts"], zone=zone)
        found["span"] = starts_at, _after(starts_at, day, found["ends"], found["hub"])
        found["pause"] = self._pause(found, starts_at)
        if fleet.is_at_work(found["driver"], *found["span"]):
            raise ValidationError(_("The driver works at that time already."))
        return found

    def _pause(self, found: dict[str, Any], starts_at: datetime) -> Pause | None:
        times = [found.get("pause_since"), found.get("pause_latest"), found.get("pause_minutes")]
        if not any(times):
            return None
        if not all(times):
            raise ValidationError(_("A break has an earliest and a latest beginning, and a length."))
        since = _after(starts_at, found["day"], found["pause_since"], found["hub"])
        until = _after(since, since.astimezone(found["hub"].zone).date(), found["pause_latest"], found["hub"])
        if until >= found["span"][1]:
            raise ValidationError(_("A break begins within the shift."))
        return Pause(since, until, 60 * found["pause_minutes"])


@admin.register(Duty)
class DutyAdmin(KeptAdmin):
    """Shifts with their hub and vehicle; what is entered is not edited but cancelled, while nobody counts on it."""

    list_display = ["driver", "starts", "ends", "hub", "vehicle_type", "state"]
    list_filter = ["hub", "vehicle_type", "shift__state"]
    list_select_related = ["shift__driver", "hub__place", "vehicle_type"]
    ordering = ["-shift__starts_at"]
    search_fields = ["shift__driver__given_name", "shift__driver__family_name"]
    actions = ["repeat", "cancel"]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        """Ask for a shift where one is entered; one that is there is shown by its own fields."""
        return DutyForm if obj is None else super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return [(None, {"fields": list(DutyForm.base_fields) if obj is None else SHOWN})]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Duty, form: Any, change: bool) -> None:
        found = form.cleaned_data
        starts_at, ends_at = found["span"]
        work = Work(found["hub"], found["vehicle_type"], list(found["skills"]))
        entered = fleet.enter(found["driver"], work, starts_at=starts_at, ends_at=ends_at, pause=found["pause"])
        obj.pk, obj.shift = entered.pk, entered.shift

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Leave alone what ``save_model`` has written."""

    @admin.action(description=_("Repeat the selected for the six days after"), permissions=["add"])
    def repeat(self, request: HttpRequest, duties: QuerySet[Duty]) -> None:
        """Enter the same duties for the rest of a week; where somebody works already, nothing is entered."""
        entered = 0
        for duty in duties.select_related("shift__driver", "hub__place", "vehicle_type"):
            first = duty.shift.starts_at.astimezone(duty.hub.zone).date()
            entered += len(fleet.repeat(duty, [first + timedelta(days=days) for days in range(1, A_WEEK)]))
            self.log_change(request, duty, "Repeated.")
        self.message_user(request, f"{entered} entered.")

    @admin.action(description=_("Cancel the selected that have not begun"), permissions=["add"])
    def cancel(self, request: HttpRequest, duties: QuerySet[Duty]) -> None:
        """Take duties out of the calendar on which nobody counts yet."""
        cancelled = 0
        for duty in duties:
            try:
                fleet.cancel(duty)
                cancelled += 1
            except UnderWay:
                continue
        self.message_user(request, f"{cancelled} cancelled.")

    @admin.display(description="driver", ordering="shift__driver__given_name")
    def driver(self, duty: Duty) -> str:
        return str(duty.shift.driver)

    @admin.display(description="starts", ordering="shift__starts_at")
    def starts(self, duty: Duty) -> str:
        return local(duty.shift.starts_at, duty.hub.zone)

    @admin.display(description="ends", ordering="shift__ends_at")
    def ends(self, duty: Duty) -> str:
        return local(duty.shift.ends_at, duty.hub.zone)

    @admin.display(description="state", ordering="shift__state")
    def state(self, duty: Duty) -> str:
        return duty.shift.get_state_display()


def _after(earlier: datetime, day: date, clock: Any, hub: Hub) -> datetime:
    """Find the next moment at which the clock of a hub shows a time: on this day, or on the next."""
    moment = slots.moment(day, clock, zone=hub.zone)
    return moment if moment > earlier else slots.moment(day + timedelta(days=1), clock, zone=hub.zone)
