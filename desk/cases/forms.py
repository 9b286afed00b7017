"""What staff ask the queue for, and what they fill in to do something about a case."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from desk.cases.listing import View
from desk.models import Role
from desk.roles import May
from feedback.models import LONGEST_MESSAGE, Case, CaseKind, CaseState, Outcome, Priority, Queue
from tracking.models import Brand

LONGEST_REASON: Final = 300
EVERYTHING: Final = [("", _("all"))]
WORKS_ON_CASES: Final = [Role.AGENT, Role.LEAD, Role.ADMIN]


class FilterForm(forms.Form):
    """What the list is to hold; what cannot be read is not asked for."""

    view = forms.ChoiceField(choices=View, required=False, widget=forms.HiddenInput)
    queue = forms.ChoiceField(label=_("Queue"), choices=[*EVERYTHING, *Queue.choices], required=False)
    state = forms.ChoiceField(label=_("State"), choices=[("", _("not resolved")), *CaseState.choices], required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[*EVERYTHING, *CaseKind.choices], required=False)

    def __init__(self, data: Mapping[str, Any], *, brands: QuerySet[Brand]) -> None:
        super().__init__(data, label_suffix="")
        self.fields["brand"] = forms.ModelChoiceField(brands, label=_("Shop"), empty_label=_("all"), required=False)

    def asked(self) -> dict[str, Any]:
        """Give what could be read."""
        self.is_valid()
        return self.cleaned_data


class CaseForm(forms.Form):
    """What is to be done about a case; nothing has to be said to take it."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, case: Case, by: User, name: str, text: str = ""
    ) -> None:
        super().__init__(data, auto_id=f"{name}-%s", label_suffix="", initial={"text": text})
        self.case, self.by = case, by
        self.offer()

    def offer(self) -> None:
        """Fill the choices from the case at hand."""


class ReplyForm(CaseForm):
    """What the shopper is to read."""

    text = forms.CharField(
        label=_("Answer to the shopper"), max_length=LONGEST_MESSAGE, widget=forms.Textarea({"rows": 7})
    )
    waits_for_shopper = forms.BooleanField(label=_("It is the shopper's turn then"), required=False, initial=True)


class NoteForm(CaseForm):
    """What staff are to know, and nobody else."""

    text = forms.CharField(label=_("For staff alone"), max_length=LONGEST_MESSAGE, widget=forms.Textarea({"rows": 3}))


class ReasonForm(CaseForm):
    """Something that needs a reason, which is kept."""

    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST_REASON, widget=forms.TextInput({"autocomplete": "off"})
    )


class HandOverForm(ReasonForm):
    """Who is to look after a case, and how soon: somebody else only by whom leads."""

    field_order = ["owner", "queue", "priority", "reason"]
    queue = forms.ChoiceField(label=_("Queue"), choices=Queue)
    priority = forms.TypedChoiceField(label=_("Priority"), choices=Priority, coerce=int)

    def offer(self) -> None:
        self.fields["owner"] = forms.ModelChoiceField(
            _colleagues(self.case, self.by), label=_("Whose it is"), empty_label=_("nobody's yet"), required=False
        )
        self.order_fields(self.field_order)
        self.initial = {"owner": self.case.owner_id, "queue": self.case.queue, "priority": self.case.priority}


class ResolveForm(ReasonForm):
    """How a case ends; the shopper is shown the outcome, and not the reason."""

    field_order = ["outcome", "reason"]
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[("", "–"), *Outcome.choices])


class OpenForm(forms.Form):
    """What a case is about that staff open by hand; the words are theirs alone."""

    kind = forms.TypedChoiceField(label=_("Kind"), choices=CaseKind, coerce=CaseKind, initial=CaseKind.OTHER)
    text = forms.CharField(
        label=_("What happened, for staff alone"), max_length=LONGEST_MESSAGE, widget=forms.Textarea({"rows": 5})
    )


def _colleagues(case: Case, by: User) -> QuerySet[User]:
    """Find who may be given a case: for whom leads all who may see it, for others they themselves."""
    if not by.has_perm(May.LEAD):
        return User.objects.filter(id=by.id)
    sees = Q(desk_member__brand=None) | Q(desk_member__brand=case.shipment.brand_id)
    works = Q(is_active=True, desk_member__role__in=WORKS_ON_CASES)
    return User.objects.filter((works & sees) | Q(id__in=[by.id, case.owner_id])).order_by("username")
