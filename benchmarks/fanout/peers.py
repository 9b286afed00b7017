"""Who is measured: Doorstep under two servers, and the ways others would do it."""

import json
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import httpx
import redis.asyncio
from channels_redis.core import RedisChannelLayer

from benchmarks.fanout import bare, pinned
from benchmarks.fanout.plan import Round
from tracking import connection
from tracking.live import messages
from tracking.live.messages import Kind

NCHAN: Final = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NCHAN_CONFIGURATION: Final = """
load_module {module};
daemon off;
master_process off;
worker_rlimit_nofile 10000;
pid {folder}/pid;
error_log {folder}/nginx-errors;
events {{ worker_connections 8000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    server {{
        listen 127.0.0.1:{port};
        location ~ ^/driver/(\\d+)/$ {{ nchan_subscriber websocket; nchan_channel_id $1; }}
        location ~ ^/publish/(\\d+)$ {{ nchan_publisher; nchan_channel_id $1; nchan_store_messages off; }}
    }}
}}
"""

Publish = Callable[[int, Kind, str], Awaitable[object]]
"""Says a frame to all viewers of a driver, by number."""


@dataclass(frozen=True)
class Peer:
    """One way to do it: how it is started, where its viewers connect, and how fast it is asked to go."""

    command: list[str]
    port: int
    paths: Sequence[str]
    publish: Publish
    positions_per_second: int = 200
    greets: bool = False
    """Whether it sends each viewer something first."""


def everybody(rounds: Sequence[Round], folder: Path) -> dict[str, Callable[[str], Peer]]:
    """Name who is measured here; each is set up for a Redis of its own, by address."""
    known: dict[str, Callable[[str], Peer]] = {
        "doorstep_daphne": partial(_doorstep, "config.daphne", rounds),
        "doorstep_plain_daphne": partial(_doorstep, "daphne", rounds),
        "bare_hub_daphne": partial(_bare_hub, "daphne", rounds),
        "tutorial_daphne": partial(_tutorial, rounds),
        "doorstep_uvicorn": partial(_doorstep, "uvicorn", rounds),
        "bare_hub_uvicorn": partial(_bare_hub, "uvicorn", rounds),
    }
    if NCHAN.exists() and shutil.which("nginx"):
        known["nchan"] = partial(_nchan, rounds, folder)
    return known


def _doorstep(server: str, rounds: Sequence[Round], redis_url: str) -> Peer:
    """Set up Doorstep, with a link of its own for each viewer."""
    client = redis.asyncio.Redis.from_url(redis_url)

    async def publish(driver: int, kind: Kind, frame: str) -> None:
        message = messages.encode(kind, rounds[driver].shipment_ids, frame)
        await client.publish(connection.CHANNEL, message)

    port = pinned.free_port()
    return Peer(
        command=_command(server, "config.asgi:application", port),
        port=port,
        paths=[f"/ws/t/{token}/" for watched in rounds for token in watched.tokens],
        publish=publish,
        greets=True,
    )


def _bare_hub(server: str, rounds: Sequence[Round], redis_url: str) -> Peer:
    client = redis.asyncio.Redis.from_url(redis_url)

    async def publish(driver: int, _kind: Kind, frame: str) -> None:
        await client.publish(bare.CHANNEL, f"{driver} {frame}")

    port = pinned.free_port()
    return Peer(_command(server, "benchmarks.fanout.bare:application", port), port, _paths(rounds), publish)


def _tutorial(rounds: Sequence[Round], redis_url: str) -> Peer:
    """Set up the tutorial's consumer; it is asked for less, because it could not keep up with more."""
    layer = RedisChannelLayer(hosts=[{"address": redis_url, "socket_timeout": None}])

    async def publish(driver: int, _kind: Kind, frame: str) -> None:
        await layer.group_send(f"driver_{driver}", {"type": "driver.moved", "said": json.loads(frame)})

    port = pinned.free_port()
    command = _command("daphne", "benchmarks.fanout.tutorial:application", port)
    return Peer(command, port, _paths(rounds), publish, positions_per_second=20)


def _nchan(rounds: Sequence[Round], folder: Path, _redis_url: str) -> Peer:
    """Set up nginx with nchan, published to over HTTP."""
    port = pinned.free_port()
    configuration = folder / "nchan.conf"
    configuration.write_text(NCHAN_CONFIGURATION.format(module=NCHAN, folder=folder, port=port))
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}")

    async def publish(driver: int, _kind: Kind, frame: str) -> None:
        answer = await client.post(f"/publish/{driver}", content=frame)
        answer.raise_for_status()

    return Peer(["nginx", "-c", str(configuration), "-p", str(folder)], port, _paths(rounds), publish)


def _command(server: str, application: str, port: int) -> list[str]:
    options = ["--log-level", "warning"] if server == "uvicorn" else ["-v", "0"]
    return pinned.python(server, *options, "--port", str(port), application)


def _paths(rounds: Sequence[Round]) -> list[str]:
    return [f"/driver/{driver}/" for driver, watched in enumerate(rounds) for _ in watched.tokens]
