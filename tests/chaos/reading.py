"""Somebody who reads a page all the while."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

EVERY_SECONDS = 0.05


@contextmanager
def reading(url: str) -> Iterator[list[int]]:
    """Fetch a page again and again; gives the statuses of the answers so far, zero where there was none."""
    statuses: list[int] = []
    is_over = threading.Event()

    def read() -> None:
        with httpx.Client(timeout=10) as client:
            while not is_over.wait(EVERY_SECONDS):
                try:
                    statuses.append(client.get(url).status_code)
                except httpx.HTTPError:
                    statuses.append(0)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield statuses
    finally:
        is_over.set()
        reader.join()
