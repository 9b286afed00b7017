"""What a dispatcher may ask for: a day to look at, a plan of it, a shipment in another place."""

from typing import Final

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from dispatch.models import Duty, Hub, Plan
from dispatch.services import days, plans
from tracking.rounds.models import Place
from tracking.shipments.models import Shipment

MOST_PLACES: Final = 1_000


def _places() -> QuerySet[Place]:
    return Place.objects.filter(hub__isnull=False).order_by("name", "slug")


class DayInput(forms.DateInput):
    """A date as browsers ask for it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DayForm(forms.Form):
    """Which day is looked at, of which hub, and which of its plans; ``move`` is what to move."""

    day = forms.DateField(label=_("Day"), required=False, widget=DayInput)
    hub = forms.ModelChoiceField(_places(), label=_("Hub"), required=False, empty_label=_("all"))
    plan = forms.ModelChoiceField(Plan.objects.all(), required=False, widget=forms.HiddenInput)
    move = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)
    is_live = forms.BooleanField(required=False, widget=forms.HiddenInput)


class AskForm(forms.Form):
    """How a day is to be planned, from which hubs."""

    day = forms.DateField(widget=forms.HiddenInput)
    hubs = forms.ModelMultipleChoiceField(_places(), label=_("Hubs"), widget=forms.CheckboxSelectMultiple)
    seconds = forms.IntegerField(
        label=_("Seconds to think"), min_value=1, max_value=int(plans.MOST_SECONDS), initial=int(plans.SECONDS)
    )
    is_again = forms.BooleanField(label=_("With the vans that are on the road"), required=False)

    def clean_hubs(self) -> QuerySet[Hub]:
        return Hub.objects.filter(place__in=self.cleaned_data["hubs"]).select_related("place")


class _Shipments(forms.ModelChoiceField):
    """Shipments by what a dispatcher knows them by."""

    def label_from_instance(self, obj: Shipment) -> str:
        return f"{obj.reference}, {obj.street}"


class _Duties(forms.ModelChoiceField):
    """Duties by who works, in what, from where."""

    def label_from_instance(self, obj: Duty) -> str:
        driver = obj.shift.driver
        return f"{driver.given_name} {driver.family_name}, {obj.vehicle_type.name}, {obj.hub.place.name}"


class MoveForm(forms.Form):
    """A shipment of a plan, and where it is to go: to a place of somebody's tour, or into none."""

    shipment = _Shipments(Shipment.objects.none(), label=_("Shipment"))
    duty = _Duties(Duty.objects.none(), label=_("To the tour of"), required=False, empty_label=_("nobody"))
    place = forms.IntegerField(label=_("Place"), min_value=1, max_value=MOST_PLACES, initial=1)

    def offer(self, plan: Plan) -> None:
        """Let somebody choose among what is in a plan, and those who work that day."""
        shipments = Shipment.objects.filter(planned_visits__plan=plan).order_by("reference", "id")
        duties = Duty.objects.filter(pk__in=[duty.pk for duty in days.duties_of(plan.day, plan.hubs.all())])
        self.fields["shipment"] = _Shipments(shipments, label=_("Shipment"))
        self.fields["duty"] = _Duties(
            duties.select_related("shift__driver", "vehicle_type", "hub__place").order_by("shift__starts_at", "pk"),
            label=_("To the tour of"),
            required=False,
            empty_label=_("nobody"),
        )
