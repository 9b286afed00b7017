"""A shop's program that news is posted to: it answers as it is told, and remembers what came."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from tests.serving import Quiet, serving

MOST_SECONDS: Final = 60
"""After which a sink that nobody let answer does so, for a test that went wrong to end."""


@dataclass
class Sink:
    """What came, and what to answer: the next of ``answers``, or else 204; each a status and headers.

    Nothing is answered until ``may_answer`` is set, as it is from the beginning.
    """

    url: str
    answers: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    came: list[tuple[dict[str, str], str]] = field(default_factory=list)
    hangs_seconds: float = 0.0
    may_answer: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.may_answer.set()


@contextmanager
def sink() -> Iterator[Sink]:
    """Run a program that news can be posted to."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.came.append((dict(self.headers.items()), body))
            time.sleep(found.hangs_seconds)
            found.may_answer.wait(MOST_SECONDS)
            status, headers = found.answers.popleft() if found.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Sink(f"http://127.0.0.1:{server.server_port}/news")
    with serving(server):
        yield found
