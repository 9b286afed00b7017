from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from driving import tasks
from tests.driving.phones import make_day
from tracking import connection
from tracking.live import audience, messages
from tracking.live.messages import Message
from tracking.rounds.models import Shift, ShiftState

pytestmark = pytest.mark.django_db


@pytest.mark.sqlite
def test_the_sweep_ends_a_shift_that_was_forgotten_yesterday_and_twice_is_harmless() -> None:
    make_day()
    yesterday = timezone.now() - timedelta(days=1)
    Shift.objects.update(starts_at=yesterday, started_at=yesterday, ends_at=yesterday + timedelta(hours=8))

    for _ in range(2):
        tasks.sweep_shifts()

    assert Shift.objects.get().state == ShiftState.ENDED


@pytest.mark.sqlite
def test_the_sweep_hides_a_driver_from_open_pages_when_sharing_ends() -> None:
    route, shipments = make_day()
    driver_id = route.shift.driver_id
    audience.refresh(driver_id, at=timezone.now())
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub() as channel:
        channel.subscribe(connection.CHANNEL)
        channel.get_message(timeout=5)
        Shift.objects.update(shares_until=timezone.now())

        for _ in range(2):
            tasks.sweep_shifts()

        said = [message["data"] for message in iter(lambda: channel.get_message(timeout=0.2), None)]
    assert [messages.decode(data) for data in said] == [
        Message(messages.Kind.HIDDEN, tuple(shipment.id for shipment in shipments), messages.HIDDEN)
    ]
    assert Shift.objects.get().state == ShiftState.WORKING
