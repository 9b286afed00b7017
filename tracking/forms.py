"""What a shopper may type: a postcode, a reference with it, a code that was sent to them, and what is to be changed."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.validators import RegexValidator
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tracking import pictures
from tracking.changes import hints
from tracking.changes.models import Action
from tracking.links import codes

AT_LEAST_ONE: Final = _("Please tell us at least one thing.")


class PostcodeForm(forms.Form):
    """The second factor for who holds a link."""

    label_suffix = ""
    postcode = forms.CharField(
        label=_("Postcode of the delivery"),
        max_length=16,
        widget=forms.TextInput({"autocomplete": "postal-code", "autocapitalize": "characters"}),
    )

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data, label_suffix="")


class LookupForm(PostcodeForm):
    """What finds a delivery without a link."""

    number = forms.CharField(
        label=_("Order or parcel number"),
        max_length=60,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    field_order = ["number", "postcode"]


class DigitsField(forms.CharField):
    """Digits to copy from a message: of any script, spaced as people like."""

    def to_python(self, value: str | None) -> str:
        written = super().to_python(value) or ""
        return "".join(str(unicodedata.decimal(sign, sign)) for sign in written if not sign.isspace() and sign != "-")


class CodeForm(forms.Form):
    """The second factor for who came by the lookup."""

    code = DigitsField(
        label=_("Code from the message"),
        validators=[RegexValidator(rf"^[0-9]{{{codes.DIGITS}}}\Z", _("A code has six digits."))],
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data, label_suffix="")


class CodeRequestForm(forms.Form):
    """The wish to be sent a code: nothing to fill in, and room to say why there is none."""


class ChangeForm(forms.Form):
    """What is asked of somebody who changes something about their delivery."""

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        files: MultiValueDict[str, Any] | None = None,
        *,
        action: Action,
        initial: Mapping[str, Any],
    ) -> None:
        super().__init__(data, files, label_suffix="", auto_id=f"{action}-%s", initial=dict(initial))

    @property
    def picture(self) -> bytes:
        """The picture that was given, as it came; empty where there is none."""
        given = self.cleaned_data.get(hints.NAME)
        return given.read(pictures.LARGEST_BYTES + 1) if given else b""

    def details(self) -> dict[str, Any]:
        """Give what was answered, to be kept; what was left empty, and a picture, is left out."""
        return {name: value for name, value in self.cleaned_data.items() if value and name != hints.NAME}


class ChoiceForm(ChangeForm):
    """One of the ways that are offered."""

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        *,
        action: Action,
        initial: Mapping[str, Any],
        ways: Sequence[tuple[str, str]],
    ) -> None:
        super().__init__(data, action=action, initial=initial)
        self.fields["key"] = forms.ChoiceField(label=_("Your choice"), choices=list(ways), widget=forms.RadioSelect)


class SafePlaceForm(ChangeForm):
    """Where a driver may leave it."""

    where = forms.CharField(label=_("Where?"), max_length=120, help_text=_("In the shed, behind the bicycles."))
    photo = forms.FileField(
        label=_("A photo of the place, if it is hard to find"),
        required=False,
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
    )


class NeighbourForm(ChangeForm):
    """Who may take it in."""

    name = forms.CharField(label=_("Name of the neighbour"), max_length=60)
    door = forms.CharField(label=_("Which door?"), max_length=60, help_text=_("Their floor, or their house number."))


class InstructionsForm(ChangeForm):
    """What a driver should know."""

    words = forms.CharField(label=_("What should the driver know?"), max_length=300, widget=forms.Textarea({"rows": 3}))


class NeedsFields(forms.Form):
    """What somebody needs to get to the door in their own time."""

    minutes = forms.IntegerField(
        label=_("Minutes that I need to come to the door"), required=False, min_value=1, max_value=15
    )
    text_only = forms.BooleanField(label=_("Text me, do not call"), required=False)
    no_bell = forms.BooleanField(label=_("Do not ring the bell"), required=False)

    def needs(self) -> dict[str, Any]:
        """Give the minutes, for the plan, and everything in words, for the driver; nothing where nothing is needed."""
        minutes = self.cleaned_data.get("minutes") or 0
        known = {
            "minutes": ngettext("%(number)d minute to the door", "%(number)d minutes to the door", minutes or 1)
            % {"number": minutes},
            "text_only": gettext("Text, do not call"),
            "no_bell": gettext("Do not ring"),
        }
        answers = {name: self.cleaned_data[name] for name in known if self.cleaned_data.get(name)}
        return answers and {**answers, "words": [known[name] for name in answers]}


class NeedsForm(NeedsFields, ChangeForm):
    """What somebody needs at the door this time."""

    def clean(self) -> dict[str, Any]:
        """Want at least one of them."""
        cleaned = super().clean() or {}
        if not self.needs() and not self.errors:
            raise forms.ValidationError(AT_LEAST_ONE)
        return cleaned

    def details(self) -> dict[str, Any]:
        return self.needs()


class AddressForm(ChangeForm):
    """Where it really goes."""

    street = forms.CharField(label=_("Street and number"), max_length=200)
    postcode = forms.CharField(label=_("Postcode"), max_length=16)
    city = forms.CharField(label=_("Town"), max_length=100)


WORDS: Final[Mapping[Action, type[ChangeForm]]] = {
    Action.SAFE_PLACE: SafePlaceForm,
    Action.NEIGHBOUR: NeighbourForm,
    Action.INSTRUCTIONS: InstructionsForm,
    Action.NEEDS: NeedsForm,
    Action.ADDRESS: AddressForm,
}
"""What is asked where there is nothing to choose from."""


class ShareForm(forms.Form):
    """Who else may know when it comes, and for how long."""

    name = forms.CharField(label=_("Who is it for?"), max_length=60, help_text=_("Only you see this."))
    days = forms.TypedChoiceField(
        label=_("For how long?"),
        coerce=int,
        choices=[(1, _("One day")), (3, _("Three days")), (7, _("A week"))],
        initial=1,
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data, label_suffix="")


class WishForm(NeedsFields, CodeForm):
    """What somebody wishes for all their deliveries, with the code that proves who they are."""

    action = forms.ChoiceField(
        label=_("If nobody opens"),
        choices=[
            (Action.SAFE_PLACE.value, _("Leave it in a safe place")),
            (Action.NEIGHBOUR.value, _("Give it to a neighbour")),
        ],
        initial=Action.SAFE_PLACE,
        widget=forms.RadioSelect,
    )
    where = forms.CharField(label=_("Where, or with whom?"), max_length=120, required=False)
    field_order = ["action", "where", "minutes", "text_only", "no_bell", "code"]

    def clean(self) -> dict[str, Any]:
        """Want at least one wish."""
        cleaned = super().clean() or {}
        if not self.errors and not self.wishes():
            raise forms.ValidationError(AT_LEAST_ONE)
        return cleaned

    def wishes(self) -> dict[Action, dict[str, Any]]:
        """Give what is wished for, each as a change of its action has it."""
        action, where = Action(self.cleaned_data["action"]), self.cleaned_data["where"]
        answers = {Action.SAFE_PLACE: "where", Action.NEIGHBOUR: "name"}
        wishes = {action: {answers[action]: where} if where else {}, Action.NEEDS: self.needs()}
        return {wished: details for wished, details in wishes.items() if details}
