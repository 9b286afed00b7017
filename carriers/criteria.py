"""What carriers are compared by. Pure data."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Criterion(TextChoices):
    """Something that speaks for a carrier, or against it."""

    COST = "cost", _("Cost")
    ON_WINDOW = "on_window", _("Within the window")
    SATISFACTION = "satisfaction", _("Satisfaction")
    CLAIMS = "claims", _("Claims")
    CO2 = "co2", _("CO2")
    CAPACITY = "capacity", _("Room left")


class Source(TextChoices):
    """What the cost of a delivery is worked out from."""

    PAY = "pay", _("what its couriers are paid")
    TARIFF = "tariff", _("by its tariff")
    CHECKOUT = "checkout", _("as reckoned at the checkout")
    DRIVERS = "drivers", _("by its drivers' hours and kilometres")
