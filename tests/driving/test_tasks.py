from datetime import timedelta

import pytest
from django.utils import timezone

from driving import tasks
from tests.driving.phones import make_day
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
