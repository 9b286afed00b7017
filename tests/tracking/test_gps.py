import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import AsyncClient
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_device, make_route
from tests.servers import Server
from tracking import connection
from tracking.live import breadcrumbs, messages, positions
from tracking.live.messages import Kind
from tracking.rounds import services as rounds
from tracking.rounds.models import Device, Position

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
PLACE = {"lat": 60.1750, "lon": 24.9500}
METRE = 1 / 111_195
"""In degrees of latitude."""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _no_connection_is_left() -> AsyncIterator[None]:
    yield
    await connection.close()


@pytest.fixture
def device() -> Device:
    return make_device(make_route(DOORS, at=timezone.now()).shift.driver)


@pytest.fixture
def client() -> AsyncClient:
    return AsyncClient(enforce_csrf_checks=True)


def address(device: Device, **parameters: object) -> str:
    query = f"?{urlencode(parameters)}" if parameters else ""
    return reverse("tracking:gps", args=[device.key]) + query


async def post(client: AsyncClient, device: Device, sent: object, **parameters: object) -> Any:
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return await client.post(address(device, **parameters), body, content_type="application/json")


def kept() -> list[Position]:
    breadcrumbs.flush()
    return list(Position.objects.order_by("recorded_at"))


async def test_a_query_is_answered_with_nothing(client: AsyncClient, device: Device) -> None:
    now = timezone.now().replace(microsecond=0)

    answer = await client.get(address(device, id="1", **PLACE, timestamp=int(now.timestamp()), speed=10, bearing=91.5))

    assert (answer.status_code, answer.content) == (200, b"")
    [position] = await sync_to_async(kept)()
    assert (position.driver_id, position.latitude, position.longitude) == (device.driver_id, 60.1750, 24.9500)
    assert (position.recorded_at, position.heading, position.speed_mps) == (now, 91.5, 10 * 1852 / 3600)


async def test_a_form_is_answered_with_nothing(client: AsyncClient, device: Device) -> None:
    answer = await client.post(address(device), urlencode(PLACE), content_type="application/x-www-form-urlencoded")

    assert (answer.status_code, answer.content) == (200, b"")
    assert len(await sync_to_async(kept)()) == 1


async def test_the_slash_at_the_end_may_be_missing(client: AsyncClient, device: Device) -> None:
    answer = await client.post(f"{address(device).rstrip('/')}?{urlencode(PLACE)}")

    assert (answer.status_code, answer.content) == (200, b"")


async def test_traccar_client_is_answered_with_nothing(client: AsyncClient, device: Device) -> None:
    coordinates = {"latitude": 60.1750, "longitude": 24.9500, "accuracy": 4.9, "speed": 12.5, "heading": 91}
    location = {"timestamp": timezone.now().isoformat(), "coords": coordinates}

    answer = await post(client, device, {"location": location, "device_id": "1"})

    assert (answer.status_code, answer.content) == (200, b"")
    assert (await sync_to_async(kept)())[0].speed_mps == 12.5


@pytest.mark.parametrize(
    ("sent", "count"),
    [
        ({"_type": "location", "tst": int(time.time()), "vel": 36, **PLACE}, 1),
        ({"_type": "lwt", "tst": int(time.time())}, 0),
        (b"", 0),
    ],
)
async def test_owntracks_is_answered_with_a_list_of_nothing(
    client: AsyncClient, device: Device, sent: object, count: int
) -> None:
    answer = await post(client, device, sent)

    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"[]", "application/json")
    assert len(await sync_to_async(kept)()) == count


async def test_a_batch_is_answered_per_item(client: AsyncClient, device: Device) -> None:
    now = timezone.now()
    good = {**PLACE, "recorded_at": now.isoformat()}
    future = {**PLACE, "recorded_at": (now + timedelta(minutes=6)).isoformat()}

    answer = await post(client, device, {"positions": [good, {**good, "lat": 91}, future, good, None]})

    assert answer.status_code == 200
    assert answer.json() == {
        "kept": 2,
        "errors": [
            {"index": 1, "error": "lat lies outside -90 to 90."},
            {"index": 2, "error": "It was recorded more than 5 minutes in the future."},
            {"index": 4, "error": "A position is not an object."},
        ],
    }
    assert len(await sync_to_async(kept)()) == 1


async def test_a_batch_of_nothing_useful_is_refused(client: AsyncClient, device: Device) -> None:
    answer = await post(client, device, {"positions": [None]})

    assert answer.status_code == 400
    assert answer.json() == {"kept": 0, "errors": [{"index": 0, "error": "A position is not an object."}]}
    assert (await post(client, device, {"positions": []})).json() == {"kept": 0, "errors": []}


async def test_a_fix_from_the_future_is_refused(client: AsyncClient, device: Device) -> None:
    answer = await client.get(address(device, **PLACE, timestamp=int(time.time()) + 360))

    assert answer.status_code == 400
    assert answer.json() == {"error": "It was recorded more than 5 minutes in the future."}
    assert await sync_to_async(kept)() == []


@pytest.mark.parametrize("verb", ["put", "patch", "delete", "head", "options"])
async def test_other_methods_are_refused(client: AsyncClient, device: Device, verb: str) -> None:
    answer = await getattr(client, verb)(address(device))

    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST")


