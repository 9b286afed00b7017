import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import F

from atlas.areas import Area
from demo.scenario.day import Day
from tracking import facts
from tracking.rounds.models import Stop
from tracking.shipments import lifecycle
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent

CLOCKS = [
    datetime(2026, 6, 24, 20, 58, tzinfo=UTC),  # two minutes before midnight in Helsinki
    datetime(2026, 3, 29, 0, 57, tzinfo=UTC),  # three minutes before an hour that the clocks leave out
    datetime(2026, 10, 25, 0, 57, tzinfo=UTC),  # three minutes before an hour that they repeat
]

pytestmark = pytest.mark.django_db


def test_a_seed_draws_the_same_day_at_any_hour_and_it_makes_sense_at_each() -> None:
    drawn = []

    for at in CLOCKS:
        with transaction.atomic():
            Day(Area.load(settings.MAP_AREAS[0]), seed=1, at=at).write()
            require_possible_histories(at=at)
            require_windows_to_come(at=at)
            drawn.append(read_what_was_drawn(at=at))
            transaction.set_rollback(True)

    midnight, forward, back = drawn
    assert midnight == forward == back


def read_what_was_drawn(*, at: datetime) -> list[Any]:
    """Read all but tokens, keys and row numbers; times count from the day's middle."""
    columns = ("reference", "status", "handover", "recipient_name", "street", "postcode", "sequence")
    shipments = Shipment.objects.annotate(sequence=F("stop__sequence")).order_by("reference")
    stops = Stop.objects.exclude(planned_at=None).order_by("planned_at", "latitude")
    return [
        *shipments.values_list(*columns),
        *stops.annotate(offset=F("planned_at") - at).values_list("latitude", "longitude", "state", "offset"),
    ]


def require_possible_histories(*, at: datetime) -> None:
    events = StatusEvent.objects.order_by("shipment_id", "occurred_at", "id")
    for _, history in itertools.groupby(events, key=lambda event: event.shipment_id):
        known = list(history)
        steps = [Status(event.status) for event in known if event.status and event.parcel_id is None]
        assert steps[0] == Status.CREATED
        assert known[-1].occurred_at <= at
        for earlier, later in itertools.pairwise(steps):
            assert later == earlier or later in lifecycle.STEPS[earlier]


def require_windows_to_come(*, at: datetime) -> None:
    for shipment in Shipment.objects.with_round().filter(status__in=[Status.PLANNED, Status.OUT_FOR_DELIVERY]):
        told = facts.gather(shipment, fix=None, at=at).window
        assert told is not None
        assert told.date >= at.astimezone(shipment.zone).date()
        if told.start is not None and told.end is not None:
            assert told.date == told.start.date()
            assert told.end > at
            # Two moments of one zone are compared as its clocks show them, which may repeat an hour.
            assert told.end.astimezone(UTC) - told.start.astimezone(UTC) >= timedelta(minutes=10)
