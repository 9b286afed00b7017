"""The whole demo as somebody runs it: processes, pages, a van that moves, and the end of it all."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from base64 import b32decode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import websockets
from django_otp.oath import TOTP

from demo import texting
from demo.scenario import cast
from demo.scenario.stories import SHELF
from demo.show import ROOT

PATIENCE_SECONDS = 150
TEXTS = (
    "SELECT recipient, sent_at, body FROM notifications_notification "
    "WHERE channel = 'sms' AND state = 'sent' AND shipment_id IS NOT NULL"
)
SETTINGS = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL")


@dataclass(frozen=True)
class Demo:
    """A running demo: its process, its folder, and what it says of itself."""

    process: subprocess.Popen[str]
    folder: Path
    access: dict[str, Any]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def launched(folder: Path, *, port: int) -> Iterator[subprocess.Popen[str]]:
    """Start the command as a person's shell would, which has nothing of the tests' environment."""
    with subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", str(port), "--var", str(folder), "--speed", "3"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in SETTINGS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def running(folder: Path, *, port: int, ended_by: signal.Signals = signal.SIGTERM) -> Iterator[Demo]:
    """Run a demo and end it by a signal; requires that it ends well, leaving no process, socket or file of the day."""
    with launched(folder, port=port) as process:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (folder / "demo.json").exists():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield Demo(process, folder, json.loads((folder / "demo.json").read_text()))
        family = psutil.Process(process.pid).children(recursive=True)
        [schedule] = {Path(word) for child in family for word in child.cmdline() if word.endswith("/beat")}
        assert schedule.parent.exists()

        process.send_signal(ended_by)

        printed = process.communicate(timeout=30)[0]
        assert process.returncode == 0, printed
        assert "Traceback" not in printed
        assert not [child for child in family if is_alive(child)]
        assert not schedule.parent.exists()
        assert {path.name for path in folder.iterdir()} == {"log", "static"}


def is_alive(child: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(child.status() != psutil.STATUS_ZOMBIE)
    return False


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running(tmp_path_factory.mktemp("var"), port=free_port()) as demo:
        yield demo


def test_its_file_says_how_to_get_in(demo: Demo) -> None:
    ways_in = {"base_url", "shipments", "drivers", "staff", "api_key", "highlights", "outbox_url", "offers"}
    assert set(demo.access) == ways_in | {"twilio_auth_token"}
    assert len(demo.access["shipments"]) >= 120
    assert set(demo.access["shipments"][0]) == {"token", "reference", "status", "postcode"}
    assert len(demo.access["drivers"]) >= 6
    assert set(demo.access["drivers"][0]) == {"name", "gps_url", "drive_token"}
    assert (demo.folder / "demo.json").stat().st_mode & 0o777 == 0o600


def test_every_printed_link_answers(demo: Demo) -> None:
    with httpx.Client(base_url=demo.access["base_url"]) as client:
        for link in demo.access["highlights"]:
            assert client.get(f"/t/{link['token']}/").status_code == 200, link["about"]
        assert client.get("/").status_code == 200
        [errand] = demo.access["offers"]
        assert "Take it" in client.get(errand["url"]).text
        assert "Hello Kaapo" in client.get(errand["courier_url"]).text
        by_hand = next(driver for driver in demo.access["drivers"] if driver["name"] == cast.BY_HAND.given_name)
        assert "Use this phone" in client.get(f"/drive/{by_hand['drive_token']}/").text
        assert client.get(demo.access["drivers"][0]["gps_url"], params={"lat": "x"}).status_code == 400


def test_a_program_can_send_an_order_and_say_where_a_driver_is(demo: Demo) -> None:
    address, headers = demo.access["base_url"], {"Authorization": f"Bearer {demo.access['api_key']}"}
    door = {"name": "Maija", "street": "Kaivokatu 1", "postcode": "00100", "city": "Helsinki"}
    order = {"reference": "API-1", "recipient": {**door, "latitude": 60.1702, "longitude": 24.9410}}
    with httpx.Client(base_url=f"{address}/api/v1", headers=headers) as client:
        sent = client.post("/shipments", json=order)
        [driver, *_] = client.get("/drivers").json()["items"]
        # Of this morning: nobody's marker is to move.
        recorded_at = f"{datetime.now(UTC) - timedelta(hours=6):%Y-%m-%dT%H:%M:%SZ}"
        place = {"driver": driver["id"], "recorded_at": recorded_at, "lat": 60.2, "lon": 25.0}
        said = client.post("/positions", json={"positions": [place]})

    assert sent.status_code == 201
    assert httpx.get(sent.json()["tracking_url"]).status_code == 200
    assert said.json() == {"kept": 1, "errors": []}


def test_staff_can_sign_in(demo: Demo) -> None:
    with httpx.Client(base_url=demo.access["base_url"], follow_redirects=True) as client:
        staff = demo.access["staff"]
        totp = TOTP(b32decode(staff["totp_secret"]))
        totp.time = time.time()
        client.get("/admin/login/")

        def give(path: str, given: dict[str, str]) -> str:
            form = {**given, "csrfmiddlewaretoken": client.cookies["csrftoken"], "next": "/admin/"}
            answer = client.post(path, data=form, headers={"Origin": demo.access["base_url"]})
            return answer.raise_for_status().url.path

        asked = give("/admin/login/", {"username": staff["username"], "password": staff["password"]})
        arrived = give("/admin/second-factor/", {"code": f"{totp.token():06}"})

    assert (asked, arrived) == ("/admin/second-factor/", "/admin/")
    assert len(staff["recovery_codes"]) == 10


async def test_a_shopper_sees_a_van_move(demo: Demo) -> None:
    seen = await asyncio.wait_for(watch(demo, positions=3), timeout=90)

    assert len({(frame["lat"], frame["lon"]) for frame in seen}) == 3
    assert [frame["recorded_at"] for frame in seen] == sorted(frame["recorded_at"] for frame in seen)


async def watch(demo: Demo, *, positions: int) -> list[dict[str, Any]]:
    """Open the links of the first shoppers one after another until one shows so many positions."""
    address = demo.access["base_url"].replace("http", "ws", 1)
    while True:
        for link in demo.access["highlights"][:7]:
            async with websockets.connect(f"{address}/ws/t/{link['token']}/", origin=demo.access["base_url"]) as page:
                frames: list[dict[str, Any]] = []
                try:
                    while len(frames) < positions:
                        frame = json.loads(await asyncio.wait_for(page.recv(), timeout=4))
                        frames += [frame] if frame["type"] == "position" else []
                except TimeoutError:
                    continue
                return frames


def ask(demo: Demo, query: str, *values: str) -> list[Any]:
    """Ask the database of a demo until it finds something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with closing(sqlite3.connect(f"file:{demo.folder / 'demo.sqlite3'}?mode=ro", uri=True)) as database:
            found = database.execute(query, values).fetchall()
        if found:
            return found
        time.sleep(0.5)
    raise TimeoutError(query)


