"""``manage.py text_in NUMBER TEXT``: text the demo that runs, as a shopper with that number would."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from demo import access, show, texting


class Command(BaseCommand):
    """Texts a demo."""

    help = "Text the demo that runs, as a shopper would: text_in +358400000017 STATUS"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="who texts, like +358400000017")
        parser.add_argument("text", help="what they write")
        parser.add_argument("--var", type=Path, default=show.ROOT / "var", help="the folder of the demo")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            texting.text_in(access.read(options["var"] / show.ACCESS), options["number"], options["text"])
        except OSError as problem:
            raise CommandError("No demo runs here.") from problem
        except texting.NotTaken as problem:
            raise CommandError(str(problem)) from problem
