"""Phones in one process: HTTP clients that keep their connection, send a fix by a query, and wait for the answer."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from urllib.parse import urlencode

from benchmarks.intake.plan import DRIVING_LATITUDE

REQUEST: Final = "GET /gps/{key}/?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: phone\r\n\r\n"
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

    async def report(self, moment: float) -> None:
        """Say where the driver was at a moment, in seconds since 1970 to the millisecond."""
        known = {
            "id": "123456",
            "lat": f"{DRIVING_LATITUDE + (moment - self.began) * DEGREES_PER_SECOND:.7f}",
            "lon": "24.9500000",
            "timestamp": round(moment * 1000),
            "speed": "23.3",
            "bearing": "0.0",
            "altitude": "17.2",
            "accuracy": "4.9",
            "batt": "83",
        }
        if self.transport.is_closing():
            self.tally.statuses[HUNG_UP] += 1
            return
        self._answered = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self.transport.write(REQUEST.format(key=self.key, query=urlencode(known)).encode())
        status = await self._answered
        self.tally.delays.append(time.perf_counter() - began)
        self.tally.statuses[status] += 1


async def connect(port: int, keys: list[str], tally: Tally) -> list[Phone]:
    """Connect a phone for each key."""
    loop = asyncio.get_running_loop()
    phones = []
    for key in keys:
        phone = Phone(key, tally)
        phone.transport, _ = await loop.create_connection(partial(_itself, phone), "127.0.0.1", port)
        phones.append(phone)
    return phones


def _itself(phone: Phone) -> Phone:
    return phone


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
