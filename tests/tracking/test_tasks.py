import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests import servers
from tests.factories import NOON, make_driver
from tracking import connection, tasks
from tracking.live import breadcrumbs
from tracking.rounds import services as rounds
from tracking.rounds.fixes import RawFix
from tracking.rounds.models import Position

pytestmark = pytest.mark.django_db


def drop(driver_id: int, *moments: datetime) -> list[RawFix]:
    """Let one request's fixes wait in Redis."""
    raw_fixes = [RawFix(60.17, 24.94, moment, heading=91.5, speed_mps=12.5, accuracy_m=4.9) for moment in moments]
    entry = breadcrumbs.encode(driver_id, raw_fixes, at=NOON)
    connection.sync_client().xadd(breadcrumbs.STREAM, {b"fixes": entry})
    return raw_fixes


def seconds(*numbers: float) -> list[datetime]:
    return [NOON + timedelta(seconds=number) for number in numbers]


def waiting() -> int:
    length: Any = connection.sync_client().xlen(breadcrumbs.STREAM)
    return int(length)


def recorded() -> list[datetime]:
    return list(Position.objects.order_by("recorded_at").values_list("recorded_at", flat=True))


@pytest.mark.sqlite
def test_what_waits_is_written_down_as_it_was_reported() -> None:
    driver = make_driver()
    drop(driver.id, *seconds(0, 1))
    drop(driver.id, *seconds(2))

    tasks.flush_breadcrumbs()

    first, *_ = Position.objects.order_by("recorded_at")
    assert (first.driver_id, first.recorded_at, first.received_at) == (driver.id, NOON, NOON)
    assert (first.latitude, first.longitude, first.heading) == (60.17, 24.94, 91.5)
    assert (first.speed_mps, first.accuracy_m) == (12.5, 4.9)
    assert recorded() == seconds(0, 1, 2)
    assert waiting() == 0


@pytest.mark.sqlite
def test_a_fix_that_comes_twice_is_one_row() -> None:
    driver, other = make_driver(), make_driver()
    for moments in (seconds(0, 0, 1), seconds(1), seconds(0)):
        drop(driver.id, *moments)
    drop(other.id, *seconds(0))

    tasks.flush_breadcrumbs()
    drop(driver.id, *seconds(1, 2))
    tasks.flush_breadcrumbs()

    assert recorded() == seconds(0, 0, 1, 2)


def test_more_than_one_helping_is_eaten_up() -> None:
    driver = make_driver()
    for number in range(breadcrumbs.ENTRIES_AT_ONCE + 1):
        drop(driver.id, *seconds(number))

    tasks.flush_breadcrumbs()

    assert len(recorded()) == breadcrumbs.ENTRIES_AT_ONCE + 1
    assert waiting() == 0


def test_nothing_waits_and_nothing_happens() -> None:
    tasks.flush_breadcrumbs()

    assert recorded() == []


def test_a_flush_that_was_killed_before_it_cleared_up_leaves_nothing_doubled() -> None:
    driver = make_driver()
    raw_fixes = drop(driver.id, *seconds(0, 1))
    breadcrumbs.keep(driver.id, raw_fixes, at=NOON)

    tasks.flush_breadcrumbs()

    assert recorded() == seconds(0, 1)
    assert waiting() == 0


def test_the_fixes_of_a_driver_who_was_erased_do_not_hold_up_the_others() -> None:
    erased, driver = make_driver(), make_driver()
    drop(erased.id, *seconds(0))
    drop(driver.id, *seconds(1))
    erased.delete()

    tasks.flush_breadcrumbs()

    assert recorded() == seconds(1)
    assert waiting() == 0


def test_two_flushes_at_once_do_the_work_once() -> None:
    drop(make_driver().id, *seconds(0))
    connection.sync_client().set(breadcrumbs.CLAIM, b"", ex=1)

    tasks.flush_breadcrumbs()
    assert recorded() == []

    time.sleep(1.1)
    tasks.flush_breadcrumbs()
    assert recorded() == seconds(0)


@pytest.mark.django_db(transaction=True)
def test_flushes_killed_at_any_moment_lose_nothing_and_double_nothing(installation: dict[str, str]) -> None:
    driver = make_driver()
    expected = []
    for number in range(0, 20_000, 20):
        moments = seconds(*range(number, number + 20))
        drop(driver.id, *moments)
        expected += moments

    for patience in (0.1, 0.3, 0.2, 0.4):
        with flusher(installation) as process:
            before = waiting()
            while process.poll() is None and waiting() == before and before:
                time.sleep(0.001)
            time.sleep(patience)
            process.send_signal(signal.SIGKILL)
        connection.sync_client().delete(breadcrumbs.CLAIM)
        drop(driver.id, *expected[:20])
    tasks.flush_breadcrumbs()

    assert recorded() == expected
    assert waiting() == 0


def flusher(installation: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process that flushes over and over, a few requests at a time."""
    program = (
        "import django; django.setup()\n"
        "from tracking.live import breadcrumbs\n"
        "breadcrumbs.ENTRIES_AT_ONCE = 40\n"
        "while True: breadcrumbs.flush()\n"
    )
    environment = {**os.environ, **installation, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen([sys.executable, "-c", program], cwd=servers.ROOT, env=environment)


@pytest.mark.sqlite
def test_positions_are_forgotten_after_seven_days() -> None:
    driver, now = make_driver(), timezone.now()
    ages = [timedelta(), timedelta(days=6, hours=23), timedelta(days=7, minutes=1), timedelta(days=400)]
    rounds.keep_positions(
        Position(driver=driver, recorded_at=now - age, received_at=now, latitude=60.17, longitude=24.94) for age in ages
    )

    tasks.purge_positions()
    tasks.purge_positions()

    assert recorded() == [now - age for age in reversed(ages[:2])]


def test_an_installation_may_forget_them_sooner(settings: Settings) -> None:
    settings.POSITION_DAYS = 1
    driver, now = make_driver(), timezone.now()
    rounds.keep_positions(
        Position(driver=driver, recorded_at=now - age, received_at=now, latitude=60.17, longitude=24.94)
        for age in (timedelta(hours=23), timedelta(hours=25))
    )

    tasks.purge_positions()

    assert recorded() == [now - timedelta(hours=23)]
