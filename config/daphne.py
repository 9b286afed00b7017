"""Daphne with a brake: ``python -m config.daphne config.asgi:application``, with Daphne's own options.

Under Daphne an application's ``send`` returns at once, and what a slow reader has not taken yet is kept without limit.
Here ``send`` waits until the reader has room, as it does under other servers, so that the application can leave out
what has become old meanwhile. Decision 0021 has the figures.
"""

import asyncio
from typing import Any, Final

from daphne import cli, server

LARGEST_MESSAGE_BYTES: Final = 64 * 1024
"""What a WebSocket may send us; Daphne closes one that sends more with 1009."""


class Brake:
    """One socket's sign to stop, in Twisted's words a push producer: it is paused while 64 kB wait to be written."""

    def __init__(self) -> None:
        self.is_off = asyncio.Event()
        self.is_off.set()
        self.pauseProducing = self.is_off.clear
        self.resumeProducing = self.stopProducing = self.is_off.set


class Server(server.Server):
    """Daphne's server, whose WebSockets make the application wait."""

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Pass on what the application says; a message to a WebSocket waits until there is room for it."""
        if message["type"] == "websocket.send" and not protocol.brake.is_off.is_set():
            await protocol.brake.is_off.wait()
        await super().handle_reply(protocol, message)
        if message["type"] == "websocket.accept":
            protocol.brake = Brake()
            # The HTTP channel, which the WebSocket has replaced, is still registered.
            protocol.unregisterProducer()
            protocol.registerProducer(protocol.brake, streaming=True)
            # Say why, instead of dropping the connection, when somebody breaks the protocol or sends too much.
            protocol.failByDrop = False


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
