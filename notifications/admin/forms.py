"""What staff type on the pages of messages."""

from typing import Final

from django import forms

from tracking.models import Brand

LONGEST_TEXT: Final = 1600
"""What a provider takes as one message."""


class TextForm(forms.Form):
    """Something to say."""

    text = forms.CharField(max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3}))


class AnswerForm(TextForm):
    """Something to say in the name of a brand."""

    brand = forms.ModelChoiceField(Brand.objects.order_by("name"))
