"""What Twilio's error codes mean for us: when a call is refused, and when a message it took did not arrive.

The codes are those of https://www.twilio.com/docs/api/errors. One that is not here, because it is new or rare, is
answered with ``Answer.ANOTHER_WAY``: the message did not arrive, and that is all there is to know.
"""

from enum import Enum
from typing import Final


class Answer(Enum):
    """What we do about a code. The first two only ever answer a call, whose message was not taken."""

    SLOW_DOWN = "slow_down"
    """Wait, and send fewer: nobody did anything wrong."""

    MEND_ACCOUNT = "mend_account"
    """Wait until somebody has mended our account: the message is as good as it was."""

    OPTED_OUT = "opted_out"
    """Write down that the recipient does not want to hear from us on this channel, and leave it at that."""

    ALARM = "alarm"
    """Try another channel and tell the operators: it will happen to others as well."""

    ANOTHER_WAY = "another_way"
    """Try another channel."""


ANSWERS: Final[dict[str, Answer]] = {
    "14107": Answer.SLOW_DOWN,  # too many between two numbers within half a minute
    "20429": Answer.SLOW_DOWN,  # too many requests
    "21611": Answer.SLOW_DOWN,  # the sender's queue is full
    "63018": Answer.SLOW_DOWN,  # WhatsApp's own limit
    "20003": Answer.MEND_ACCOUNT,  # wrong token
    "20005": Answer.MEND_ACCOUNT,  # suspended
    "20006": Answer.MEND_ACCOUNT,  # not allowed
    "20404": Answer.MEND_ACCOUNT,  # no such account
    "21610": Answer.OPTED_OUT,  # has written STOP
    "21212": Answer.ALARM,  # the sender is no number
    "21408": Answer.ALARM,  # the account may not send to this country
    "21603": Answer.ALARM,  # no sender
    "21606": Answer.ALARM,  # the sender is not ours
    "21608": Answer.ALARM,  # a trial account sends to verified numbers alone
    "21609": Answer.ALARM,  # the address for its callbacks is none
    "21656": Answer.ALARM,  # the content template takes other variables
    "21659": Answer.ALARM,  # the sender belongs to another account
    "21703": Answer.ALARM,  # the messaging service has no sender
    "30002": Answer.ALARM,  # suspended since it was taken
    "30007": Answer.ALARM,  # filtered as spam
    "30034": Answer.ALARM,  # the sender is not registered with the carriers
    "63007": Answer.ALARM,  # no such WhatsApp sender
    "63016": Answer.ALARM,  # free text outside WhatsApp's 24 hours
    "21211": Answer.ANOTHER_WAY,  # no phone number
    "21214": Answer.ANOTHER_WAY,  # cannot be reached
    "21265": Answer.ANOTHER_WAY,  # a short code
    "21612": Answer.ANOTHER_WAY,  # no way from this sender to this number
    "21614": Answer.ANOTHER_WAY,  # no mobile number
    "21635": Answer.ANOTHER_WAY,  # a landline
    "30001": Answer.ANOTHER_WAY,  # waited too long in the queue
    "30003": Answer.ANOTHER_WAY,  # switched off, or out of range
    "30004": Answer.ANOTHER_WAY,  # blocked
    "30005": Answer.ANOTHER_WAY,  # unknown to the carrier
    "30006": Answer.ANOTHER_WAY,  # a landline, or a carrier that takes no texts
    "30008": Answer.ANOTHER_WAY,  # the carrier does not say
    "30036": Answer.ANOTHER_WAY,  # its validity period was over
    "63003": Answer.ANOTHER_WAY,  # not on WhatsApp
    "63024": Answer.ANOTHER_WAY,  # not on WhatsApp
    "63049": Answer.ANOTHER_WAY,  # WhatsApp chose not to deliver it
}


def answer_to(code: str) -> Answer:
    """Look up what to do about a code."""
    return ANSWERS.get(code, Answer.ANOTHER_WAY)
