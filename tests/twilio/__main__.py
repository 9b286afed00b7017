"""Run the stand-in on a port of 127.0.0.1."""

import argparse
import asyncio

from tests.twilio.client import ACCOUNT, TOKEN
from tests.twilio.server import Server


async def main(port: int, account: str, token: str) -> None:
    """Serve until killed."""
    server = await asyncio.start_server(Server(account, token).serve, "127.0.0.1", port, backlog=500)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.twilio")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--account", default=ACCOUNT)
    parser.add_argument("--token", default=TOKEN)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.port, chosen.account, chosen.token))
