"""What a shopper may say about a delivery."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from feedback import reasons
from feedback.models import LONGEST_MESSAGE, LONGEST_WORDS, MOST_RECOMMENDED, CaseKind, Rating
from feedback.reasons import BEST, Reason
from tracking import pictures
from tracking.pictures import NoPicture, Picture, TooLarge

Upload: TypeAlias = "UploadedFile[bytes]"

MOST_PHOTOS: Final = 5
AFTER: Final = (CaseKind.NOT_RECEIVED, CaseKind.DAMAGED, CaseKind.WRONG_ITEM, CaseKind.OTHER)
"""What a case may be about once the delivery has come."""

BEFORE: Final = (CaseKind.MESSAGE,)
RECOMMENDS: Final = [(str(number), str(number)) for number in range(MOST_RECOMMENDED + 1)]


class PhotosInput(forms.FileInput):
    """A button that takes several pictures at once."""

    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Pictures, made anew before anybody else sees them; gives what was made."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Photos"),
            required=False,
            help_text=_("Up to %(count)d, if they help us to understand.") % {"count": MOST_PHOTOS},
            widget=PhotosInput({"multiple": True, "accept": "image/jpeg,image/png,image/webp"}),
        )

    def clean(self, given: Sequence[Upload], initial: object = None) -> list[Picture]:
        if len(given) > MOST_PHOTOS:
            raise forms.ValidationError(_("Please choose at most %(count)d photos.") % {"count": MOST_PHOTOS})
        return [self._remade(photo) for photo in given]

    def _remade(self, photo: Upload) -> Picture:
        try:
            return pictures.remake(photo.read(pictures.LARGEST_BYTES + 1))
        except TooLarge as error:
            raise forms.ValidationError(_("One photo is too large. 10 MB each is the most we take.")) from error
        except NoPicture as error:
            raise forms.ValidationError(_("One file is no photo that we can read. JPEG, PNG and WebP work.")) from error


class MessageForm(forms.Form):
    """What a shopper says in a case."""

    words = forms.CharField(label=_("Your message"), max_length=LONGEST_MESSAGE, widget=forms.Textarea({"rows": 4}))
    photos = PhotosField()

    def __init__(self, data: QueryDict | None = None, files: MultiValueDict[str, Upload] | None = None) -> None:
        super().__init__(data, files, label_suffix="")


class ComplaintForm(MessageForm):
    """What a shopper opens a case with; what it may be about depends on whether the delivery has come."""

    field_order = ["kind", "words", "photos"]

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, Upload] | None = None,
        *,
        is_delivered: bool,
    ) -> None:
        super().__init__(data, files)
        kinds = AFTER if is_delivered else BEFORE
        self.fields["kind"] = forms.TypedChoiceField(
            label=_("What is it about?"),
            coerce=CaseKind,
            choices=[(kind.value, kind.label) for kind in kinds],
            initial=kinds[0] if len(kinds) == 1 else None,
            widget=forms.RadioSelect,
        )
        self.order_fields(self.field_order)


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
