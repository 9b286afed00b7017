"""Whether the desk finds a shipment among a million, and opens its page, before whoever called has to wait.

A real PostgreSQL holds 1,000,000 shipments and 10,000,000 events. Each search and each page is a whole request:
session, second factor, role, the line in the book of who looked, and the page as HTML.
"""

import json
import os
import secrets
import sys
import tempfile
from typing import Any, Final

from tests import servers

SHIPMENTS: Final = int(os.environ.get("DESK_SHIPMENTS", "1000000"))
EVENTS: Final = int(os.environ.get("DESK_EVENTS", str(10 * SHIPMENTS)))
SHELL: Final = ("shell", "-v", "0", "--no-imports", "-c")


def main() -> None:
    """Fill a database, search in it, and print a line for each figure, then PostgreSQL's plans."""
    with (
        servers.postgres() as database_url,
        servers.redis_server() as redis_url,
        tempfile.TemporaryDirectory(prefix="doorstep-") as static_root,
    ):
        os.environ |= {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "STATIC_ROOT": static_root,
            "PHONE_REGION": "FI",
        }
        servers.manage("migrate", "-v", "0", environment={})
        servers.manage("collectstatic", "-v", "0", "--no-input", environment={})
        _say("fill_seconds", _ask("filling", f"fill(shipments={SHIPMENTS}, events={EVENTS})"))
        for figure, value in _ask("asking", "ask()").items():
            _say(figure, value)
        for kind, plan in _ask("asking", "plans()").items():
            sys.stdout.write(f"\n{kind}:\n{plan}\n")


def _ask(module: str, call: str) -> Any:
    """Run a part in a process of its own, and read what it found."""
    program = f"from benchmarks.desks import {module}; print({module}.{call})"
    return json.loads(servers.manage(*SHELL, program, environment={}))


def _say(figure: str, value: float) -> None:
    sys.stdout.write(json.dumps({"figure": figure, "value": round(value, 3)}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
