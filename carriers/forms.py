"""What couriers fill in: whether they want to be asked, and at which hours."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.models.crowd import Courier


class AvailabilityForm(forms.Form):
    """Whether a courier wants to be asked, and the hours, which have two ends or none."""

    is_available = forms.BooleanField(required=False, label=gettext_lazy("Ask me"))
    available_from = forms.TimeField(
        required=False, label=gettext_lazy("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    available_until = forms.TimeField(
        required=False, label=gettext_lazy("Until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, label_suffix="")

    @classmethod
    def of(cls, courier: Courier) -> "AvailabilityForm":
        """Fill it in with what is known."""
        return cls(initial={name: getattr(courier, name) for name in cls.base_fields})

    @property
    def hours(self) -> tuple[time, time] | None:
        """The hours of a valid form, where it has any."""
        since, until = self.cleaned_data["available_from"], self.cleaned_data["available_until"]
        return (since, until) if since is not None and until is not None else None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        ends = (cleaned.get("available_from"), cleaned.get("available_until"))
        if (ends[0] is None) != (ends[1] is None) and not self.errors:
            self.add_error(None, _("Please give both hours, or none."))
        return cleaned
