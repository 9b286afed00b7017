import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.config import outpouring
from tests.config.outpouring import FRAMES, frame

PATIENCE_SECONDS = 20


@pytest.fixture
def port() -> Iterator[int]:
    """Run the application on a port of its own, with a ping every second."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "config.daphne", "-p", str(port), "--ping-interval", "1"]
    with subprocess.Popen([*command, f"{outpouring.__name__}:application"]) as server:
        try:
            wait_until(lambda: is_listening(port))
            yield port
        finally:
            server.terminate()


@contextmanager
def slow_reader(port: int) -> Iterator[ClientConnection]:
    """Connect with next to no room for what is not read."""
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.connect(("127.0.0.1", port))
        with connect(f"ws://127.0.0.1:{port}/", sock=link, max_queue=1, compression=None, close_timeout=0.1) as reader:
            yield reader


def counts(port: int) -> tuple[int, int]:
    sent, ended = httpx.get(f"http://127.0.0.1:{port}/").text.split()
    return int(sent), int(ended)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_reader_who_reads_in_fits_and_starts_gets_every_frame_whole_and_in_order(port: int) -> None:
    with slow_reader(port) as reader:
        for number in range(FRAMES):
            if random.random() < 0.02:
                time.sleep(0.6)
            assert reader.recv(timeout=PATIENCE_SECONDS) == frame(number)


def test_an_application_waits_for_a_reader_who_does_not_read(port: int) -> None:
    with slow_reader(port):
        time.sleep(1)
        early = counts(port)
        time.sleep(1)

        assert counts(port) == early
        assert 0 < early[0] < FRAMES - 50


def test_an_application_waits_no_longer_once_the_reader_has_gone(port: int) -> None:
    with slow_reader(port) as reader:
        time.sleep(1)
        assert counts(port)[1] == 0
        reader.socket.shutdown(socket.SHUT_RDWR)

    wait_until(lambda: counts(port)[1] == 1)
