"""Why a parcel did not reach a person, in the words that the shopper, the driver and the desk read."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """Why a parcel could not be handed over, or does not move."""

    NOBODY = "nobody", _("nobody at home")
    NO_ACCESS = "no_access", _("no way in")
    REFUSED = "refused", _("not accepted")
    WRONG_ADDRESS = "wrong_address", _("wrong address")
    NO_SAFE_PLACE = "no_safe_place", _("no safe place")
    DAMAGED = "damaged", _("damaged")
    CLOSED = "closed", _("the business was closed")
    NO_TIME = "no_time", _("the driver ran out of time")
    WEATHER = "weather", _("weather")
    BREAKDOWN = "breakdown", _("trouble with the vehicle or the network")
    CUSTOMS = "customs", _("held by customs")
    PAYMENT = "payment", _("something is to be paid")
    IDENTITY = "identity", _("no identification or signature")
    ASKED = "asked", _("as it was asked for")
    NOT_COLLECTED = "not_collected", _("it was not collected in time")
    MISSING = "missing", _("it cannot be found")
    OTHER = "other", _("another reason")
