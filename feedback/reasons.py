"""What may lie behind a score, in the words the shopper ticks. Pure data."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

BEST: Final = 5
LOW_UP_TO: Final = 3


class Reason(TextChoices):
    """Why a delivery was as good or as bad as it was."""

    NOT_RECEIVED = "not_received", _("I did not get it")
    DAMAGED = "damaged", _("Something was damaged")
    WRONG_ITEM = "wrong_item", _("It was not what I ordered")
    LATE = "late", _("It came too late")
    WRONG_PLACE = "wrong_place", _("It was left in the wrong place")
    UNFRIENDLY = "unfriendly", _("The driver was not friendly")
    UNINFORMED = "uninformed", _("I did not know what was going on")
    ON_TIME = "on_time", _("It came when promised")
    FRIENDLY = "friendly", _("The driver was friendly")
    CAREFUL = "careful", _("It was handled with care")
    INFORMED = "informed", _("I always knew where it was")
    EASY = "easy", _("Everything was easy")


PRAISE: Final = frozenset({Reason.ON_TIME, Reason.FRIENDLY, Reason.CAREFUL, Reason.INFORMED, Reason.EASY})


def fitting(score: int) -> list[Reason]:
    """Name the reasons that may be given for a score, worst first."""
    return [reason for reason in Reason if (reason in PRAISE) == (score > LOW_UP_TO)]
