"""What Lighthouse says of the pages on which something is done: the shopper's options, and the driver's round."""

import json
import os
import secrets
import sys
import tempfile
from pathlib import Path

from benchmarks.pages import lighthouse
from tests import servers


def main() -> None:
    """Set everything up, have each page judged as who may use it sees it, and print a line for each figure."""
    with tempfile.TemporaryDirectory(prefix="doorstep-") as name, servers.redis_server() as redis_url:
        folder = Path(name)
        environment = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": f"sqlite:///{folder / 'doorstep.sqlite3'}",
            "REDIS_URL": redis_url,
            "STATIC_ROOT": str(folder / "static"),
            "ALLOWED_HOSTS": "127.0.0.1",
        }
        os.environ |= environment
        servers.manage("migrate", "-v", "0", environment={})
        servers.manage("collectstatic", "-v", "0", "--no-input", environment={})
        program = "from benchmarks.pages import forms; print(forms.lay_out())"
        pages = json.loads(servers.manage("shell", "-v", "0", "--no-imports", "-c", program, environment={}))
        with servers.web("daphne", environment) as ours:
            for page, (path, cookie) in pages.items():
                for category, score in lighthouse.judge(ours.url + path, cookie=cookie).items():
                    line = {"figure": f"{page}_{category.replace('-', '_')}", "value": round(score, 3)}
                    sys.stdout.write(json.dumps(line) + "\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
