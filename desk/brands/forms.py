"""What staff choose of a brand's look, refused where somebody could not read it."""

from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from desk.brands.scenes import SCENES
from notifications import texts
from tracking import colours, pictures
from tracking.colours import DAY, NIGHT, READABLE, VISIBLE, Rgb
from tracking.pictures import Picture
from tracking.shipments.brands import COLOUR, Brand

MOST_LOGO_BYTES: Final = 2 * 1024 * 1024

NEEDS: Final[dict[str, tuple[Rgb, float]]] = {
    "colour": (DAY, VISIBLE),
    "ink": (DAY, READABLE),
    "night_colour": (NIGHT, VISIBLE),
    "night_ink": (NIGHT, READABLE),
}
"""What each colour is seen on, and the contrast that it needs there."""


class LookForm(forms.ModelForm):
    """A brand's name, colours, letters and logo. An empty colour follows from the first."""

    logo = forms.FileField(required=False, widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}))
    removes_logo = forms.BooleanField(required=False, label=_("Take the logo away"))

    class Meta:
        model = Brand
        fields = ["name", "colour", "ink", "night_colour", "night_ink", "font"]
        labels = {
            "colour": _("Buttons and marks"),
            "ink": _("Text"),
            "night_colour": _("Buttons and marks by night"),
            "night_ink": _("Text by night"),
            "font": _("Letters"),
        }
        widgets = {"colour": forms.TextInput(attrs={"type": "color"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        for name in NEEDS:
            self.fields[name].validators.append(COLOUR)
        for name in ("ink", "night_colour", "night_ink"):
            self.fields[name].widget.attrs |= {"placeholder": _("as it follows"), "spellcheck": "false"}

    def clean(self) -> dict[str, Any]:
        """Measure each colour where it is seen."""
        cleaned = super().clean() or self.cleaned_data
        for name, (ground, wanted) in NEEDS.items():
            colour = cleaned.get(name)
            shortfall = colours.find_shortfall(colours.parse(colour), ground, wanted) if colour else None
            if shortfall:
                self.add_error(name, _refusal(ground, wanted, shortfall))
        return cleaned

    def clean_logo(self) -> Picture | None:
        """Make the logo anew; what was uploaded goes no further."""
        given: UploadedFile | None = self.cleaned_data["logo"]
        if not given:
            return None
        if given.size is None or given.size > MOST_LOGO_BYTES:
            raise forms.ValidationError(_("A logo is at most 2 MB."))
        try:
            return pictures.remake_logo(given.read())
        except pictures.NoPicture as error:
            raise forms.ValidationError(
                _("This is no picture that we can read; give a PNG, a JPEG or a WebP.")
            ) from error
        except (pictures.TooLarge, pictures.TooDetailed) as error:
            raise forms.ValidationError(_("This is too detailed for a logo; give one of few colours.")) from error
        except pictures.TooPale as error:
            raise forms.ValidationError(
                _("Nobody would see this logo on a light page; give its dark version.")
            ) from error


class SceneForm(forms.Form):
    """Which delivery is shown, and in which language the messages about it are."""

    scene = forms.ChoiceField(label=_("Delivery"), choices=[(name, scene.label) for name, scene in SCENES.items()])
    language = forms.ChoiceField(
        label=_("Language of the messages"), choices=[(code, code) for code in texts.LANGUAGES]
    )


def _refusal(ground: Rgb, wanted: float, shortfall: colours.Shortfall) -> str:
    page = _("a light page") if ground == DAY else _("a dark page")
    told = _("The contrast on %(page)s is %(measured).1f to 1 and must be %(wanted).1f. The nearest is %(colour)s.")
    return told % {
        "page": page,
        "measured": int(shortfall.measured * 10) / 10,
        "wanted": wanted,
        "colour": colours.written(shortfall.nearest),
    }
