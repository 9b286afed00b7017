"""One demo from start to end: a stage of its own, its processes in order, the ways in, and the end of it all."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from demo import access, premises, servers
from demo.premises import HOST
from demo.processes import Crew
from demo.scenario import cast

ROOT: Final = Path(__file__).resolve().parent.parent
ACCESS: Final = "demo.json"
DATABASE: Final = "demo.sqlite3"
HALF_A_DAY: Final = timedelta(hours=12)


def run(*, port: int, speed: float, seed: int, var: Path, say: Callable[[str], None]) -> None:
    """Run a demo until it is told to stop, which raises ``processes.ToldToStop``.

    Data and logs go to ``var``, what is said to the person who watches goes to ``say``.

    Raises ``premises.Taken`` before anything has started where the folder or the port is somebody else's, and
    ``processes.ChildEnded`` or ``NeverReady`` where something goes wrong; nothing it started is left then.
    """
    with premises.keep(var), premises.scratch() as scratch:
        premises.require_port(port)
        _clear(var)
        environment = _environment(port=port, speed=speed, var=var, scratch=scratch)
        try:
            with Crew(folder=ROOT, logs=var / "log", environment=environment) as crew:
                say("Starting a delivery day in Helsinki …")
                found = _open(crew, port=port, speed=speed, seed=seed, scratch=scratch)
                found["twilio_auth_token"] = environment["TWILIO_AUTH_TOKEN"]
                with access.published(found, var / ACCESS):
                    say(access.describe(found))
                    crew.watch()
        finally:
            _clear(var)


def _open(crew: Crew, *, port: int, speed: float, seed: int, scratch: Path) -> access.Access:
    """Start everything in order; gives the ways in once they are open."""
    socket, found, terms = scratch / "redis.sock", scratch / "access.json", scratch / "partner.json"
    crew.start("redis", servers.redis(socket))
    hook = f"http://{HOST}:{port}/hooks/carriers/{cast.THIRD_PARTY}/"
    crew.start("partner", servers.partner(terms, hook=hook, speed=speed))
    static = crew.send("static", servers.manage("collectstatic", "--noinput"))
    crew.wait_until(lambda: servers.is_listening(socket) and terms.exists())
    written = ["--seed", str(seed), "--partner", str(terms), "--access", str(found)]
    day = crew.send("day", servers.manage("demo_day", *written))
    crew.wait_until(lambda: static.is_done)
    crew.start("web", servers.web(port))
    crew.wait_until(lambda: day.is_done)
    crew.start("worker", servers.worker(scratch / "beat"))
    crew.start("drivers", servers.manage("demo_drivers", "--seed", str(seed)))
    crew.wait_until(lambda: servers.is_ready(port))
    return access.read(found)


def _environment(*, port: int, speed: float, var: Path, scratch: Path) -> dict[str, str]:
    """Set everything that the demo depends on, whatever the machine's own environment says."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "RECEIPT_SIGNING_KEY": secrets.token_urlsafe(32),
        "DEBUG": "0",
        "BASE_URL": f"http://{HOST}:{port}",
        "ALLOWED_HOSTS": f"{HOST},localhost",
        "DATABASE_URL": f"sqlite:///{quote(str(var / DATABASE))}",
        "REDIS_URL": f"unix://{scratch / 'redis.sock'}?db=0",
        "STATIC_ROOT": str(var / "static"),
        "MAP_AREA": str(ROOT / "atlas" / "data" / "helsinki.area"),
        "MAP_TILE_URL": "",
        "OSRM_URL": "",
        "WEATHER_FILE": str(ROOT / "demo" / "weather.toml"),
        "WEATHER_URL": "",
        "SPEED": str(speed),
        # As far from now as can be: the day is shown at any hour.
        "SHARING_ENDS": f"{timezone.now().astimezone(ZoneInfo(cast.TIMEZONE)) + HALF_A_DAY:%H:%M}",
        # The partner is on this machine.
        "WEBHOOKS_TO_PRIVATE_ADDRESSES": "1",
        # With a token alone nothing is sent to anybody, but texts that come in can be signed.
        "TWILIO_AUTH_TOKEN": settings.TWILIO_AUTH_TOKEN or secrets.token_hex(16),
    }


def _clear(var: Path) -> None:
    """Remove what a day has left, so that nobody takes it for the next one's."""
    for path in [var / ACCESS, *var.glob(f"{DATABASE}*")]:
        path.unlink(missing_ok=True)
