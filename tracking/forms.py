"""What a shopper may type: a postcode, a reference with it, and a code that was sent to them."""

import unicodedata
from collections.abc import Mapping

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from tracking.links import codes


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
