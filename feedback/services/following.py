"""From stars to a case: what a shopper says is wrong is looked into without their asking."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from feedback.models import Case, CaseKind, CaseMessage, CasePolicy, Rating, Source, Via
from feedback.reasons import Reason
from feedback.services import cases
from feedback.services.cases import Complaint, TooMuch

KINDS: Final[Mapping[Reason, CaseKind]] = {
    Reason.NOT_RECEIVED: CaseKind.NOT_RECEIVED,
    Reason.DAMAGED: CaseKind.DAMAGED,
    Reason.WRONG_ITEM: CaseKind.WRONG_ITEM,
}
"""Which reasons are a case of their own; the gravest comes first."""


def follow(rating: Rating, *, at: datetime) -> None:
    """Open the case that a rating calls for, or put into it what was said since. In the rating's transaction.

    The stars come first and say little. Where a reason follows, the case that the stars opened becomes one of that,
    as long as nobody has taken it on.
    """
    kind = _kind_of(rating)
    if kind is None:
        return
    by_stars = Case.objects.unresolved().filter(shipment=rating.shipment_id, kind=CaseKind.LOW_SCORE, owner=None)
    if kind != CaseKind.LOW_SCORE and (first := by_stars.select_related("shipment__brand").first()):
        cases.recast(first, kind, at=at)
    via = Via.SMS if rating.source == Source.SMS else Via.SURVEY
    told = CaseMessage.objects.filter(case__shipment=rating.shipment_id, case__kind=kind)
    if not told.exists() or (rating.words and not told.filter(body=rating.words).exists()):
        with suppress(TooMuch):
            cases.open_case(rating.shipment, Complaint(kind, rating.words, via), at=at)


def calls_for_a_case(rating: Rating) -> bool:
    """Say whether what somebody thinks of their delivery is looked into without their asking."""
    return _kind_of(rating) is not None


def _kind_of(rating: Rating) -> CaseKind | None:
    grave = [kind for reason, kind in KINDS.items() if reason in rating.reasons]
    if grave:
        return grave[0]
    policy = CasePolicy.objects.of(rating.shipment.brand_id)
    return CaseKind.LOW_SCORE if rating.score <= policy.low_score_up_to else None
