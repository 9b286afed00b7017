"""What reading a partner's letter costs: of one update each, as webhooks are, and with what is known already.

One reader on one core, with a real PostgreSQL and a real Redis; signals and their tasks' messages are part of it.
"""

import json
import os
import secrets
import sys
from typing import Final

from benchmarks.fanout import pinned
from tests import servers

LETTERS: Final = int(os.environ.get("LETTERS", "2000"))


def main() -> None:
    """Set everything up, measure, and print a line for each kind of letter."""
    with servers.postgres() as database_url, servers.redis_server() as redis_url:
        os.environ |= {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
        }
        servers.manage("migrate", "-v", "0", environment={})
        pinned.pin(pinned.SERVER_CORE)
        code = f"from benchmarks.partners import worker; print(worker.read({LETTERS}))"
        found = json.loads(servers.manage("shell", "-v", "0", "--no-imports", "-c", code, environment={}))
        for kind, figures in found.items():
            sys.stdout.write(json.dumps({"figure": kind, **figures}) + "\n")


if __name__ == "__main__":
    main()
