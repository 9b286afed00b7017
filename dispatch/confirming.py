"""Telling the recipient of a change at the address in the order, so that they can take back what was not theirs."""

from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from notifications import services as notifications
from notifications.services import Letter
from notifications.triggers import Channel
from tracking.changes.models import Asker, Change
from tracking.words import languages, options

PAGE: Final = "tracking:options"

MOST_AN_HOUR: Final = 3
HOUR: Final = timedelta(hours=1)

KNOWN_TO_THEM: Final = frozenset({Asker.SMS, Asker.STANDING})
"""By these doors a change comes from the address itself, or is no news."""


def confirm(change: Change, *, at: datetime) -> Channel | None:
    """Write to the recipient what was changed; gives the channel, if anything was to be said. Twice is harmless.

    Of many changes within an hour they are told the first few: whoever tries things out is not to be a cost.
    """
    shipment = change.shipment
    lately = Change.objects.filter(shipment=shipment, asked_at__gt=change.asked_at - HOUR, id__lt=change.pk).count()
    if change.asked_by in KNOWN_TO_THEM or not change.is_in_force or lately >= MOST_AN_HOUR:
        return None
    with languages.speaking(shipment.reader_language):
        told = options.changed(change, now=at.astimezone(shipment.zone))
        text = _(
            "Your delivery %(reference)s was changed: %(what)s. %(answer)s. Was it not you? Undo it %(until)s:"
        ) % {
            "reference": shipment.reference,
            "what": told.label,
            "answer": told.text,
            "until": told.until,
        }
    return notifications.tell(
        shipment, text, version=Letter.CHANGE.version(change.pk), page=PAGE, at=at, prefers_sms=True
    )