NAUGHTY = [
    *(
        "\0",
        "\x1b[31m",
        "\u202etxt.",
        "\U0001d565\U0001d556",
        "\u0666\u0660",
        "ÄÖ€",
        "NaN",
        "-Infinity",
        "1e999",
        "0x10",
    ),
    *("'; DROP TABLE tracking_position; --", "<script>alert(1)</script>", "{{ settings.SECRET_KEY }}", "../../etc"),
    *("%s%n", "true", "null", "[]", "9" * 5000),
]


@pytest.mark.parametrize("name", ["lat", "lon", "timestamp", "speed", "accuracy"])
async def test_a_naughty_value_is_a_clear_4xx_and_nothing_is_kept(
    client: AsyncClient, device: Device, name: str
) -> None:
    for naughty in NAUGHTY:
        told = {**PLACE, "timestamp": int(time.time()), name: naughty}

        asked, posted = await client.get(address(device, **told)), await post(client, device, told)

        assert (asked.status_code, posted.status_code) == (400, 400)
        assert asked.json()["error"].startswith(name)
        assert posted.json()["errors"][0]["error"].startswith(name)
        assert naughty not in asked.content.decode()
    assert await sync_to_async(kept)() == []


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 50_000, b'{"lat":' * 9_000, b"<xml/>", b"--boundary\r\n"])
async def test_a_body_of_nonsense_is_a_clear_4xx(client: AsyncClient, device: Device, body: bytes) -> None:
    answer = await post(client, device, body)

    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("size", [256 * 1024 + 1, 5_000_000])
async def test_a_huge_body_is_too_large(client: AsyncClient, device: Device, size: int) -> None:
    answer = await post(client, device, b" " * size)

    assert answer.status_code == 413
    assert answer.json() == {"error": "The body is larger than 256 kB."}
    assert (await post(client, device, b" " * 256 * 1024)).status_code == 200


async def test_a_device_in_haste_is_told_when_to_try_again(client: AsyncClient, device: Device) -> None:
    answers = [await client.get(address(device, **PLACE)) for _ in range(30)]

    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    assert {answer.status_code for answer in refused} == {429}
    assert refused[0]["Retry-After"] == "1"
    assert refused[0].json() == {"error": "Too many requests. Try again in 1 s."}


def without_time(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() != "date"}


async def test_a_wrong_key_and_a_revoked_one_are_answered_alike(client: AsyncClient, device: Device) -> None:
    await sync_to_async(rounds.revoke_device)(device, at=timezone.now())

    revoked = await client.get(address(device, **PLACE))
    others = [await client.get(f"/gps/{key}/") for key in ("A" * 32, "short", "\0" * 32, "é" * 32, "A" * 999)]

    assert revoked.json() == {"error": "There is no such address for positions."}
    for other in others:
        assert (other.status_code, other.content) == (revoked.status_code, revoked.content) == (404, revoked.content)
        assert without_time(other.headers) == without_time(revoked.headers)
    assert await sync_to_async(kept)() == []


async def test_revoking_acts_within_five_seconds(client: AsyncClient, device: Device) -> None:
    assert (await client.get(address(device, **PLACE))).status_code == 200
    await sync_to_async(rounds.revoke_device)(device, at=timezone.now())

    await asyncio.sleep(4.5)

    assert (await client.get(address(device, **PLACE))).status_code == 404


async def test_guessing_is_limited_and_does_not_lock_a_device_out(client: AsyncClient, device: Device) -> None:
    answers = [await client.get(f"/gps/{'A' * 31}{number % 10}/") for number in range(90)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {answer.status_code for answer in answers} == {404, 429}
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert (await client.get(address(device, **PLACE))).status_code == 200


async def test_a_key_costs_a_query_only_every_few_seconds(client: AsyncClient, device: Device) -> None:
    await client.get(address(device, **PLACE))
    await Device.objects.filter(id=device.id).adelete()

    assert (await client.get(address(device, **PLACE))).status_code == 200


async def test_two_servers_take_in_what_shuffled_and_doubled_fixes_of_one_driver_and_agree(
    daphne: Server, uvicorn: Server, device: Device
) -> None:
    start = timezone.now() - timedelta(seconds=40)
    path = [(start + timedelta(seconds=number), 60.1750 + 15 * number * METRE) for number in range(40)]
    chance = random.Random(7)
    arrivals = path + chance.sample(path, 6)
    chance.shuffle(arrivals)
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub() as channel:
        channel.subscribe(connection.CHANNEL)
        async with httpx.AsyncClient() as phones:

            async def report(recorded_at: datetime, latitude: float) -> int:
                await asyncio.sleep(chance.random() * 6)
                server = chance.choice([daphne, uvicorn])
                known: dict[str, str | float] = {"lat": latitude, "lon": 24.95, "timestamp": recorded_at.isoformat()}
                return (await phones.get(f"{server.url}/gps/{device.key}/", params=known)).status_code

            assert set(await asyncio.gather(*(report(*fix) for fix in arrivals))) == {200}
        shown = [json.loads(message.frame)["recorded_at"] for message in _positions_on(channel)]

    assert all(before < after for before, after in pairwise(shown))
    assert shown[-1] == path[-1][0].isoformat()
    last = await sync_to_async(positions.last_raw_fix)(device.driver_id)
    assert last is not None
    assert last.recorded_at == path[-1][0]
    assert [position.recorded_at for position in await sync_to_async(kept)()] == [moment for moment, _ in path]


def _positions_on(channel: redis.client.PubSub) -> list[messages.Message]:
    found = []
    while (said := channel.get_message(timeout=0.2)) is not None:
        if said["type"] == "message":
            found.append(messages.decode(said["data"]))
    return [message for message in found if message.kind is Kind.POSITION]
