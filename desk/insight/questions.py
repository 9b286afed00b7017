"""What somebody asks of the figures: which days, whose deliveries, told apart by what."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Self

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk import access
from feedback.insight import reports
from feedback.insight.reports import By, Selection, Step
from feedback.insight.statistics import FLOOR
from feedback.models import Delivery
from feedback.reasons import Reason
from tracking.models import Brand, Carrier, Place
from tracking.rounds.models import PlaceKind

USUAL_DAYS: Final = 28
DAYS_SHOWN: Final = 62
LONGEST: Final = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: of which deliveries among those that the one who asks may see, told apart by what.

    ``step`` is how finely a trend over them is drawn, ``reason`` the one whose words are asked for.
    """

    found: QuerySet[Delivery]
    by: By
    step: Step
    reason: Reason | None


class DayInput(forms.DateInput):
    """A date as browsers ask for it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class InsightForm(forms.Form):
    """The question. Whoever sees one carrier or brand alone is not offered others; what is left out is the usual."""

    since = forms.DateField(required=False, widget=DayInput, label=gettext_lazy("From"))
    until = forms.DateField(required=False, widget=DayInput, label=gettext_lazy("To"))
    carrier = forms.ModelChoiceField(Carrier.objects.order_by("name"), required=False, empty_label=gettext_lazy("all"))
    hub = forms.ModelChoiceField(
        Place.objects.filter(kind=PlaceKind.HUB).order_by("name"), required=False, empty_label=gettext_lazy("all")
    )
    brand = forms.ModelChoiceField(Brand.objects.order_by("name"), required=False, empty_label=gettext_lazy("all"))
    step = forms.ChoiceField(choices=Step, required=False, widget=forms.HiddenInput)
    by = forms.ChoiceField(choices=By, required=False, widget=forms.HiddenInput)
    reason = forms.ChoiceField(choices=Reason, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        self._user = user
        if access.is_limited(user):
            del self.fields["carrier"], self.fields["brand"]

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """Read the question of a request; without days it is about the last four weeks."""
        today = timezone.now().date()
        usual = {"since": today - timedelta(days=USUAL_DAYS - 1), "until": today}
        return cls({**usual, **request.GET.dict()}, user=access.user_of(request), today=today)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        until = cleaned.get("until") or self._today
        since = cleaned.get("since") or until - timedelta(days=USUAL_DAYS - 1)
        if not timedelta() <= until - since <= LONGEST:
            raise forms.ValidationError(_("The first day comes before the last one, by three years at most."))
        return {**cleaned, "since": since, "until": until}

    def question(self) -> Question:
        """Give what a valid form asks."""
        given = self.cleaned_data
        ids = {f"{name}_id": given[name].id for name in ("carrier", "hub", "brand") if given.get(name)}
        found = reports.deliveries(Selection(given["since"], given["until"], **ids))
        if access.is_limited(self._user):
            found = found.filter(shipment__in=access.shipments_of(self._user))
        return Question(
            found=found,
            by=By(given["by"] or By.CARRIER),
            step=Step(given["step"]) if given["step"] else _step(found, given["until"] - given["since"]),
            reason=Reason(given["reason"]) if given["reason"] else None,
        )


def _step(found: QuerySet[Delivery], span: timedelta) -> Step:
    """Choose how finely a trend is drawn: by day where those are not too many, and enough is said on most."""
    days = span.days + 1
    is_daily = days <= DAYS_SHOWN and found.exclude(shipment__rating=None).count() >= FLOOR * days
    return Step.DAY if is_daily else Step.WEEK


def read(request: HttpRequest) -> Question:
    """Read the question of a request.

    Raises ``BadRequest`` where it makes no sense.
    """
    form = InsightForm.of(request)
    if not form.is_valid():
        raise BadRequest(form.errors.as_text())
    return form.question()
