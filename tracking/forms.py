"""What a shopper may type: a postcode, and a reference with it."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _


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
