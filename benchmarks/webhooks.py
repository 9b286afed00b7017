"""What it costs to deliver news to shops' programs, and whether a long queue costs more.

One worker runs on one core, with a real PostgreSQL; the shops' programs are on the other. Everything is on: pieces are
claimed and leased, signed, posted on a connection of their own to an address that was looked up and judged, and settled
with a line in the log.
"""

import json
import os
import secrets
import sys
from typing import Final

from benchmarks.fanout import pinned
from tests import servers

PIECES: Final = int(os.environ.get("WEBHOOKS_PIECES", "10000"))
SHELL: Final = ("shell", "-v", "0", "--no-imports", "-c")


def main() -> None:
    """Set everything up, measure, and print a line for each figure."""
    pinned.pin(pinned.CLIENT_CORE)
    port = pinned.free_port()
    with (
        servers.postgres() as database_url,
        servers.redis_server() as redis_url,
        servers.program("benchmarks.messages.sink", str(port), environment={}),
    ):
        os.environ |= {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "WEBHOOKS_TO_PRIVATE_ADDRESSES": "1",
        }
        servers.manage("migrate", "-v", "0", environment={})
        pinned.pin(pinned.SERVER_CORE)
        program = f"from benchmarks.messages import news; print(news.drain({PIECES}, 'http://127.0.0.1:{port}/news'))"
        for figure, value in json.loads(servers.manage(*SHELL, program, environment={})).items():
            sys.stdout.write(json.dumps({"figure": figure, "value": round(value, 3)}) + "\n")


if __name__ == "__main__":
    main()
