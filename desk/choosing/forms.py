"""What is filled in about carriers: which brand, what it looks at, why somebody may be chosen again."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Self

from django import forms
from django.utils.translation import gettext_lazy as _

from carriers.criteria import Criterion
from carriers.models.choices import Weighing
from carriers.services.choosing.weighing import FIELDS
from tracking.shipments.models import Brand

WHOLE: Final = 100
MOST_GRAMS: Final = 1_000_000
LONGEST_REASON: Final = 300


class BrandForm(forms.Form):
    """Whose carriers are chosen."""

    brand = forms.ModelChoiceField(Brand.objects.order_by("name", "slug"), label=_("Brand"), empty_label=None)


class WeighingForm(forms.Form):
    """What a brand looks at; the weights are parts of a hundred."""

    dear = forms.DecimalField(
        label=_("A delivery that costs so much gets no point for its cost"),
        min_value=Decimal("0.01"),
        max_digits=8,
        decimal_places=2,
    )
    dirty_g = forms.IntegerField(
        label=_("One that emits so many grams of CO2e gets none for those"), min_value=1, max_value=MOST_GRAMS
    )
    is_on = forms.BooleanField(label=_("Choose carriers for what comes in"), required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, label_suffix="")
        for criterion in Criterion:
            self.fields[criterion.value] = forms.IntegerField(label=criterion.label, min_value=0, max_value=WHOLE)

    @classmethod
    def of(cls, weighing: Weighing) -> Self:
        """Show what a brand looks at."""
        return cls(initial={field: getattr(weighing, field) for field in FIELDS})

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        weights = [given[criterion] for criterion in Criterion if criterion in given]
        if len(weights) == len(Criterion) and sum(weights) != WHOLE:
            raise forms.ValidationError(
                _("The weights add up to %(sum)d; they have to add up to 100."), params={"sum": sum(weights)}
            )
        return given

    @property
    def weights(self) -> list[forms.BoundField]:
        """The fields of the weights, in the order in which they are printed."""
        return [self[criterion.value] for criterion in Criterion]

    @property
    def rest(self) -> list[forms.BoundField]:
        """All other fields."""
        return [self[name] for name in self.base_fields]


class LiftForm(forms.Form):
    """Why a carrier may be chosen again."""

    why = forms.CharField(
        label=_("Why it may be chosen again"),
        max_length=LONGEST_REASON,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
