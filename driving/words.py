"""What the page tells a driver about what they did."""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from driving.models import DriverAction, Flag, Kind, Outcome

DONE: Final = {
    Kind.START: gettext_lazy("Your shift has begun."),
    Kind.SCAN: gettext_lazy("Loaded."),
    Kind.SET_OFF: gettext_lazy("Drive safely."),
    Kind.ARRIVE: gettext_lazy("You have arrived."),
    Kind.DELIVER: gettext_lazy("Delivered."),
    Kind.ATTEMPT: gettext_lazy("Noted as not delivered."),
    Kind.PAUSE: gettext_lazy("Enjoy your break. Nobody sees where you are."),
    Kind.RESUME: gettext_lazy("Welcome back."),
    Kind.END: gettext_lazy("Your shift has ended. Thank you."),
}

FLAGS: Final = {
    Flag.CLOCK: gettext_lazy("Your phone's clock is wrong, so we noted another time."),
    Flag.REVOKED: gettext_lazy("You sent this after your link was revoked. It counts, and the desk will look at it."),
    Flag.NOT_LOADED: gettext_lazy("It was never scanned when you loaded. The desk will look into it."),
    Flag.UNKNOWN_PARCEL: gettext_lazy("No parcel has this number. Please check it."),
    Flag.OTHER_ROUTE: gettext_lazy("This parcel belongs on another route. Please leave it at the hub."),
    Flag.NOT_WANTED: gettext_lazy("This one is not to be delivered any more. Please bring it back to the hub."),
    Flag.SCANNED_BEFORE: gettext_lazy("You have loaded this one already."),
    Flag.PIN_WRONG: gettext_lazy("The PIN is wrong."),
    Flag.PIN_LOCKED: gettext_lazy(
        "There were too many wrong PINs today. Deliver without a PIN, and the desk will ask."
    ),
    Flag.PIN_MISSING: gettext_lazy("No PIN was given. The desk will ask about it."),
    Flag.PICTURE_TOO_LARGE: gettext_lazy("A picture was too large and is not kept."),
    Flag.PICTURE_UNREADABLE: gettext_lazy("A picture could not be read and is not kept."),
    Flag.BAD_EVIDENCE: gettext_lazy(
        "You were there for less than a minute, or more than 100 m away. The desk will ask."
    ),
    Flag.NO_EVIDENCE: gettext_lazy("We do not know where your phone was. The desk may ask."),
}


def tell(action: DriverAction) -> str:
    """Say what became of something that a driver did, and what was odd about it."""
    flags = [str(FLAGS[Flag(flag)]) for flag in action.flags]
    if action.outcome == Outcome.DONE:
        return " ".join([str(DONE[Kind(action.kind)]), *flags])
    if action.outcome == Outcome.REFUSED:
        return " ".join(flags)
    return " ".join(flags or [_("That was done already.")])
