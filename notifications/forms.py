"""What a shopper may fill in about their messages."""

from collections.abc import Collection

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from notifications.services.preferences import Choices
from notifications.triggers import Channel, Trigger
from tracking import contact


class PreferencesForm(forms.Form):
    """A set of boxes for each kind of news, one for each channel that it can come by."""

    def __init__(
        self, data: QueryDict | None = None, *, offered: Choices, muted: Collection[tuple[Trigger, Channel]]
    ) -> None:
        super().__init__(data, label_suffix="")
        for trigger, channels in offered.items():
            self.fields[trigger.value] = forms.TypedMultipleChoiceField(
                label=trigger.label,
                required=False,
                coerce=Channel,
                choices=[(channel.value, channel.label) for channel in channels],
                initial=[channel.value for channel in channels if (trigger, channel) not in muted],
                widget=forms.CheckboxSelectMultiple,
            )

    @property
    def wanted(self) -> dict[Trigger, list[Channel]]:
        """What is ticked in a valid form."""
        return {Trigger(name): channels for name, channels in self.cleaned_data.items()}


class ChannelForm(forms.Form):
    """Everything on one channel: not any more, or again."""

    channel = forms.TypedChoiceField(coerce=Channel, choices=Channel.choices)
    is_wanted = forms.BooleanField(required=False)


class PhoneForm(forms.Form):
    """Another number for one delivery."""

    channel = Channel.SMS
    address = forms.CharField(
        label=_("Mobile number"),
        max_length=contact.LONGEST_PHONE,
        widget=forms.TextInput({"autocomplete": "tel", "inputmode": "tel", "dir": "ltr"}),
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="", auto_id="phone_%s")


class EmailForm(forms.Form):
    """Another e-mail address for one delivery."""

    channel = Channel.EMAIL
    address = forms.EmailField(
        label=_("E-mail address"),
        max_length=contact.LONGEST_EMAIL,
        widget=forms.EmailInput({"autocomplete": "email", "dir": "ltr"}),
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="", auto_id="email_%s")
