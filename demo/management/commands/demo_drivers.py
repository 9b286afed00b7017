"""``manage.py demo_drivers``: drive the day, until told to stop."""

import signal
from argparse import ArgumentParser
from threading import Event
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from atlas.areas import Area
from demo.driving import fleet


class Command(BaseCommand):
    """Drives a day."""

    help = "Drive the day that demo_day has written, posting positions over HTTP, until told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, required=True, help="how the day goes on")

    def handle(self, *_: Any, **options: Any) -> None:
        is_over = Event()

        def end(_number: int, _frame: FrameType | None) -> None:
            is_over.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        fleet.drive(Area.load(settings.MAP_AREAS[0]), seed=options["seed"], is_over=is_over)
