"""What a page costs: to make, against a view that does nothing, and to load, on a phone.

Daphne runs on one core, whoever reads on the other. Both peers take their turns in one run, and each rate is the median
of several windows.
"""

import asyncio
import itertools
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import psutil
from playwright.sync_api import Request, sync_playwright

from benchmarks.fanout import pinned
from benchmarks.pages import lighthouse
from tests import servers

WINDOWS: Final = 5
WINDOW_SECONDS: Final = 4.0
READERS: Final = 8
ON_THE_WAY: Final = (60.1693, 24.9432)


class Peer(NamedTuple):
    """A server that runs."""

    url: str
    process: psutil.Process


class Refused(Exception):
    """A peer answered something else than 200, so that its figures say nothing."""


def main() -> None:
    """Set everything up, measure, and print a line for each figure."""
    pinned.pin(pinned.CLIENT_CORE)
    with tempfile.TemporaryDirectory(prefix="doorstep-") as name, servers.redis_server() as redis_url:
        folder = Path(name)
        os.environ |= {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": f"sqlite:///{folder / 'doorstep.sqlite3'}",
            "REDIS_URL": redis_url,
            "STATIC_ROOT": str(folder / "static"),
        }
        servers.manage("migrate", "-v", "0", environment={})
        servers.manage("collectstatic", "-v", "0", "--no-input", environment={})
        scene = json.loads(_ask("scene.lay_out()"))
        for length, queries in json.loads(_ask("scene.count_queries()")).items():
            _say(f"queries_with_{length}_events", queries)
        with (
            _server(folder / "empty", DJANGO_SETTINGS_MODULE="benchmarks.pages.settings") as empty,
            _server(folder / "ours") as ours,
        ):
            _drive(ours, scene["keys"])
            _compare(empty, ours, scene["tokens"])
            _drive(ours, scene["keys"])
            _load(f"{ours.url}/t/{scene['tokens'][2]}/")


def _compare(empty: Peer, ours: Peer, tokens: Sequence[str]) -> None:
    """Let both peers take turns."""
    nothing, pages = asyncio.run(_read([empty, ours], tokens))
    _say("empty_answers_per_cpu_second", nothing)
    _say("pages_per_cpu_second", pages)
    _say("pages_to_empty_answers", pages / nothing)


async def _read(peers: Sequence[Peer], tokens: Sequence[str]) -> list[float]:
    """Read from each peer as fast as it answers, in turns; gives the answers a second of its processor time."""
    rates: list[list[float]] = [[] for _ in peers]
    async with httpx.AsyncClient(headers={"Accept-Encoding": "gzip"}) as http:
        for number in range(WINDOWS + 1):
            for peer, found in zip(peers, rates, strict=True):
                cpu = pinned.cpu_seconds(peer.process)
                answers = await _read_for(WINDOW_SECONDS, http, peer, tokens)
                if number:
                    found.append(answers / (pinned.cpu_seconds(peer.process) - cpu))
    return [statistics.median(found) for found in rates]


async def _read_for(seconds: float, http: httpx.AsyncClient, peer: Peer, tokens: Sequence[str]) -> int:
    """Count the pages that some readers get within so many seconds."""
    until, turns = time.monotonic() + seconds, itertools.cycle(tokens)

    async def read() -> int:
        count = 0
        while time.monotonic() < until:
            answer = await http.get(f"{peer.url}/t/{next(turns)}/")
            if answer.status_code != httpx.codes.OK:
                raise Refused(f"{peer.url} answered {answer.status_code}.")
            count += 1
        return count

    return sum(await asyncio.gather(*(read() for _ in range(READERS))))


def _load(url: str) -> None:
    """Load a page in a browser, which may use every core, and again as Lighthouse's slow phone."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    requests = _first_view(url)
    _say("first_view_requests", len(requests))
    _say("first_view_bytes", sum(requests.values()))
    _say("html_bytes", requests[url])
    for category, score in lighthouse.judge(url).items():
        _say(f"lighthouse_{category.replace('-', '_')}", score)


def _first_view(url: str) -> dict[str, int]:
    """Load a page, and give the bytes of each request, headers included, icons left out."""
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    with sync_playwright() as playwright:
        path = lighthouse.CHROMIUM if Path(lighthouse.CHROMIUM).exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.on("requestfinished", note)
        page.goto(url, wait_until="networkidle")
        sizes = {request.url: request.sizes() for request in asked if "/icons/" not in request.url}
        browser.close()
    return {url: size["responseHeadersSize"] + size["responseBodySize"] for url, size in sizes.items()}


def _drive(ours: Peer, keys: Sequence[str]) -> None:
    """Let every driver be seen on the way."""
    latitude, longitude = ON_THE_WAY
    for key in keys:
        fix = {"lat": latitude, "lon": longitude, "timestamp": time.time(), "bearing": 41}
        httpx.get(f"{ours.url}/gps/{key}/", params=fix).raise_for_status()


@contextmanager
def _server(log: Path, **environment: str) -> Iterator[Peer]:
    port = pinned.free_port()
    command = pinned.python("config.daphne", "-p", str(port), "config.asgi:application")
    url = f"http://127.0.0.1:{port}"
    with pinned.server(command, port=port, environment={"BASE_URL": url, **environment}, log=log) as process:
        yield Peer(url, process)


def _ask(call: str) -> str:
    program = f"from benchmarks.pages import scene; print({call})"
    return servers.manage("shell", "-v", "0", "--no-imports", "-c", program, environment={})


def _say(figure: str, value: float) -> None:
    sys.stdout.write(json.dumps({"figure": figure, "value": round(value, 3)}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
