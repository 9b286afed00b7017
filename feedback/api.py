"""The API's part about surveys: what shoppers thought of their deliveries, for their shops to read."""

from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from ninja import Query, Router, Schema
from pydantic import Field

from feedback.models import Rating, Source
from feedback.reasons import Reason
from tracking.api import fields, paging
from tracking.api.access import Bearer, Keyed
from tracking.api.paging import Page, Paging
from tracking.keys.models import Scope

READ: Final = Bearer(Scope.SURVEYS_READ)

router = Router(tags=["surveys"])


class WantedSurveys(Paging):
    """Which answers are listed."""

    shipment: UUID | None = None
    score: Annotated[int, Field(ge=1, le=5, description="With as many stars alone.")] | None = None
    changed_since: fields.Moment | None = None
    brand: Annotated[fields.Named, Field(description="Of this brand alone, by its slug.")] = ""


class SurveySaid(Schema):
    """What a shopper thinks of a delivery: stars from 1 to 5, why, and from 0 to 10 how likely they recommend the shop.

    It can change for a day after ``rated_at``. ``words`` are their own, and ``null`` for a key without that scope.
    """

    shipment: UUID
    brand: str
    reference: str
    score: int
    reasons: list[Reason]
    recommends: int | None
    words: str | None
    source: Source
    rated_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, rating: Rating, *, is_with_words: bool) -> Self:
        """Say an answer that was fetched with its shipment and the brand."""
        plain: dict[str, Any] = {
            name: getattr(rating, name) for name in ("score", "recommends", "rated_at", "changed_at")
        }
        return cls(
            shipment=rating.shipment.uid,
            brand=rating.shipment.brand.slug,
            reference=rating.shipment.reference,
            reasons=rating.given_reasons,
            words=rating.words if is_with_words else None,
            source=Source(rating.source),
            **plain,
        )


@router.get(
    "/surveys", auth=READ, response=Page[SurveySaid], summary="List answers to surveys", operation_id="list_surveys"
)
def list_all(request: Keyed, wanted: Query[WantedSurveys]) -> Page[SurveySaid]:
    """List what shoppers thought of the deliveries of this key, the newest first: one answer a shipment."""
    found = Rating.objects.select_related("shipment__brand")
    if not request.auth.is_for_all:
        found = found.filter(shipment__brand=request.auth.brand)
    if wanted.shipment:
        found = found.filter(shipment__uid=wanted.shipment)
    if wanted.score:
        found = found.filter(score=wanted.score)
    if wanted.changed_since:
        found = found.filter(changed_at__gte=wanted.changed_since)
    if wanted.brand:
        found = found.filter(shipment__brand__slug=wanted.brand)
    rows, following = paging.piece(found, wanted)
    is_with_words = request.auth.may(Scope.SURVEYS_WORDS)
    return Page[SurveySaid](
        items=[SurveySaid.of(rating, is_with_words=is_with_words) for rating in rows], next=following
    )
