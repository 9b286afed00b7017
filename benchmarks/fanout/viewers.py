"""Two thousand viewers in one process: WebSocket clients that read what they must and nothing more."""

import asyncio
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

HANDSHAKE: Final = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
OPCODE: Final = 0x0F
TEXT, CLOSE, PING = 0x1, 0x8, 0x9
PONG: Final = b"\x8a"
MASK: Final = b"\x80"
AT_ONCE: Final = 50
SAMPLE_EVERY: Final = 8
PATIENCE_SECONDS: Final = 300


@dataclass
class Tally:
    """What all viewers have heard together, and for some positions the seconds since they were recorded."""

    heard: int = 0
    positions: int = 0
    delays: list[float] = field(default_factory=list)


class Viewer(asyncio.Protocol):
    """One socket. ``last`` is the moment in the last position, in µs; ``versions`` are those of the states."""

    transport: asyncio.Transport

    def __init__(self, tally: Tally, *, is_greeted: bool) -> None:
        self._is_greeted = is_greeted
        self.tally = tally
        self.last = 0
        self.versions: list[int] = []
        self.is_open = False
        self.has_begun = asyncio.get_running_loop().create_future()
        self._rest = b""

    def connection_lost(self, _reason: Exception | None) -> None:
        self.is_open = False
        self._begin()

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        if not self.is_open and not self.has_begun.done():
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            self.is_open = b" 101 " in head.split(b"\r\n", 1)[0]
            if not (self.is_open and self._is_greeted):
                self._begin()
        at = 0
        while (length := _frame_length(data, at)) is not None:
            self._hear(data, at, length)
            at += length
        self._rest = data[at:]

    def _hear(self, data: bytes, at: int, length: int) -> None:
        opcode = data[at] & OPCODE
        if opcode == TEXT:
            kind = data[at : at + 28]
            if b"snapshot" in kind:
                self._begin()
                return
            self.tally.heard += 1
            if b"position" in kind:
                self._see(data, at)
            elif b"status" in kind:
                self.versions.append(_number(data, b'"version":', at))
        elif opcode == PING:
            payload = data[at + 2 : at + length]
            self.transport.write(PONG + bytes([0x80 | len(payload)]) + b"\0\0\0\0" + payload)
        elif opcode == CLOSE:
            self.transport.close()

    def _begin(self) -> None:
        if not self.has_begun.done():
            self.has_begun.set_result(None)

    def _see(self, data: bytes, at: int) -> None:
        self.last = _number(data, b'"t":', at)
        self.tally.positions += 1
        if self.tally.positions % SAMPLE_EVERY == 0:
            said = data.index(b"recorded_at", at)
            recorded_at = data[data.index(b"20", said) : data.index(b",", said) - 1].decode()
            self.tally.delays.append(time.time() - datetime.fromisoformat(recorded_at).timestamp())


async def connect(
    port: int, paths: Sequence[str], tally: Tally, *, greets: bool = False, room_bytes: int = 0
) -> list[Viewer]:
    """Open a socket on each path, some at a time; those that were refused are not open.

    Where the server ``greets``, wait for its first message. ``room_bytes`` is the kernel's room for what has not been
    read yet, where that is not to be the usual one.
    """
    gate = asyncio.Semaphore(AT_ONCE)
    loop = asyncio.get_running_loop()

    async def open_one(path: str) -> Viewer:
        async with gate, asyncio.timeout(PATIENCE_SECONDS):
            link = socket.socket()
            if room_bytes:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room_bytes)
            link.setblocking(False)
            await loop.sock_connect(link, ("127.0.0.1", port))
            transport, viewer = await loop.create_connection(lambda: Viewer(tally, is_greeted=greets), sock=link)
            viewer.transport = transport
            transport.write(HANDSHAKE.format(path=path).encode())
            await viewer.has_begun
            return viewer

    return await asyncio.gather(*(open_one(path) for path in paths))


def _frame_length(data: bytes, at: int) -> int | None:
    """Give the length of the frame that begins here, unmasked as a server's is; ``None`` if it is not all there."""
    there = len(data) - at
    if there < 2:
        return None
    size = data[at + 1]
    if size < 126:
        length = 2 + size
    elif size == 126:
        if there < 4:
            return None
        length = 4 + struct.unpack_from("!H", data, at + 2)[0]
    else:
        if there < 10:
            return None
        length = 10 + struct.unpack_from("!Q", data, at + 2)[0]
    return length if there >= length else None


def _number(data: bytes, name: bytes, at: int) -> int:
    start = data.index(name, at) + len(name)
    end = start
    while data[end] in b" 0123456789":
        end += 1
    return int(data[start:end])
