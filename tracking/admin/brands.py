"""Brands, which staff keep: what they are called, in which languages they speak, and who may see what and for how long.

How a brand looks is chosen on a page of its own, beside what shoppers see.
"""

from typing import Any, Final
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tracking import origins
from tracking.origins import NoOrigin
from tracking.shipments.models import Brand

MOST_ORIGINS: Final = 20
LANGUAGE: Final = r"\A[a-z]{2,3}(-[a-z0-9]{2,8})?\Z"
NO_ZONE: Final = ("", "–")

SNIPPET: Final = """\
<a href="{home}/t/TOKEN/">Follow your delivery</a>
<script src="{home}/widget.js" data-token="TOKEN" async></script>"""


class BrandForm(forms.ModelForm):
    """A brand, with lists written as people write them."""

    language = forms.RegexField(LANGUAGE, max_length=12, help_text="Where a shopper's is not known, or not offered")
    languages = forms.CharField(
        required=False, max_length=200, label="Languages offered", help_text="Like: en fi sv. Empty means any."
    )
    timezone = forms.ChoiceField(
        required=False, label="Time zone", help_text="Of addresses that come without one and without a point"
    )
    widget_origins = forms.CharField(
        required=False,
        max_length=6_000,
        label="Who may frame the widget",
        help_text="An origin a line, like https://shop.example. Empty means nobody.",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    class Meta:
        model = Brand
        fields = [
            "name",
            "slug",
            "language",
            "languages",
            "timezone",
            "widget_origins",
            "shows_driver_from_stops",
            "shows_driver_from_minutes",
            "link_days",
            "asks_for_pin",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = self.fields["timezone"]
        if isinstance(zones, forms.ChoiceField):
            zones.choices = [NO_ZONE, *((zone, zone) for zone in sorted(available_timezones()))]
        self.initial["languages"] = " ".join(self.instance.languages)
        self.initial["widget_origins"] = "\n".join(self.instance.widget_origins)

    def clean_languages(self) -> list[str]:
        codes = list(dict.fromkeys(self.cleaned_data["languages"].lower().split()))
        for code in codes:
            forms.RegexField(LANGUAGE, error_messages={"invalid": f"{code} is no language."}).clean(code)
        if codes and self.cleaned_data.get("language") not in codes:
            raise forms.ValidationError(_("The brand's own language is among those it offers."))
        return codes

    def clean_widget_origins(self) -> list[str]:
        found: list[str] = []
        for line in self.cleaned_data["widget_origins"].split():
            try:
                found.append(origins.read(line))
            except NoOrigin as error:
                told = _("%(line)s is no origin. One looks like https://shop.example, without a path.")
                raise forms.ValidationError(told % {"line": line}) from error
        if len(found) > MOST_ORIGINS:
            raise forms.ValidationError(_("More than %(most)d origins are too many.") % {"most": MOST_ORIGINS})
        return list(dict.fromkeys(found))


@admin.register(Brand)
class BrandAdmin(admin.ModelAdmin):
    """A shop's name, languages and rules; one that has shipments cannot be deleted."""

    form = BrandForm
    list_display = ["name", "slug", "shows_driver_from_stops", "shows_driver_from_minutes", "link_days"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["look", "snippet"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "look"]}),
        ("Language and time", {"fields": ["language", "languages", "timezone"]}),
        (
            "What shoppers see",
            {"fields": ["shows_driver_from_stops", "shows_driver_from_minutes", "link_days", "asks_for_pin"]},
        ),
        ("On the shop's own page", {"fields": ["widget_origins", "snippet"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Brand | None = None) -> list[Any]:
        """Leave out what there is to see of a brand alone that has been made."""
        if obj is not None:
            return list(self.fieldsets or [])
        return [
            (title, {"fields": [name for name in options["fields"] if name not in self.readonly_fields]})
            for title, options in self.fieldsets or []
        ]

    @admin.display(description="look")
    def look(self, brand: Brand) -> SafeString:
        told = _("Logo, colours and letters, and all that shoppers see")
        return format_html('<a href="{}">{}</a>', reverse("desk:brand", args=[brand.pk]), told)

    @admin.display(description="for the shop's page, with the token of each delivery")
    def snippet(self, brand: Brand) -> SafeString:
        return format_html('<pre tabindex="0">{}</pre>', SNIPPET.format(home=settings.BASE_URL))
