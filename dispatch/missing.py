"""What planning can do without, and says so where it had to: a plan, a window and a quote carry these words."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Missing(models.TextChoices):
    """Something that was guessed, in a sentence for whoever plans."""

    STREETS = "streets", _("Some addresses are outside every map area: drives are guessed by the crow's flight.")
    ROUTER = "router", _("The routing server does not answer: drives are from the map areas.")
    TRIPS = "trips", _("Too few trips so far to know this hub's traffic: it is taken from published figures.")
    WEATHER = "weather", _("No weather is known for this day: it is taken to be fair.")
    OPTIMISER = "optimiser", _("The optimiser is not installed: tours are made by a simpler method.")
