"""How many people can watch: two thousand viewers of fifty drivers, against the ways others would do it.

The servers run on one core, the viewers and Redis on another. Everybody connects to every peer first; then each peer
in turn is talked to for a while, and again, so that whatever else the machine does falls on all of them alike.
Deliveries are counted where they arrive, processor time where they are sent from; a ratio is the median of the ratios
of each round.
"""

import asyncio
import json
import os
import resource
import secrets
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.fanout import peers, pinned
from benchmarks.fanout.measuring import Session
from benchmarks.fanout.plan import VIEWERS_PER_DRIVER, Round
from tests import servers

ROUNDS: Final = 5
POST_SECONDS: Final = 10
STALLED: Final = 100
LAY_OUT: Final = "from benchmarks.fanout import scene; print(scene.lay_out())"

OURS: Final = ("doorstep_daphne", "doorstep_uvicorn")
RATIOS: Final = (
    ("doorstep_daphne", "tutorial_daphne"),
    ("doorstep_daphne", "bare_hub_daphne"),
    ("doorstep_uvicorn", "tutorial_daphne"),
    ("doorstep_uvicorn", "bare_hub_uvicorn"),
    ("doorstep_plain_daphne", "tutorial_daphne"),
    ("doorstep_plain_daphne", "bare_hub_daphne"),
    ("doorstep_uvicorn", "nchan"),
)


def main() -> None:
    """Set everything up, measure every peer, and print a line for each figure."""
    pinned.pin(pinned.CLIENT_CORE)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="doorstep-") as name:
        folder = Path(name)
        os.environ |= {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": f"sqlite:///{folder / 'doorstep.sqlite3'}",
        }
        servers.manage("migrate", "-v", "0", environment={})
        laid_out = servers.manage("shell", "-v", "0", "--no-imports", "-c", LAY_OUT, environment={})
        rounds = [Round(**watched) for watched in json.loads(laid_out)]
        with _everybody(rounds, folder) as sessions:
            asyncio.run(_measure(sessions, rounds))


@contextmanager
def _everybody(rounds: list[Round], folder: Path) -> Iterator[dict[str, Session]]:
    """Run all peers, each with a Redis of its own."""
    with ExitStack() as running:
        sessions = {}
        for name, set_up in peers.everybody(rounds, folder).items():
            redis_url = running.enter_context(servers.redis_server())
            peer = set_up(redis_url)
            environment = {"REDIS_URL": redis_url}
            server = pinned.server(peer.command, port=peer.port, environment=environment, log=folder / name)
            sessions[name] = Session(peer, running.enter_context(server))
        yield sessions


async def _measure(sessions: dict[str, Session], rounds: list[Round]) -> None:
    for session in sessions.values():
        await session.connect()
    for _ in range(ROUNDS):
        for session in sessions.values():
            await session.talk()
    for name, session in sessions.items():
        _say(f"viewers_refused_{name}", session.refused())
        _say(f"viewers_behind_{name}", session.behind())
        _say(f"bytes_per_idle_viewer_{name}", session.bytes_per_viewer)
        _say(f"p99_ms_{name}", session.p99_seconds() * 1000)
        _say(f"deliveries_per_cpu_second_{name}", statistics.median(session.rates))
    _compare({name: session.rates for name, session in sessions.items()})
    for name in OURS:
        await _post_and_stall(name, sessions[name], rounds)
    for session in sessions.values():
        session.hang_up()


def _compare(rates: dict[str, list[float]]) -> None:
    for one, other in RATIOS:
        if one in rates and other in rates:
            ratios = [rate / peer for rate, peer in zip(rates[one], rates[other], strict=True)]
            _say(f"deliveries_per_cpu_second_{one}_to_{other}", statistics.median(ratios))


async def _post_and_stall(name: str, session: Session, rounds: list[Round]) -> None:
    """Let fifty drivers post, then again with a hundred more viewers of the first who do not read."""
    keys = [watched.gps_key for watched in rounds]
    _say(f"p99_ms_from_post_to_socket_{name}", await session.post(keys, seconds=POST_SECONDS) * 1000)
    stalled_bytes = await session.stall([session.peer.paths[number % VIEWERS_PER_DRIVER] for number in range(STALLED)])
    _say(f"megabytes_for_{STALLED}_stalled_readers_{name}", stalled_bytes / 1e6)
    p99_seconds = await session.post(keys, seconds=POST_SECONDS)
    _say(f"p99_ms_from_post_to_socket_beside_{STALLED}_stalled_readers_{name}", p99_seconds * 1000)


def _say(figure: str, value: float) -> None:
    sys.stdout.write(json.dumps({"figure": figure, "value": round(value, 2)}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
