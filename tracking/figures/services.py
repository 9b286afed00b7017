"""The only writer of what past deliveries taught."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

from django.db import transaction

from tracking.figures.models import CarrierScore, DriverScore, FreshStart, StopHint
from tracking.rounds.models import Carrier

BLOCK_RESOLUTION: Final = 10
"""Of H3: hexagons of 1.5 hectares, a block of houses, too many households to tell one from another."""

ROWS_AT_ONCE: Final = 1_000


@transaction.atomic
def keep_scores(scores: Collection[CarrierScore]) -> None:
    """Let these be the scores of carriers from now on; who is not among them has none. Twice is harmless."""
    CarrierScore.objects.exclude(carrier__in=[score.carrier_id for score in scores]).delete()
    CarrierScore.objects.bulk_create(
        scores,
        update_conflicts=True,
        unique_fields=["carrier"],
        update_fields=["since", "until", "on_window", "on_window_n", "stars", "stars_n", "claims", "claims_n"],
    )


@transaction.atomic
def begin_anew(carrier: Carrier, *, after: date) -> None:
    """Count of a carrier only what it delivers after a day; what was counted of it is forgotten. Twice is harmless."""
    FreshStart.objects.update_or_create(carrier=carrier, defaults={"day": after + timedelta(days=1)})
    CarrierScore.objects.filter(carrier=carrier).delete()


@transaction.atomic
def keep_driver_scores(scores: Collection[DriverScore]) -> None:
    """Let these be the scores of drivers from now on; who is not among them has none. Twice is harmless."""
    DriverScore.objects.all().delete()
    DriverScore.objects.bulk_create(scores, batch_size=ROWS_AT_ONCE)


@transaction.atomic
def keep_hints(hints: Collection[StopHint]) -> None:
    """Let these be the hints from now on; blocks that are not among them have none. Twice is harmless."""
    StopHint.objects.all().delete()
    StopHint.objects.bulk_create(hints, batch_size=ROWS_AT_ONCE)
