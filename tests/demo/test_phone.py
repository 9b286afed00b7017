import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from statistics import mean
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from atlas import projection
from demo.driving import phone
from demo.driving.phone import Phone, Reading, Receiver
from tests.factories import NOON
from tracking.rounds import protocols

POINT = (60.1690, 24.9440)
NORTH_EAST = (60.1700, 24.9460)


def reading(second: int) -> Reading:
    return Reading(*POINT, heading=91.4, speed_mps=8.0, recorded_at=NOON + timedelta(seconds=second))


@contextmanager
def server(answers: list[int]) -> Iterator[tuple[str, list[str]]]:
    """Run a server that answers with these statuses in turn, then with 200; yields its address and what it was told."""
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status = answers.pop(0) if answers else 200
            if status == 200:
                told.append(parse_qs(urlsplit(self.path).query)["timestamp"][0])
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}/gps/key/", told
        httpd.shutdown()


def milliseconds(*seconds: int) -> list[str]:
    return [str(int((NOON + timedelta(seconds=second)).timestamp() * 1000)) for second in seconds]


def test_a_reading_is_a_few_metres_off_and_does_not_jump() -> None:
    receiver = Receiver(Random(1))

    readings = [receiver.read(POINT, at=NOON + timedelta(seconds=second)) for second in range(600)]

    off_m = [float(projection.distance_m(*POINT, read.latitude, read.longitude)) for read in readings]
    steps_m = [
        float(projection.distance_m(one.latitude, one.longitude, next_.latitude, next_.longitude))
        for one, next_ in itertools.pairwise(readings)
    ]
    assert 1.5 < mean(off_m) < 5
    assert max(steps_m) < 6
    assert {(read.heading, read.speed_mps) for read in readings} == {(None, 0.0)}


def test_heading_and_speed_are_those_of_the_true_way() -> None:
    receiver = Receiver(Random(1))

    receiver.read(POINT, at=NOON)
    read = receiver.read(NORTH_EAST, at=NOON + timedelta(seconds=20))

    assert read.heading == pytest.approx(44.8, abs=0.5)
    assert read.speed_mps == pytest.approx(7.85, abs=0.05)


def test_doorstep_reads_what_the_phone_says() -> None:
    query = urlencode(phone.as_osmand(reading(0)))

    [fix] = protocols.read("POST", query, b"", at=NOON).fixes

    assert (fix.latitude, fix.longitude) == POINT
    assert fix.recorded_at == NOON
    assert fix.heading == 91
    assert fix.speed_mps == pytest.approx(8.0, abs=0.01)
    assert fix.accuracy_m == 5


def test_what_could_not_be_told_is_told_later_in_order() -> None:
    with server([503, 503]) as (address, told):
        teller = Phone(address)
        for second in range(3):
            teller.tell(reading(second))
        teller.close()

    assert told == milliseconds(0, 1, 2)


def test_a_reading_that_is_refused_is_dropped() -> None:
    with server([404]) as (address, told):
        teller = Phone(address)
        for second in range(2):
            teller.tell(reading(second))
        teller.close()

    assert told == milliseconds(1)


def test_a_server_that_is_gone_harms_nobody() -> None:
    with server([]) as (address, _):
        teller = Phone(address)
    teller.tell(reading(0))
    teller.close()
