"""What a message costs from the event that calls for it to its provider, and whether a long queue costs more.

One worker runs on one core, with a real PostgreSQL, a real Redis and a stand-in for Twilio on the other. Everything is
on: events considered one by one, messages judged, worded, paced, written down before and after each call.
"""

import json
import os
import secrets
import statistics
import sys
from typing import Any, Final

from benchmarks.fanout import pinned
from tests import servers

TURNS: Final = 3
ORDERS: Final = int(os.environ.get("OUTBOX_ORDERS", "2000"))
QUEUE: Final = int(os.environ.get("OUTBOX_QUEUE", "100000"))
COMPARED: Final = QUEUE // 10
SHELL: Final = ("shell", "-v", "0", "--no-imports", "-c")


def main() -> None:
    """Set everything up, measure, and print a line for each figure."""
    pinned.pin(pinned.CLIENT_CORE)
    with servers.postgres() as database_url, servers.redis_server() as redis_url, servers.twilio() as twilio:
        os.environ |= twilio.settings | {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "TWILIO_SEGMENTS_PER_SECOND": "1000000",
            "TEXTS_AN_HOUR": "1000000",
        }
        servers.manage("migrate", "-v", "0", environment={})
        pinned.pin(pinned.SERVER_CORE)
        turns = _ask(f"worker.send({TURNS}, {ORDERS})")
        for figure in turns[0]:
            _say(figure, statistics.median(turn[figure] for turn in turns))
        for figure, value in _ask(f"worker.drain_queue({QUEUE}, {COMPARED})").items():
            _say(figure, value)


def _ask(call: str) -> Any:
    """Run a part in a process of its own, and read what it found."""
    return json.loads(servers.manage(*SHELL, f"from benchmarks.messages import worker; print({call})", environment={}))


def _say(figure: str, value: float) -> None:
    sys.stdout.write(json.dumps({"figure": figure, "value": round(value, 3)}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
