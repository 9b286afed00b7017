"""Why a courier does not get an offer, and how that is said: kindly, because most who are asked do not."""

from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from carriers.models.crowd import Answer, Invitation


class Why(StrEnum):
    """Why a courier does not get an offer."""

    FASTER = "faster"
    LATE = "late"
    GONE = "gone"
    BUSY = "busy"
    SUSPENDED = "suspended"


WORDS: Final[dict[Why, Promise]] = {
    Why.FASTER: _("Somebody was faster this time. Thank you for answering; we ask you again."),
    Why.LATE: _("The time to take this is over. Thank you for answering; we ask you again."),
    Why.GONE: _("This was called off and need not be brought any more. Thank you for answering."),
    Why.BUSY: _("You have another errand under way. Bring that first; we ask you again afterwards."),
    Why.SUSPENDED: _("You are not asked at the moment. Please call us."),
}


class NotForYou(Exception):
    """A courier does not get an offer; ``why`` says why."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


WHY: Final[dict[Answer, Why]] = {
    Answer.OVERTAKEN: Why.FASTER,
    Answer.WITHDRAWN: Why.GONE,
}
"""Why an invitation leads to nothing any more; for all other answers its time is over."""


def say_of(invitation: Invitation, why: Why | None = None) -> str:
    """Say why an invitation cannot be accepted (any more): as was just found out, or as is written down."""
    if invitation.answer == Answer.DECLINED and why is None:
        return _now("Thank you for answering. We ask you again.")
    if invitation.answer == Answer.GIVEN_BACK and why is None:
        return _now("You gave it back, and we ask others. Thank you for saying so.")
    return say(why or WHY.get(Answer(invitation.answer), Why.LATE))


def say(why: Why) -> str:
    """Say it in the language that is active."""
    return str(WORDS[why])
