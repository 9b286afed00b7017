"""Daphne that writes at once and waits for slow readers: ``python -m config.daphne config.asgi:application``.

Under Daphne an application's ``send`` returns at once, and what a slow reader has not taken yet is kept without limit.
Here it waits until there is room again, as it does under other servers, so that the application can leave out what has
become old. And where Twisted asks the kernel twice, for each message, to say when it may be written, we write it and
ask only if it did not go. Decision 0061 has the figures. Everything else, and every option, is Daphne's own.
"""

import asyncio
from typing import Any, Final

from daphne import cli, server
from twisted.internet import tcp

LARGEST_MESSAGE_BYTES: Final = 64 * 1024
"""What a WebSocket may send us; Daphne closes one that sends more with 1009."""


class Outlet:
    """One WebSocket's way out, in Twisted's words a pull producer: it is asked for more when all has been written."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        self._has_room = asyncio.Event()
        self.resumeProducing = self.stopProducing = self._has_room.set
        # The HTTP channel, which the WebSocket has replaced, is still registered.
        protocol.unregisterProducer()
        protocol.registerProducer(self, streaming=False)
        # The answer to the handshake waits to be written, and goes first.
        self._has_room.clear()

    async def write(self, frame: bytes) -> None:
        """Write a whole frame, as soon as all before it has been written; nothing once the socket has closed."""
        while not self._has_room.is_set():
            await self._has_room.wait()
        if self._protocol.state != self._protocol.STATE_OPEN:
            return
        # A ping of Daphne's own may be half written; then its rest goes first.
        written = 0 if self._transport.dataBuffer else self._transport.writeSomeData(frame)
        if written != len(frame):
            self._has_room.clear()
            self._transport.write(frame[written:] if isinstance(written, int) else frame)

    def close(self) -> None:
        """Keep nobody waiting: the socket is gone."""
        self._has_room.set()


class Server(server.Server):
    """Daphne's server with an outlet for each WebSocket, save where Daphne itself speaks TLS."""

    _last: tuple[str | bytes, bytes] = "", b""

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Pass on what an application says."""
        if message["type"] == "websocket.send" and hasattr(protocol, "outlet"):
            await protocol.outlet.write(self._framed(message.get("text") or message.get("bytes") or b""))
            return
        await super().handle_reply(protocol, message)
        if message["type"] == "websocket.accept":
            if isinstance(protocol.transport, tcp.Connection) and not protocol.transport.TLS:
                protocol.outlet = Outlet(protocol)
            # Say why, instead of dropping the connection, when somebody breaks the protocol or sends too much.
            protocol.failByDrop = False

    def protocol_disconnected(self, protocol: Any) -> None:
        """Take note that a connection is gone."""
        if hasattr(protocol, "outlet"):
            protocol.outlet.close()
        super().protocol_disconnected(protocol)

    def _framed(self, payload: str | bytes) -> bytes:
        """Frame a message, once for all the sockets in a row that are sent the same."""
        if payload is not self._last[0]:
            data = payload.encode() if isinstance(payload, str) else payload
            prepared = self.ws_factory.prepareMessage(data, isBinary=isinstance(payload, bytes))
            self._last = payload, prepared.payloadHybi
        return self._last[1]


class CommandLineInterface(cli.CommandLineInterface):
    """Daphne's command with our server, smaller messages, and no access log: it would hold tokens."""

    server_class = Server

    def __init__(self) -> None:
        super().__init__()
        self.parser.set_defaults(
            verbosity=0,
            websocket_max_message_size=LARGEST_MESSAGE_BYTES,
            websocket_max_frame_size=LARGEST_MESSAGE_BYTES,
        )


if __name__ == "__main__":
    CommandLineInterface.entrypoint()
