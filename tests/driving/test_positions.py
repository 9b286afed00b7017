"""Where the phone is: told while the driver works, shown to those who may see it, and not a moment longer."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.utils import timezone
from pytest_django import Settings

from driving.models import DriveLink
from driving.services import sharing
from tests.driving.phones import DOORS, MINUTE, Phone, bound_long_ago, make_day, make_phone
from tests.factories import NOON, make_driver, make_route
from tracking import connection
from tracking.live import audience, breadcrumbs, positions
from tracking.rounds import services as rounds
from tracking.rounds.models import Position, Shift, ShiftState

pytestmark = pytest.mark.django_db(transaction=True)

HELSINKI = ZoneInfo("Europe/Helsinki")
ON_THE_WAY = (60.1741, 24.9462)


def fix(at: datetime, place: tuple[float, float] = ON_THE_WAY) -> Mapping[str, Any]:
    return {"lat": place[0], "lon": place[1], "recorded_at": at.isoformat(), "accuracy": 5}


def report(phone: Phone, *fixes: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = async_to_sync(post)(phone, json.dumps({"positions": fixes}).encode())
    return answer.status_code, answer.json()


async def post(phone: Phone, body: bytes) -> Any:
    client = AsyncClient()
    client.cookies = phone.client.cookies
    try:
        return await client.post(f"{phone.address}positions/", body, content_type="application/json")
    finally:
        await connection.close()


def test_a_position_is_kept_and_the_driver_told_how_many_may_see_it() -> None:
    route, _ = make_day()
    phone = make_phone(route)
    audience.refresh(route.shift.driver_id, at=timezone.now())

    status, told = report(phone, fix(timezone.now()))

    assert (status, told) == (200, {"is_shared": True, "watching": 0, "kept": 1, "errors": []})
    seen = positions.last_raw_fix(route.shift.driver_id)
    assert seen
    assert (seen.latitude, seen.longitude) == ON_THE_WAY


@pytest.mark.parametrize("state", [ShiftState.ON_BREAK, ShiftState.ENDED])
def test_on_a_break_and_after_the_shift_no_position_is_taken(state: ShiftState) -> None:
    route, _ = make_day()
    phone = make_phone(route)
    rounds.move_shift(route.shift, state, at=timezone.now())

    status, told = report(phone, fix(timezone.now()))

    assert (status, told["is_shared"]) == (409, False)
    assert told["error"] == "You are not at work. Nobody sees where you are."
    breadcrumbs.flush()
    assert not Position.objects.exists()


def test_once_sharing_has_ended_no_position_is_taken_and_nobody_sees_the_driver() -> None:
    route, _ = make_day()
    phone = make_phone(route)
    Shift.objects.update(shares_until=timezone.now())

    status, told = report(phone, fix(timezone.now()))

    assert (status, told["is_shared"]) == (409, False)
    assert told["error"] == "Sharing has ended for today. Nobody sees where you are."
    assert audience.build(route.shift.driver_id, at=timezone.now()).viewers == ()
    assert "Nobody sees where you are." in phone.client.get(phone.address).content.decode()
    breadcrumbs.flush()
    assert not Position.objects.exists()


def test_another_device_of_the_driver_is_not_shown_either_once_sharing_has_ended() -> None:
    route, _ = make_day()
    driver_id, at = route.shift.driver_id, timezone.now()
    assert len(audience.build(driver_id, at=at).viewers) == 3

    rounds.limit_sharing(route.shift, until=at)

    assert audience.build(driver_id, at=at).viewers == ()


def test_what_was_recorded_before_the_shift_is_nobodys_business() -> None:
    route, _ = make_day()
    phone = make_phone(route)

    _, told = report(phone, fix(timezone.now() - timedelta(hours=5)), fix(timezone.now()))

    assert told["kept"] == 1
    breadcrumbs.flush()
    assert Position.objects.count() == 1


def test_where_a_driver_was_on_a_break_is_nobodys_business() -> None:
    route, _ = make_day()
    phone = bound_long_ago(make_phone(route))
    now = timezone.now()
    for kind, age in (("pause", 20), ("resume", 10)):
        phone.tell(kind, occurred_at=(now - age * MINUTE).isoformat())

    _, told = report(phone, fix(now - 15 * MINUTE), fix(now - 5 * MINUTE))

    assert told["kept"] == 1
    breadcrumbs.flush()
    assert Position.objects.get().recorded_at == now - 5 * MINUTE


def test_one_from_the_future_is_refused_by_itself() -> None:
    phone = make_phone(make_day()[0])

    _, told = report(phone, fix(timezone.now() + timedelta(hours=1)), fix(timezone.now()))

    assert told["kept"] == 1
    assert [each["index"] for each in told["errors"]] == [0]


@pytest.mark.parametrize("body", [b"{", b'{"positions": [{"lat": 91, "lon": 0}]}', b"x" * 300_000])
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    phone = make_phone(make_day()[0])

    answer = async_to_sync(post)(phone, body)

    assert answer.status_code == 422
    assert answer.json()["error"]


def test_a_stranger_and_another_phone_report_nothing() -> None:
    phone = make_phone(make_day()[0])
    forged = Phone(DriveLink(token="x" * 32))

    assert report(Phone(phone.link), fix(timezone.now()))[0] == 403
    assert report(forged, fix(timezone.now()))[0] == 404


@pytest.mark.parametrize(
    ("began", "ends"),
    [
        (datetime(2026, 11, 22, 8, 0, tzinfo=HELSINKI), datetime(2026, 11, 22, 21, 0, tzinfo=UTC)),
        (datetime(2026, 11, 22, 22, 59, tzinfo=HELSINKI), datetime(2026, 11, 22, 21, 0, tzinfo=UTC)),
        (datetime(2026, 11, 22, 23, 0, tzinfo=HELSINKI), datetime(2026, 11, 23, 21, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 2, 30, tzinfo=HELSINKI), datetime(2026, 10, 25, 21, 0, tzinfo=UTC)),
        (datetime(2026, 7, 1, 8, 0, tzinfo=HELSINKI), datetime(2026, 7, 1, 20, 0, tzinfo=UTC)),
    ],
    ids=["a day", "a minute before", "at eleven", "the day with 25 hours", "summer"],
)
def test_sharing_ends_at_eleven_where_the_parcels_go(began: datetime, ends: datetime) -> None:
    assert sharing.ends_at(began, clock=time(23), zone=HELSINKI) == ends


def test_every_open_shift_gets_an_end_of_sharing_whether_or_not_it_has_a_link(settings: Settings) -> None:
    settings.SHARING_ENDS = time(23)
    route = make_route(DOORS)

    sharing.sweep(at=NOON)

    assert Shift.objects.get(id=route.shift_id).shares_until == datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


def test_a_shift_that_nobody_ended_ends_with_sharing_once_its_time_is_over(settings: Settings) -> None:
    settings.SHARING_ENDS = time(23)
    forgotten = make_route(DOORS).shift
    late = make_route(DOORS, driver=make_driver(given_name="Onni")).shift
    Shift.objects.filter(id=late.id).update(ends_at=NOON + timedelta(hours=14))
    eleven = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    sharing.sweep(at=NOON)

    sharing.sweep(at=eleven - MINUTE)
    assert Shift.objects.open().count() == 2
    sharing.sweep(at=eleven)

    assert [shift.id for shift in Shift.objects.open()] == [late.id]
    forgotten.refresh_from_db()
    assert (forgotten.state, forgotten.ended_at) == (ShiftState.ENDED, eleven)
