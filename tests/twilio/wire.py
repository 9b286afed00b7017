"""As much of HTTP/1.1 as the stand-in needs, so close to the socket that it can be dropped or left hanging."""

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """A request, read to its end. Names of headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a posted form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def credentials(self) -> str:
        """``user:password`` of basic authentication."""
        try:
            return base64.b64decode(self.headers.get("authorization", "").removeprefix("Basic ")).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""


@dataclass(frozen=True)
class Answer:
    """What is said in reply, as JSON."""

    content: object
    status: HTTPStatus = HTTPStatus.OK
    retry_after_s: int | None = None

    def encode(self) -> bytes:
        """Write it as it goes over the wire."""
        body = json.dumps(self.content).encode()
        lines = [
            f"HTTP/1.1 {self.status} {self.status.phrase}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *([] if self.retry_after_s is None else [f"Retry-After: {self.retry_after_s}"]),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


async def read(reader: asyncio.StreamReader) -> Request | None:
    """Read the next request on a connection; returns ``None`` where the other side has closed it."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    address = urlsplit(target)
    return Request(method, address.path, dict(parse_qsl(address.query)), headers, body)
