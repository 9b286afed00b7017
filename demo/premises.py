"""Where the demo lives: a folder that no other demo uses meanwhile, a free port, and an environment of its own."""

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"


class Taken(Exception):
    """Somebody else uses what this demo needs; the message says what, and what to do."""


@contextmanager
def keep(folder: Path) -> Iterator[None]:
    """Keep a folder to one demo at a time.

    The lock is on the folder itself: no file is left behind, and it is gone with the process however that ends.

    Raises ``Taken`` where another demo has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Taken(
            f"Another demo is running on the data in {folder}. End that one first, or start this one from a "
            "checkout of its own: two cannot share one day."
        ) from error
    finally:
        os.close(descriptor)


def require_port(port: int) -> None:
    """Let the start go on where the port can be had.

    Raises ``Taken`` where it cannot.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Taken(
                f"Port {port} of {HOST} cannot be used ({error.strerror}). Choose another: make demo PORT={port + 1}"
            ) from error


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a folder for sockets and other things that end with the demo; its path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="doorstep-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
