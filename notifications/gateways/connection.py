"""A connection to a provider, on which every exchange ends in time and says whether the request can have arrived.

The timeouts of the usual libraries hold for each read and for each address of a host, so that a provider that drips, or
whose five addresses are all silent, keeps a caller for as long as it likes. Here one deadline holds for all of it.
"""

import http.client
import selectors
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

CONNECT_SECONDS: Final = 3.0
"""For one address of a host. All of them together have half the time of an exchange; after that nothing is sent."""

IDLE_SECONDS: Final = 20.0
"""After which a connection is not used again: the other side may be about to close it."""

LARGEST_ANSWER: Final = 1024 * 1024


class NothingSent(Exception):
    """There was no connection: the provider has seen nothing of the request."""


class NotToBeCalled(OSError):
    """The server's name leads to an address that may not be called."""


class Broken(Exception):
    """The exchange ended without a whole answer: the provider may have seen the request."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the provider said."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Place(NamedTuple):
    """Where a socket can be connected to."""

    family: int
    address: tuple[Any, ...]


def resolve(host: str, port: int) -> Sequence[Place]:
    """Ask the machine where a host is.

    Raises ``OSError`` where nobody knows.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError("This cannot be the name of a host.") from error
    return [Place(family, address) for family, _, _, _, address in found]


Resolver = Callable[[str, int], Sequence[Place]]


class Connection:
    """A connection to the server at ``origin``, like https://api.example.com:8443/path, for one thread.

    It is opened when it is first needed, and again whenever the server has closed it. ``resolve`` is asked once each
    time, and of the IP addresses that it gives only those are called that ``may_call`` allows, whatever the server's
    name led to a moment before.
    """

    def __init__(self, origin: str, *, may_call: Callable[[str], bool] = bool, resolve: Resolver = resolve) -> None:
        place = urlsplit(origin)
        self._may_call = may_call
        self._resolve = resolve
        self._path = place.path.rstrip("/")
        self._used_at = 0.0
        self._http: http.client.HTTPConnection
        if place.scheme == "https":
            port = place.port or http.client.HTTPS_PORT
            self._http = http.client.HTTPSConnection(place.hostname or "", port, context=_trust())
        else:
            self._http = http.client.HTTPConnection(place.hostname or "", place.port or http.client.HTTP_PORT)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next exchange opens it again."""
        self._http.close()

    def exchange(
        self, method: str, target: str, *, headers: Mapping[str, str], body: bytes | None, deadline: float
    ) -> Reply:
        """Ask something and wait for the answer, until ``deadline`` by the monotonic clock at the latest.

        Raises ``NothingSent`` or ``Broken`` where there is none.
        """
        try:
            self._open(deadline)
        except OSError as reason:
            self.close()
            raise NothingSent(type(reason).__name__) from reason
        try:
            self._http.request(method, self._path + target, body, headers)
            answer = self._http.getresponse()
            content = answer.read(LARGEST_ANSWER + 1)
        except (OSError, http.client.HTTPException) as reason:
            self.close()
            raise Broken(type(reason).__name__) from reason
        if answer.length or len(content) > LARGEST_ANSWER:
            self.close()
            raise Broken("The answer breaks off, or is too long.")
        self._used_at = time.monotonic()
        return Reply(answer.status, dict(answer.headers.items()), content)

    def _open(self, deadline: float) -> None:
        if self._http.sock is not None and self._is_stale(self._http.sock):
            self.close()
        if self._http.sock is None:
            until = (time.monotonic() + deadline) / 2
            found = self._resolve(self._http.host, self._http.port)
            self._http.sock = _dial(found, self._may_call, until=until)
            if isinstance(self._http, http.client.HTTPSConnection):
                self._http.sock.settimeout(_left(until))
                self._http.sock = _trust().wrap_socket(self._http.sock, server_hostname=self._http.host)
        line = self._http.sock
        line.settimeout(_left(deadline))
        if isinstance(line, _Line):
            line.deadline = deadline

    def _is_stale(self, line: socket.socket) -> bool:
        """Say whether the server has closed the connection, or may be about to."""
        with selectors.PollSelector() as selector:
            selector.register(line, selectors.EVENT_READ)
            return bool(selector.select(0)) or time.monotonic() > self._used_at + IDLE_SECONDS


class _Line(socket.socket):
    """A socket whose reads all end by one deadline, however slowly the other side speaks."""

    deadline = 0.0

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(_left(self.deadline))
        return super().recv_into(*arguments)


class _SecureLine(_Line, ssl.SSLSocket):
    """The same with TLS."""


@cache
def _trust() -> ssl.SSLContext:
    """Trust whom the machine trusts."""
    context = ssl.create_default_context()
    context.sslsocket_class = _SecureLine
    return context


def _dial(found: Sequence[Place], may_call: Callable[[str], bool], *, until: float) -> socket.socket:
    """Connect to the first of a host's addresses that may be called and answers.

    Raises ``OSError`` where none does, ``NotToBeCalled`` where none may.
    """
    failure = OSError("The host has no address.")
    for family, address in found:
        if not may_call(str(address[0])):
            failure = NotToBeCalled()
            continue
        line = _Line(family, socket.SOCK_STREAM)
        try:
            line.settimeout(min(CONNECT_SECONDS, _left(until)))
            line.connect(address)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as reason:
            line.close()
            failure = reason
        else:
            return line
    raise failure


def _left(until: float) -> float:
    """Give the seconds that are left.

    Raises ``TimeoutError`` where there are none.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
