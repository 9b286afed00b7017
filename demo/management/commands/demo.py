"""``manage.py demo``: a whole delivery day in one command."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from demo import show
from demo.premises import Taken
from demo.processes import ChildEnded, NeverReady, ToldToStop

SLOWEST, FASTEST = 0.5, 60.0
LAST_PORT = 65_535


class Command(BaseCommand):
    """Runs the demo; Ctrl-C or SIGTERM ends it and everything it has started."""

    help = "Run a simulated delivery day in a real city centre, and print links to look at."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="the port on 127.0.0.1 to serve on")
        parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds per second")
        parser.add_argument("--seed", type=int, default=1, help="which day to draw")
        parser.add_argument("--var", type=Path, default=show.ROOT / "var", help="the folder for data and logs")

    def handle(self, *_: Any, **options: Any) -> None:
        if not SLOWEST <= options["speed"] <= FASTEST:
            raise CommandError(f"The speed must be from {SLOWEST} to {FASTEST:.0f}.")
        if not 1 <= options["port"] <= LAST_PORT:
            raise CommandError(f"The port must be from 1 to {LAST_PORT}.")
        try:
            show.run(
                port=options["port"],
                speed=options["speed"],
                seed=options["seed"],
                var=options["var"].resolve(),
                say=self._say,
            )
        except ToldToStop:
            self._say("The day is over.")
        except (ChildEnded, NeverReady, Taken) as problem:
            raise CommandError(str(problem)) from problem

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
