"""Where a driver was shown to be, found again from what their phone reported."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from tests.factories import make_route
from tracking import connection
from tracking.facts import past
from tracking.live import breadcrumbs, positions, replay
from tracking.rounds.fixes import RawFix
from tracking.shipments.models import Shipment
from tracking.visibility import Fix

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
STREET = [(60.1720, 24.9500), (60.1705, 24.9480), (60.1690, 24.9456), (60.1680, 24.9430), (60.1672, 24.9420)]
"""From afar, past the first door, and on."""

JUMP = (61.5, 23.7)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _no_connection_is_left() -> AsyncIterator[None]:
    yield
    await connection.close()


def on_the_road(at: datetime) -> int:
    """Set a driver off; gives their id."""
    return make_route(DOORS, at=at).shift.driver_id


def shown() -> list[Fix | None]:
    return [positions.last_fix_for(shipment) for shipment in waiting()]


def shown_then(at: datetime) -> list[Fix | None]:
    return [replay.last_fix_for(past.recall(shipment, at=at), at=at) for shipment in waiting()]


def waiting() -> list[Shipment]:
    return list(Shipment.objects.with_round().order_by("stop__sequence"))


async def test_what_was_shown_at_every_moment_is_found_again() -> None:
    now = timezone.now()
    driver_id = await sync_to_async(on_the_road)(now - timedelta(minutes=20))
    diary = []
    for number, place in enumerate([*STREET[:3], JUMP, *STREET[3:]]):
        at = now - timedelta(minutes=15 - 2 * number)
        await positions.accept(driver_id, [RawFix(*place, at - timedelta(seconds=1))], at=at)
        diary.append((at, await sync_to_async(shown)()))
    await sync_to_async(breadcrumbs.flush)()

    found = [(at, await sync_to_async(shown_then)(at)) for at, _ in diary]

    assert found == diary
    assert len({str(fixes) for _, fixes in diary}) > 3


async def test_before_anything_was_reported_nothing_was_shown() -> None:
    now = timezone.now()
    await sync_to_async(on_the_road)(now)

    assert await sync_to_async(shown_then)(now) == [None, None, None]
