from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import F

from atlas.areas import Area
from demo.scenario.day import Day
from tracking import facts
from tracking.rounds.models import Stop
from tracking.shipments.models import Shipment, StatusEvent

HELSINKI = ZoneInfo("Europe/Helsinki")

CLOCKS = [
    datetime(2026, 6, 24, 23, 58, tzinfo=HELSINKI),
    # Three minutes before three o'clock, which the clocks leave out, and twice so where they repeat it.
    datetime(2026, 3, 29, 0, 57, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 57, tzinfo=UTC),
]

pytestmark = pytest.mark.django_db


def drawn(at: datetime) -> list[Any]:
    """Read what a seed decides, which is all but tokens, keys and row numbers; times count from the day's middle."""
    columns = ("reference", "status", "handover", "recipient_name", "street", "postcode", "sequence")
    shipments = Shipment.objects.annotate(sequence=F("stop__sequence")).order_by("reference")
    stops = Stop.objects.order_by("planned_at", "latitude").values_list("latitude", "longitude", "state", "planned_at")
    return [
        *shipments.values_list(*columns),
        *((*stop, planned_at - at) for *stop, planned_at in stops if planned_at is not None),
    ]


def require_sense(day: Day, *, at: datetime) -> None:
    assert not StatusEvent.objects.filter(occurred_at__gt=at).exists()
    for _, shipment in day.links:
        fresh = Shipment.objects.with_round().get(id=shipment.id)
        told = facts.gather(fresh, fix=None, at=at).window
        if told is not None and told.start is not None and told.end is not None:
            assert told.end.astimezone(UTC) - told.start.astimezone(UTC) >= timedelta(minutes=10)
            assert told.end > at
            assert told.date == told.start.date() >= at.astimezone(HELSINKI).date()


def test_a_seed_draws_the_same_day_at_any_hour_and_it_makes_sense_at_each() -> None:
    area = Area.load(settings.MAP_AREAS[0])
    days = []

    for at in CLOCKS:
        with transaction.atomic():
            day = Day(area, seed=1, at=at)
            day.write()
            require_sense(day, at=at)
            days.append(drawn(at))
            transaction.set_rollback(True)

    midnight, forward, back = days
    assert midnight == forward == back
