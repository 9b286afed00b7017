"""Open pages against real servers: what reaches them, and what does not."""

import json
import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from django.utils import timezone
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests import servers
from tests.factories import make_device, make_link, make_route, make_shipment
from tests.servers import Server
from tracking import connection
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.live import messages
from tracking.live.messages import Kind
from tracking.rounds import services as rounds
from tracking.rounds.models import Route, ShiftState, Stop
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
IN_BETWEEN = (60.1675, 24.9427)
LONG_WAY = 3000
"""Positions, of two kilobytes here, so that a page that does not read has no room for all of them."""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["daphne", "uvicorn"])
def kind(request: pytest.FixtureRequest) -> str:
    """Name a server; each test runs under both."""
    return str(request.param)


@pytest.fixture
def server(kind: str, request: pytest.FixtureRequest) -> Server:
    server: Server = request.getfixturevalue(kind)
    return server


@contextmanager
def open_page(server: Server, link: TrackingLink | str, **options: Any) -> Iterator[ClientConnection]:
    token = link if isinstance(link, str) else link.token
    with connect(f"ws{server.url.removeprefix('http')}/ws/t/{token}/", proxy=None, **options) as page:
        yield page


def hear(page: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(page.recv(timeout=5))
    return frame


def hear_all(page: ClientConnection, *, seconds: float = 0.5) -> list[dict[str, Any]]:
    frames = []
    try:
        while True:
            frames.append(json.loads(page.recv(timeout=seconds)))
    except TimeoutError:
        return frames


def post(server: Server, key: str, place: tuple[float, float], *, age_seconds: float = 0) -> None:
    moment = time.time() - age_seconds
    query: dict[str, str | float] = {"lat": place[0], "lon": place[1], "timestamp": f"{moment:.3f}", "bearing": 91}
    httpx.post(f"{server.url}/gps/{key}/", params=query).raise_for_status()


def closing_code(page: ClientConnection) -> int | None:
    try:
        while True:
            page.recv(timeout=5)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def next_to_no_room(server: Server) -> dict[str, Any]:
    """Give the options of a page that takes in hardly more than it is asked for."""
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.connect(("127.0.0.1", urlsplit(server.url).port))
    return {"sock": link, "max_queue": 1, "compression": None}


def numbers_until_the_last(page: ClientConnection) -> list[int]:
    numbers: list[int] = []
    while not numbers or numbers[-1] != LONG_WAY - 1:
        frame = hear(page)
        if frame["type"] == "position":
            numbers.append(frame["number"])
    return numbers


def make_round() -> tuple[Route, list[Shipment], str]:
    route = make_route(DOORS, at=timezone.now())
    key = make_device(route.shift.driver, at=timezone.now()).key
    return route, [stop.shipments.get() for stop in route.stops.all()], key


def test_the_first_message_is_what_the_page_would_have_fetched(server: Server) -> None:
    _, shipments, key = make_round()
    link = make_link(shipments[0], at=timezone.now())
    post(server, key, IN_BETWEEN)

    with open_page(server, link) as page:
        snapshot = hear(page)

    fetched = httpx.get(f"{server.url}/t/{link.token}.json").json()
    assert snapshot == {"type": "snapshot", **fetched}
    assert snapshot["driver"]["position"]["lat"] == IN_BETWEEN[0]


def test_a_position_reaches_the_open_pages_that_may_show_it_within_a_second(server: Server) -> None:
    _, shipments, key = make_round()
    stranger = make_link(make_shipment(status=Status.OUT_FOR_DELIVERY), at=timezone.now())
    pages = [make_link(shipment, at=timezone.now()) for shipment in shipments]
    with (
        open_page(server, pages[0]) as first,
        open_page(server, pages[2]) as last,
        open_page(server, stranger) as other,
    ):
        assert [hear(page)["type"] for page in (first, last, other)] == ["snapshot"] * 3
        began = time.time()
        post(server, key, IN_BETWEEN)

        frames = [hear(first), hear(last)]

        assert time.time() - began < 1
        assert frames[0] == frames[1]
        assert set(frames[0]) == {"type", "t", "recorded_at", "lat", "lon", "heading"}
        assert (frames[0]["lat"], frames[0]["lon"], frames[0]["heading"]) == (*IN_BETWEEN, 91)
        assert began - 1 < frames[0]["t"] / 1e6 < time.time() + 1
        assert hear_all(other) == []


def test_after_a_delivery_the_position_goes_within_a_second_and_none_follows(server: Server) -> None:
    _, shipments, key = make_round()
    with open_page(server, make_link(shipments[0], at=timezone.now())) as page:
        version = hear(page)["version"]
        post(server, key, IN_BETWEEN)
        assert hear(page)["type"] == "position"

        services.record(shipments[0], Status.DELIVERED, at=timezone.now())
        frames = hear_all(page)
        post(server, key, (60.1676, 24.9427))

        assert {"type": "hidden"} in frames
        assert {"type": "status", "version": version + 1} in frames
        assert {frame["type"] for frame in frames} == {"hidden", "status"}
        assert hear_all(page) == []


def test_whoever_is_next_hears_how_many_stops_are_left(server: Server) -> None:
    _, shipments, _ = make_round()
    with open_page(server, make_link(shipments[2], at=timezone.now())) as page:
        snapshot = hear(page)
        assert snapshot["stops_before"] == 2

        services.record(shipments[0], Status.ATTEMPTED, at=timezone.now())

        assert hear(page) == {"type": "stops", "version": snapshot["version"] + 1, "stops_before": 1}


def test_a_break_hides_the_driver_and_its_end_shows_them_again(server: Server) -> None:
    route, shipments, key = make_round()
    with open_page(server, make_link(shipments[0], at=timezone.now())) as page:
        assert hear(page)["type"] == "snapshot"
        post(server, key, IN_BETWEEN)
        assert hear(page)["type"] == "position"

        rounds.move_shift(route.shift, ShiftState.ON_BREAK, at=timezone.now())
        post(server, key, (60.1676, 24.9427))
        assert hear_all(page) == [{"type": "hidden"}]

        rounds.move_shift(route.shift, ShiftState.WORKING, at=timezone.now())
        post(server, key, (60.1677, 24.9427))
        assert hear(page)["lat"] == 60.1677


def test_a_shipment_taken_off_the_round_sees_the_driver_no_more(server: Server) -> None:
    _, shipments, key = make_round()
    services.assign(shipments[1], Stop.objects.get(shipments=shipments[0]), at=timezone.now())
    with open_page(server, make_link(shipments[0], at=timezone.now())) as page:
        assert hear(page)["type"] == "snapshot"
        post(server, key, IN_BETWEEN)
        assert hear(page)["type"] == "position"

        services.withdraw(shipments[0], at=timezone.now())
        frames = hear_all(page)
        post(server, key, (60.1676, 24.9427))

        assert {"type": "hidden"} in frames
        assert frames[-1]["version"] == Shipment.objects.get(id=shipments[0].id).version
        assert hear_all(page) == []


def test_a_promise_changes_the_window_and_the_version(server: Server) -> None:
    shipment = make_shipment(status=Status.PLANNED)
    with open_page(server, make_link(shipment, at=timezone.now())) as page:
        version = hear(page)["version"]

        start = timezone.now() + timedelta(hours=2)
        services.promise(shipment, start=start, end=start + timedelta(hours=2), at=timezone.now())

        assert hear(page) == {"type": "window", "version": version + 1}


def test_a_token_that_opens_nothing_is_closed_with_4404(server: Server) -> None:
    with open_page(server, "there-is-no-such-link") as page:
        assert closing_code(page) == 4404


def test_a_link_past_its_end_is_closed_with_4404(server: Server) -> None:
    shipment = make_shipment(status=Status.DELIVERED, at=timezone.now() - timedelta(days=15))
    with open_page(server, make_link(shipment)) as page:
        assert closing_code(page) == 4404


def test_a_revoked_link_hears_nothing_more_and_another_link_goes_on(server: Server) -> None:
    _, shipments, key = make_round()
    revoked = make_link(shipments[0], at=timezone.now())
    good = make_link(shipments[0], at=timezone.now())
    with open_page(server, revoked) as page, open_page(server, good) as other:
        assert hear(page)["type"] == hear(other)["type"] == "snapshot"

        links.revoke(revoked, at=timezone.now())

        assert closing_code(page) == 4404
        assert hear(other)["type"] == "snapshot"
        post(server, key, IN_BETWEEN)
        assert hear(other)["type"] == "position"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://[", "http://a:b:c", "", "\xff"],
)
def test_a_page_of_another_site_is_refused_with_403(server: Server, origin: str) -> None:
    link = make_link(make_shipment(), at=timezone.now())

    with pytest.raises(InvalidStatus) as refused, open_page(server, link, additional_headers={"Origin": origin}):
        pass

    assert refused.value.response.status_code in {400, 403}


