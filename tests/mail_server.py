"""A mail server on this machine that keeps what it is given, and fails where it is told to."""

import email
import email.policy
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, Final

DROP: Final = "drop"
"""Instead of a reply: close the connection without a word."""

HANG: Final = "hang"
"""Instead of a reply: say nothing, for as long as the test lasts."""

GREETING: Final = "greeting"
MESSAGE: Final = "message"
"""The reply to a whole message, after the one to ``DATA``."""

_USUAL: Final = {
    GREETING: "220 mail.example ESMTP",
    "EHLO": "250 mail.example",
    "DATA": "354 Go on",
    MESSAGE: "250 Kept",
    "QUIT": "221 Bye",
}


@dataclass
class MailServer:
    """What the server was told to do, and what it has seen."""

    port: int
    instead: dict[str, str] = field(default_factory=dict)
    """What to do at a command, or at ``GREETING`` or ``MESSAGE``, in place of the usual reply."""

    lines: list[socket.socket] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    kept: list[bytes] = field(default_factory=list)
    seconds_a_reply: float = 0
    is_over: threading.Event = field(default_factory=threading.Event)

    def letters(self) -> list[EmailMessage]:
        """Read what was kept."""
        return [email.message_from_bytes(message, policy=email.policy.default) for message in self.kept]

    def hang_up(self) -> None:
        """Close every connection without a word."""
        for line in self.lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """Run a mail server on a free port of 127.0.0.1, under TLS with this context if there is one."""
    with _Listener(("127.0.0.1", 0), _Conversation) as listener:
        listener.context = context
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield listener.mail
        finally:
            listener.mail.is_over.set()
            listener.mail.hang_up()
            listener.shutdown()
            thread.join()


class _Listener(socketserver.ThreadingTCPServer):
    context: ssl.SSLContext | None = None

    def get_request(self) -> tuple[socket.socket, Any]:
        line, address = super().get_request()
        return (self.context.wrap_socket(line, server_side=True) if self.context else line), address

    def server_activate(self) -> None:
        super().server_activate()
        self.mail = MailServer(port=self.socket.getsockname()[1])


class _Over(Exception):
    """There is nothing more to say."""


class _Conversation(socketserver.StreamRequestHandler):
    """One connection."""

    server: _Listener

    def handle(self) -> None:
        self.mail = self.server.mail
        self.mail.lines.append(self.connection)
        with suppress(_Over, OSError):
            self._answer(GREETING)
            while True:
                self._obey(self._line().decode().split()[0].upper())

    def _obey(self, command: str) -> None:
        self.mail.commands.append(command)
        reply = self._answer(command)
        if command == "DATA" and reply.startswith("354"):
            # Kept before it is said: who hears the reply may look at once.
            self.mail.kept.append(self._message())
            self._answer(MESSAGE)
        if command == "QUIT":
            raise _Over

    def _answer(self, to: str) -> str:
        reply = self.mail.instead.get(to, _USUAL.get(to, "250 OK"))
        self.mail.is_over.wait(self.mail.seconds_a_reply)
        if reply == HANG:
            self.mail.is_over.wait()
        if reply in {HANG, DROP}:
            raise _Over
        self.wfile.write(f"{reply}\r\n".encode())
        return reply

    def _message(self) -> bytes:
        lines = []
        while (line := self._line()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _line(self) -> bytes:
        line = self.rfile.readline()
        if not line:
            raise _Over
        return line
