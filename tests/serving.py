"""Programs of others that tests call: they listen on this machine, on a thread, for as long as a context lasts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from typing import Any


class Quiet:
    """A connection of which nothing is written anywhere: put before ``BaseHTTPRequestHandler``."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    """Let a server serve, and end with it."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