def test_our_own_page_is_let_in(server: Server) -> None:
    link = make_link(make_shipment(), at=timezone.now())

    with open_page(server, link, additional_headers={"Origin": server.url}) as page:
        assert hear(page)["type"] == "snapshot"


@pytest.mark.parametrize("path", ["/ws/", "/ws/t/", "/ws/t/a/b/", "/ws/t/token", "/", "/ws/t/a%2Fb/"])
def test_there_are_no_sockets_elsewhere(server: Server, path: str) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"ws{server.url.removeprefix('http')}{path}", proxy=None),
    ):
        pass

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("token", ["%00", "%ff%fe", "a" * 5000, "%F0%9F%9A%9A", "..", "'%20OR%201=1", "%0d%0aX:%20y"])
def test_a_naughty_token_is_closed_with_4404(server: Server, token: str) -> None:
    with open_page(server, token) as page:
        assert closing_code(page) == 4404


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (["x" * 1025], 4413),
        (["x" * 1024 * 1024], 1009),
        ([b"\0" * 1025], 4413),
        (["hello"] * 11, 4429),
        ([b""] * 11, 4429),
    ],
)
def test_a_page_that_talks_too_much_is_closed(server: Server, sent: Sequence[str | bytes], code: int) -> None:
    with open_page(server, make_link(make_shipment(), at=timezone.now())) as page:
        assert hear(page)["type"] == "snapshot"

        for message in sent:
            page.send(message)

        assert closing_code(page) == code