def test_shoppers_get_their_texts_within_a_minute(demo: Demo) -> None:
    opened_at = datetime.fromtimestamp((demo.folder / "demo.json").stat().st_mtime, UTC)

    sent_at, text = ask(demo, f"{TEXTS} ORDER BY sent_at")[0][1:]

    assert datetime.fromisoformat(sent_at).replace(tzinfo=UTC) - opened_at < timedelta(minutes=1)
    assert any(f"{demo.access['base_url']}/t/{shipment['token']}/" in text for shipment in demo.access["shipments"])


def test_a_signed_stop_stops_the_rest(demo: Demo) -> None:
    number = ask(demo, TEXTS)[0][0]
    replied = "SELECT reason FROM notifications_notification WHERE trigger = 'reply' AND recipient = ? AND state = ?"

    texting.text_in(demo.access, number, "STATUS")
    assert ask(demo, replied, number, "sent") == [("",)]

    texting.text_in(demo.access, number, "STOP")
    texting.text_in(demo.access, number, "STATUS")
    assert ask(demo, replied, number, "skipped") == [("opted_out",)]

    with pytest.raises(texting.NotTaken):
        texting.text_in({**demo.access, "twilio_auth_token": "guessed"}, number, "START")


def test_a_partner_is_booked_with_and_tells_of_its_parcels_and_people_collect(demo: Demo) -> None:
    told = (
        "SELECT event.raw_code FROM tracking_statusevent event JOIN carriers_trackingnumber known "
        "ON known.parcel_id = event.parcel_id WHERE event.status = ?"
    )
    collected = "SELECT id FROM tracking_statusevent WHERE status = ? AND place = ? AND occurred_at > ?"
    opened_at = datetime.fromtimestamp((demo.folder / "demo.json").stat().st_mtime, UTC)

    assert ask(demo, "SELECT price FROM carriers_bookingtry WHERE state = ?", "booked")
    assert ask(demo, told, "at_hub")[0] == ("in_transit/received_at_destination_facility",)
    assert ask(demo, collected, "ready_for_pickup", SHELF, f"{opened_at:%Y-%m-%d %H:%M:%S}")


def test_a_second_demo_on_the_same_folder_says_so(demo: Demo) -> None:
    with launched(demo.folder, port=free_port()) as second:
        printed = second.communicate(timeout=30)[0]

    assert "Another demo is running" in printed
    assert second.returncode == 1


def test_a_taken_port_says_so_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with launched(tmp_path, port=port) as process:
            printed = process.communicate(timeout=30)[0]

    assert f"Port {port} of 127.0.0.1 cannot be used" in printed
    assert process.returncode == 1
    assert not list(tmp_path.iterdir())


def test_told_to_stop_before_it_is_ready_it_stops_and_a_second_start_draws_the_same_day(
    demo: Demo, tmp_path: Path
) -> None:
    port = free_port()
    with launched(tmp_path, port=port) as process:
        while not (tmp_path / "log" / "day.log").exists():
            time.sleep(0.05)
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        printed = process.communicate(timeout=30)[0]
    assert process.returncode == 0, printed
    assert not [child for child in family if is_alive(child)]

    with running(tmp_path, port=port, ended_by=signal.SIGINT) as second:
        drawn, drawn_again = demo.access["shipments"], second.access["shipments"]

    assert [shipment["reference"] for shipment in drawn] == [shipment["reference"] for shipment in drawn_again]
    assert {shipment["token"] for shipment in drawn}.isdisjoint(shipment["token"] for shipment in drawn_again)
