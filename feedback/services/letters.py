"""What shoppers write by SMS of their own accord: said in a case, where a person answers it."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from feedback.models import LONGEST_MESSAGE, Case, CaseKind, CaseState, Via
from feedback.services import cases
from feedback.services.cases import Complaint
from notifications import services as notifications
from notifications.models import Inbound, Notification
from notifications.triggers import PHONE_CHANNELS, Trigger

LEFT_FOR: Final = timedelta(seconds=10)
LOOKED_BACK: Final = timedelta(days=2)
MOST_AT_ONCE: Final = 200


@transaction.atomic
def take_in(inbound_id: int, *, at: datetime) -> Case | None:
    """Put a message that was kept for the desk into the case that waits for it, or into one about its shipment.

    From then on the message is dealt with, so that twice is harmless; nothing is given then, nor where nobody knows
    what it is about. The promise counts from when it came.

    Raises ``TooMuch``; the message stays with the desk.
    """
    inbound = Inbound.objects.unread().select_for_update(of=("self",)).filter(id=inbound_id).first()
    if inbound is None:
        return None
    complaint = Complaint(CaseKind.MESSAGE, inbound.body[:LONGEST_MESSAGE], Via.SMS)
    waiting = Case.objects.filter(state=CaseState.WAITING)
    waiting = waiting.filter(Q(shipment=inbound.shipment_id) | Exists(_letters().filter(recipient=inbound.sender)))
    if (asked := waiting.order_by("-changed_at").first()) is not None:
        case = cases.say(asked, complaint, at=inbound.received_at).case
    elif inbound.shipment is not None:
        case = cases.open_case(inbound.shipment, complaint, at=inbound.received_at)
    else:
        return None
    notifications.handle(inbound, at=at)
    return case


def list_left(*, at: datetime) -> list[int]:
    """List the messages of the last days that should be in a case by now, as far as anybody knows in which."""
    answers = _letters().filter(recipient=OuterRef(OuterRef("sender")))
    waiting = Case.objects.filter(Exists(answers), state=CaseState.WAITING)
    left = Inbound.objects.unread().filter(received_at__gt=at - LOOKED_BACK, received_at__lte=at - LEFT_FOR)
    known = left.filter(Q(shipment__isnull=False) | Exists(waiting))
    return list(known.order_by("received_at").values_list("id", flat=True)[:MOST_AT_ONCE])


def _letters() -> QuerySet[Notification]:
    """Look for what was written to a number about the shipment of a case."""
    return Notification.objects.filter(shipment=OuterRef("shipment"), trigger=Trigger.REPLY, channel__in=PHONE_CHANNELS)
