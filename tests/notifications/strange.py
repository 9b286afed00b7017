"""A provider that behaves as none should: it says exactly what a test tells it to, byte by byte."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Behaviour = Callable[[socket.socket, bytes], None]
"""What it does with a connection once it has read the head of a request."""


@contextmanager
def provider(behave: Behaviour, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Run one on a free port of 127.0.0.1, one connection after the other; yields its address."""
    lines: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, lines, behave, tls))
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for line in lines:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            thread.join()


def saying(*parts: bytes) -> Behaviour:
    """Say this, and close the connection."""

    def behave(line: socket.socket, head: bytes) -> None:
        for part in parts:
            line.sendall(part)

    return behave


def answering(body: bytes, status: str = "201 Created", *headers: str) -> Behaviour:
    """Answer every request on a connection like this."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]

    def behave(line: socket.socket, head: bytes) -> None:
        while head:
            line.sendall("\r\n".join(lines).encode() + body)
            head = _head(line)

    return behave


def _serve(listener: socket.socket, lines: list[socket.socket], behave: Behaviour, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        while True:
            line, _ = listener.accept()
            with suppress(OSError), line:
                lines.append(tls.wrap_socket(line, server_side=True) if tls else line)
                with lines[-1]:
                    behave(lines[-1], _head(lines[-1]))


def _head(line: socket.socket) -> bytes:
    """Read a request; what follows its head is small enough to come along with it."""
    return line.recv(65536)
