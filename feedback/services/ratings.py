"""Stars, and what is said beside them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from feedback import reasons, signals
from feedback.models import Rating, RatingVersion, Source
from feedback.reasons import Reason
from feedback.services import following
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment


class NotDelivered(Exception):
    """There is nothing to rate yet."""


class NotRated(Exception):
    """More was said about a delivery that nobody has given stars to."""


class Closed(Exception):
    """The rating is a day old and stays as it is."""


@transaction.atomic
def rate(shipment: Shipment, *, score: int, source: Source, at: datetime) -> Rating:
    """Give a delivery its stars, from 1 to 5, and tell whoever listens; again within a day changes them.

    What was said about it stays, but for reasons that no longer fit. Twice is harmless.

    Raises ``NotDelivered``, and ``Closed`` where the day is over.
    """
    if Shipment.objects.values_list("status", flat=True).get(id=shipment.id) != Status.DELIVERED:
        raise NotDelivered
    defaults = {"score": score, "source": source, "rated_at": at, "changed_at": at}
    rating, is_new = Rating.objects.select_for_update().get_or_create(shipment=shipment, defaults=defaults)
    if is_new:
        return _keep(rating, source=source, at=at)
    _require_open(rating, at=at)
    if rating.score == score:
        return rating
    rating.score = score
    rating.reasons = [reason for reason in rating.given_reasons if reason in reasons.fitting(score)]
    return _keep(rating, source=source, at=at)


@transaction.atomic
def elaborate(
    shipment: Shipment, *, given: Sequence[Reason], words: str, recommends: int | None, source: Source, at: datetime
) -> Rating:
    """Say more about a delivery that has its stars: what went well or badly, in ticks, words and a recommendation.

    Raises ``NotRated``, and ``Closed`` where the day is over.
    """
    try:
        rating = Rating.objects.select_for_update().get(shipment=shipment)
    except Rating.DoesNotExist as error:
        raise NotRated from error
    _require_open(rating, at=at)
    fitting = reasons.fitting(rating.score)
    rating.reasons = [reason.value for reason in given if reason in fitting]
    rating.words, rating.recommends = words, recommends
    return _keep(rating, source=source, at=at)


def _require_open(rating: Rating, *, at: datetime) -> None:
    if at >= rating.open_until:
        raise Closed


def _keep(rating: Rating, *, source: Source, at: datetime) -> Rating:
    """Write a rating down as it stands, with a line in its history."""
    rating.source, rating.changed_at = source, at
    rating.save(update_fields=["score", "reasons", "words", "recommends", "source", "changed_at"])
    RatingVersion.objects.create(
        rating=rating,
        score=rating.score,
        reasons=rating.reasons,
        words=rating.words,
        recommends=rating.recommends,
        source=source,
        at=at,
    )
    following.follow(rating, at=at)
    ids = {"rating_id": rating.id, "shipment_id": rating.shipment_id}
    transaction.on_commit(lambda: signals.rated.send_robust(Rating, **ids))
    return rating
