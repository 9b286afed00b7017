"""What a shopper may say about a delivery."""

from typing import Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from feedback import reasons
from feedback.models import LONGEST_WORDS, MOST_RECOMMENDED, Rating
from feedback.reasons import BEST, Reason

RECOMMENDS: Final = [(str(number), str(number)) for number in range(MOST_RECOMMENDED + 1)]


class StarsForm(forms.Form):
    """The one tap that counts."""

    score = forms.TypedChoiceField(coerce=int, choices=[(str(number), str(number)) for number in range(1, BEST + 1)])


class MoreForm(forms.Form):
    """As much more as somebody cares to say; which reasons are offered depends on the stars."""

    field_order = ["reasons", "words", "recommends"]
    words = forms.CharField(
        label=_("In your own words"),
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea({"rows": 4}),
    )

    def __init__(self, data: QueryDict | None = None, *, rating: Rating, brand: str) -> None:
        said = {"reasons": rating.reasons, "words": rating.words, "recommends": rating.recommends}
        super().__init__(data, initial=said, label_suffix="")
        self.fields["reasons"] = forms.TypedMultipleChoiceField(
            label=_("What was good?") if rating.is_good else _("What went wrong?"),
            required=False,
            coerce=Reason,
            choices=[(reason.value, reason.label) for reason in reasons.fitting(rating.score)],
            widget=forms.CheckboxSelectMultiple,
        )
        self.fields["recommends"] = forms.TypedChoiceField(
            label=_("How likely are you to recommend %(brand)s to a friend?") % {"brand": brand},
            help_text=_("0 is not at all, 10 is very likely."),
            required=False,
            coerce=int,
            empty_value=None,
            choices=RECOMMENDS,
            widget=forms.RadioSelect,
        )
        self.order_fields(self.field_order)
