"""Cases about attempts: somebody reported that nobody was there, and the shopper or the evidence says otherwise.

What speaks for an attempt is not copied into its case: whoever reads the case is shown it as it was measured.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from feedback.models import CaseKind, CaseMessage, Via
from feedback.services import cases
from feedback.services.cases import Complaint
from tracking.proof.models import BAD, Evidence
from tracking.shipments.models import Shipment

LEFT_FOR: Final = timedelta(seconds=10)
LOOKED_BACK: Final = timedelta(days=2)
MOST_AT_ONCE: Final = 200


@transaction.atomic
def follow(event_id: int) -> None:
    """Open the case that an attempt calls for, and put the shopper's word into it; the promise counts from then.

    Twice is harmless: what was called for at a moment stands in the case under that moment.

    Raises ``TooMuch``.
    """
    evidence = Evidence.objects.calling_for_a_case().select_related("event").filter(event=event_id).first()
    if evidence is None:
        return
    shipments = Shipment.objects.select_for_update(of=("self",)).select_related("brand")
    shipment = shipments.get(id=evidence.event.shipment_id)
    if evidence.is_bad:
        _open(shipment, Complaint(CaseKind.DISPUTED_ATTEMPT, via=Via.EVIDENCE), at=evidence.recorded_at)
    if evidence.disputed_at is not None:
        with override(shipment.reader_language):
            words = _("Nobody came to my door.")
        _open(shipment, Complaint(CaseKind.DISPUTED_ATTEMPT, words), at=evidence.disputed_at)


def list_left(*, at: datetime) -> list[int]:
    """List the attempts of the last days, by event, that should be in a case by now."""
    told = _told().filter(case__shipment=OuterRef("event__shipment"))
    between = (at - LOOKED_BACK, at - LEFT_FOR)
    is_untold = Q(BAD, ~Exists(told.filter(at=OuterRef("recorded_at"))), recorded_at__range=between)
    is_unheard = Q(~Exists(told.filter(at=OuterRef("disputed_at"))), disputed_at__range=between)
    left = Evidence.objects.calling_for_a_case().filter(is_untold | is_unheard)
    return list(left.order_by("recorded_at").values_list("event_id", flat=True)[:MOST_AT_ONCE])


def _open(shipment: Shipment, complaint: Complaint, *, at: datetime) -> None:
    if not _told().filter(case__shipment=shipment, at=at).exists():
        cases.open_case(shipment, complaint, at=at)


def _told() -> QuerySet[CaseMessage]:
    return CaseMessage.objects.filter(case__kind=CaseKind.DISPUTED_ATTEMPT)
