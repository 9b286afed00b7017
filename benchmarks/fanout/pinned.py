"""Servers on one core, everything else on another, so that neither takes the other's time."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil

ROOT: Final = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS: Final = 30
SERVER_CORE, CLIENT_CORE = 0, 1


class NeverReady(Exception):
    """A server that did not listen in time."""


def pin(core: int) -> None:
    """Keep this process, and the children it starts from now on, on one core, where there are two to choose from."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


@contextmanager
def server(command: Sequence[str], *, port: int, environment: Mapping[str, str], log: Path) -> Iterator[psutil.Process]:
    """Run a server on the core for servers until the context is left; ready once it listens on ``port``."""
    pin(SERVER_CORE)
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
    pin(CLIENT_CORE)
    try:
        process = psutil.Process(child.pid)
        _wait(port, process, log)
        yield process
    finally:
        child.terminate()
        child.wait(PATIENCE_SECONDS)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def python(*words: str) -> list[str]:
    """Name a command that this Python runs as a module."""
    return [sys.executable, "-m", *words]


def cpu_seconds(process: psutil.Process) -> float:
    """Say how much processor time a server has used so far: in nanoseconds, or ticks where there is no better."""
    with suppress(OSError):
        threads = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
        nanoseconds = [int(thread.read_text().split()[0]) for thread in threads]
        if nanoseconds:
            return sum(nanoseconds) / 1e9
    times = process.cpu_times()
    return float(times.user + times.system)


def _wait(port: int, process: psutil.Process, log: Path) -> None:
    for _ in range(PATIENCE_SECONDS * 10):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            process.wait(0.1)
        except psutil.TimeoutExpired:
            continue
        break
    raise NeverReady(log.read_text())
