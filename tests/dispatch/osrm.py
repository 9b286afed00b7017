"""A routing server on this machine with OSRM's table service, for as much of the world as a test draws."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import orjson

from tests.serving import Quiet, serving

METRES_PER_DEGREE = 100_000
METRES_PER_SECOND = 10
ISLAND_LATITUDE = 70.0
"""From here to the north there is no way to or from the rest of the world."""


@dataclass
class Osrm:
    """Where the server is, and how many origins and destinations each request had."""

    url: str = ""
    asked: list[tuple[int, int]] = field(default_factory=list)


@contextmanager
def running() -> Iterator[Osrm]:
    """Run the server on a free port of 127.0.0.1."""
    listener = _Listener(("127.0.0.1", 0), _Answering)
    listener.osrm.url = f"http://127.0.0.1:{listener.server_address[1]}"
    with serving(listener):
        yield listener.osrm


class _Listener(ThreadingHTTPServer):
    block_on_close = False
    request_queue_size = 64

    def server_activate(self) -> None:
        super().server_activate()
        self.osrm = Osrm()


class _Answering(Quiet, BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        points = [tuple(map(float, pair.split(","))) for pair in place.path.split("/")[-1].split(";")]
        query = parse_qs(place.query)
        origins, destinations = (
            [points[int(i)] for i in query[of][0].split(";")] for of in ("sources", "destinations")
        )
        self.server.osrm.asked.append((len(origins), len(destinations)))
        metres = [[_metres(a, b) for b in destinations] for a in origins]
        seconds = [[None if m is None else m / METRES_PER_SECOND for m in row] for row in metres]
        body = orjson.dumps({"code": "Ok", "durations": seconds, "distances": metres})
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _metres(origin: tuple[float, ...], destination: tuple[float, ...]) -> float | None:
    """Measure along a grid of streets; to the south it is half as far again as to the north."""
    if (origin[1] >= ISLAND_LATITUDE) != (destination[1] >= ISLAND_LATITUDE):
        return None
    east, north = destination[0] - origin[0], destination[1] - origin[1]
    return METRES_PER_DEGREE * (abs(east) + (north if north > 0 else -1.5 * north))
