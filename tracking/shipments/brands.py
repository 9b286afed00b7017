"""The table of brands: how a shop looks to its customers, in which languages, and its rules for what they see."""

from typing import Final

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

COLOUR: Final = RegexValidator(r"^#[0-9a-f]{6}\Z", _("A colour looks like #0b6e5f."))


class Font(models.TextChoices):
    """A family of letters that every device has of its own, so that none is fetched."""

    PLAIN = "plain", _("Plain")
    HUMANIST = "humanist", _("Humanist")
    GEOMETRIC = "geometric", _("Geometric")
    ROUNDED = "rounded", _("Rounded")
    BOOKISH = "bookish", _("Bookish")


class Brand(models.Model):
    """A shop as its customers see it, and its rules for what they see.

    Of its colours the first is needed: those that are empty follow from it. ``logo`` is a name in the storage.
    ``languages`` are those it offers, empty where that is any; ``timezone`` holds where an address says none.
    ``widget_origins`` are the web sites that may show a delivery in a frame.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    colour = models.CharField(max_length=7, default="#0b6e5f", validators=[COLOUR])
    ink = models.CharField(max_length=7, blank=True, validators=[COLOUR])
    night_colour = models.CharField(max_length=7, blank=True, validators=[COLOUR])
    night_ink = models.CharField(max_length=7, blank=True, validators=[COLOUR])
    font = models.CharField(max_length=12, choices=Font, default=Font.PLAIN)
    logo = models.CharField(max_length=60, blank=True, editable=False)
    logo_width = models.PositiveSmallIntegerField(default=0, editable=False)
    logo_height = models.PositiveSmallIntegerField(default=0, editable=False)
    language = models.CharField(max_length=12, default="en")
    languages = models.JSONField(default=list, blank=True)
    timezone = models.CharField(max_length=40, blank=True)
    widget_origins = models.JSONField(default=list, blank=True)
    shows_driver_from_stops = models.PositiveSmallIntegerField(default=5)
    shows_driver_from_minutes = models.PositiveSmallIntegerField(default=20)
    link_days = models.PositiveSmallIntegerField(default=14, validators=[MinValueValidator(1)])
    asks_for_pin = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="brand_logo_has_a_size",
                condition=Q(logo="", logo_width=0, logo_height=0)
                | (~Q(logo="") & Q(logo_width__gt=0, logo_height__gt=0)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"

    def language_for(self, wanted: str) -> str:
        """Choose a reader's language: theirs where it is offered, else the brand's own."""
        family = wanted.lower().partition("-")[0]
        is_offered = not self.languages or not {wanted.lower(), family}.isdisjoint(self.languages)
        return wanted if wanted and is_offered else self.language
