"""Whether a month of 30,000 shipments is looked at while somebody waits: what two weighings would have done with it."""

import json
import os
import secrets
import sys
from typing import Final

from tests import servers

SHIPMENTS: Final = int(os.environ.get("CHOOSING_SHIPMENTS", "30000"))


def main() -> None:
    """Fill a database, look at it, and print a line for each figure."""
    with servers.postgres() as database_url, servers.redis_server() as redis_url:
        os.environ |= {"SECRET_KEY": secrets.token_urlsafe(50), "DATABASE_URL": database_url, "REDIS_URL": redis_url}
        servers.manage("migrate", "-v", "0", environment={})
        program = f"from benchmarks.months import filling; print(filling.measure({SHIPMENTS}))"
        found = json.loads(servers.manage("shell", "-v", "0", "--no-imports", "-c", program, environment={}))
    for figure, value in found.items():
        sys.stdout.write(json.dumps({"benchmark": "choosing", "figure": figure, "value": round(value, 2)}) + "\n")


if __name__ == "__main__":
    main()