def test_what_a_page_says_is_not_heeded(server: Server) -> None:
    shipment = make_shipment(status=Status.PLANNED)
    with open_page(server, make_link(shipment, at=timezone.now())) as page:
        version = hear(page)["version"]

        page.send(json.dumps({"type": "position", "lat": 60.0, "lon": 24.0}))
        services.record(shipment, Status.ON_HOLD, at=timezone.now())

        assert hear(page) == {"type": "status", "version": version + 1}


def test_a_slow_reader_gets_the_last_position_and_not_all_before_it_and_holds_up_nobody(server: Server) -> None:
    link = make_link(make_shipment(), at=timezone.now())
    process = psutil.Process(server.pid)
    with ExitStack() as pages:
        slow = [pages.enter_context(open_page(server, link, **next_to_no_room(server))) for _ in range(50)]
        quick = pages.enter_context(open_page(server, link))
        assert hear(quick)["type"] == "snapshot"
        before = process.memory_info().rss

        client = connection.sync_client()
        for number in range(LONG_WAY):
            frame = json.dumps({"type": "position", "number": number, "padding": "x" * 2000})
            client.publish(connection.CHANNEL, messages.encode(Kind.POSITION, [link.shipment_id], frame))
        began = time.monotonic()
        numbers_of_quick = numbers_until_the_last(quick)
        took = time.monotonic() - began
        grown = process.memory_info().rss - before
        numbers_of_slow = [numbers_until_the_last(page) for page in slow]

    assert took < 5
    assert grown < 50e6
    for numbers in [numbers_of_quick, *numbers_of_slow]:
        assert numbers == sorted(set(numbers))
    assert all(len(numbers) < LONG_WAY for numbers in numbers_of_slow)


def test_when_redis_goes_pages_and_changes_go_on_and_open_pages_catch_up_when_it_is_back(
    installation: dict[str, str], kind: str, settings: Settings
) -> None:
    shipment = make_shipment(status=Status.PLANNED)
    link = make_link(shipment, at=timezone.now())
    with tempfile.TemporaryDirectory(prefix="doorstep-") as folder, ExitStack() as running:
        path = Path(folder) / "redis.sock"
        with servers.redis_server(path) as url:
            settings.REDIS_URL = url
            server = running.enter_context(servers.web(kind, {**installation, "REDIS_URL": url}))
            page = running.enter_context(open_page(server, link))
            assert hear(page)["status"] == "planned"

        services.record(shipment, Status.ON_HOLD, at=timezone.now())
        assert httpx.get(f"{server.url}/t/{link.token}.json").json()["status"] == "on_hold"
        with open_page(server, link) as other:
            assert hear(other)["status"] == "on_hold"

        with servers.redis_server(path):
            assert hear(page)["status"] == "on_hold"
            services.record(shipment, Status.IN_TRANSIT, at=timezone.now())
            assert hear(page) == {"type": "status", "version": Shipment.objects.get(id=shipment.id).version}


def test_a_server_that_is_told_to_end_does_so_at_once_and_without_complaint(
    installation: dict[str, str], kind: str
) -> None:
    link = make_link(make_shipment(), at=timezone.now())
    with servers.web(kind, installation) as server, ExitStack() as pages:
        for _ in range(20):
            assert hear(pages.enter_context(open_page(server, link)))["type"] == "snapshot"
        began = time.monotonic()

        os.kill(server.pid, signal.SIGTERM)
        while psutil.Process(server.pid).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() - began < 5
            time.sleep(0.05)

        complaints = [line for line in server.log.read_text().splitlines() if not line.startswith(('{"at"', "INFO"))]
        assert [line for line in complaints if '"level": "info"' not in line] == []


# The five seconds that redis-py waits by default, and the minute after which proxies and servers lose patience.
@pytest.mark.parametrize("idle_seconds", [8, pytest.param(70, marks=pytest.mark.chaos)])
def test_a_page_that_was_idle_for_a_while_still_hears(daphne: Server, uvicorn: Server, idle_seconds: int) -> None:
    shipment = make_shipment(status=Status.PLANNED)
    link = make_link(shipment, at=timezone.now())
    with open_page(daphne, link) as one, open_page(uvicorn, link) as other:
        assert hear(one) == hear(other)

        time.sleep(idle_seconds)
        services.record(shipment, Status.ON_HOLD, at=timezone.now())

        told = {"type": "status", "version": Shipment.objects.get(id=shipment.id).version}
        assert hear(one) == hear(other) == told
