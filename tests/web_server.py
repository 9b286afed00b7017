"""A web server on this machine that answers as a test tells it to, and keeps what it was asked."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class WebServer:
    """How the server answers, each request alike, and what it was asked."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    is_silent: bool = False
    """Whether it closes the connection without an answer."""

    waits_seconds: float = 0
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def running() -> Iterator[WebServer]:
    """Run a web server on a free port of 127.0.0.1."""
    with _Listener(("127.0.0.1", 0), _Answering) as listener:
        listener.web.url = f"http://127.0.0.1:{listener.server_address[1]}"
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield listener.web
        finally:
            listener.shutdown()
            thread.join()


class _Listener(ThreadingHTTPServer):
    block_on_close = False

    def server_activate(self) -> None:
        super().server_activate()
        self.web = WebServer()


class _Answering(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        web = self.server.web
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        web.asked.append(Asked(self.command, self.path, dict(self.headers.items()), body))
        time.sleep(web.waits_seconds)
        if web.is_silent:
            self.close_connection = True
            return
        with suppress(OSError):
            self.send_response(web.status)
            for name, value in {**web.headers, "Content-Length": str(len(web.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(web.body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""
