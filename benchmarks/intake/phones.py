"""Phones and programs in one process: HTTP clients that keep their connection, send fixes, and wait for the answer."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Final
from urllib.parse import urlencode

from benchmarks.intake.plan import DRIVING_LATITUDE

REQUEST: Final = "GET /gps/{key}/?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: phone\r\n\r\n"
POSTED: Final = (
    "POST /api/v1/positions HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: program\r\nAuthorization: Bearer {secret}\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)
HUNG_UP: Final = 0
"""The status of a connection that the server has closed."""

DEGREES_PER_SECOND: Final = 12 / 111_195
"""Of latitude, at 12 m/s."""


@dataclass
class Tally:
    """What all phones were answered: how often which status, and how long each answer took, in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)

    @property
    def answers(self) -> int:
        return self.statuses.total()


class Phone(asyncio.Protocol):
    """A device on one connection; it starts to drive when it is made."""

    transport: asyncio.Transport

    def __init__(self, key: str, tally: Tally) -> None:
        self.key = key
        self.tally = tally
        self.began = time.time()
        self._rest = b""
        self._answered: asyncio.Future[int] | None = None

    def data_received(self, data: bytes) -> None:
        self._rest += data
        head, found, body = self._rest.partition(b"\r\n\r\n")
        if not found or self._answered is None or len(body) < _content_length(head):
            return
        self._rest = b""
        self._answered.set_result(int(head[9:12]))

    def connection_lost(self, _reason: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(HUNG_UP)

    def latitude(self, moment: float) -> float:
        """Say how far to the north the driver has come."""
        return round(DRIVING_LATITUDE + (moment - self.began) * DEGREES_PER_SECOND, 7)

    def request(self, moment: float) -> bytes:
        """Write the request that says where the driver was at a moment."""
        known = {
            "id": "123456",
            "lat": f"{self.latitude(moment):.7f}",
            "lon": "24.9500000",
            "timestamp": round(moment * 1000),
            "speed": "23.3",
            "bearing": "0.0",
            "altitude": "17.2",
            "accuracy": "4.9",
            "batt": "83",
        }
        return REQUEST.format(key=self.key, query=urlencode(known)).encode()

    async def report(self, moment: float) -> None:
        """Say where the driver was at a moment, in seconds since 1970 to the millisecond."""
        if self.transport.is_closing():
            self.tally.statuses[HUNG_UP] += 1
            return
        self._answered = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self.transport.write(self.request(moment))
        status = await self._answered
        self.tally.delays.append(time.perf_counter() - began)
        self.tally.statuses[status] += 1


class Program(Phone):
    """A program that reports one driver's positions by the API, as many at once as it is told to."""

    def __init__(self, secret: str, driver: int, tally: Tally, *, at_once: int) -> None:
        super().__init__(secret, tally)
        self._driver = driver
        self._at_once = at_once

    def request(self, moment: float) -> bytes:
        moments = [moment - number / 1000 for number in range(self._at_once)]
        body = json.dumps({"positions": [self._position(each) for each in moments]}).encode()
        return POSTED.format(secret=self.key, length=len(body)).encode() + body

    def _position(self, moment: float) -> dict[str, float | str]:
        return {
            "driver": self._driver,
            "recorded_at": datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds"),
            "lat": self.latitude(moment),
            "lon": 24.95,
            "speed": 12.0,
            "heading": 0.0,
            "accuracy": 4.9,
        }


async def connect(port: int, phones: Sequence[Phone]) -> Sequence[Phone]:
    """Connect each phone; gives them."""
    loop = asyncio.get_running_loop()
    for phone in phones:
        phone.transport, _ = await loop.create_connection(partial(_itself, phone), "127.0.0.1", port)
    return phones


def _itself(phone: Phone) -> Phone:
    return phone


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
