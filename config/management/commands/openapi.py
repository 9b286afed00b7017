"""Write the description of the API, as it is served at ``/api/v1/openapi.json``."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand

from config.api import described

DEFAULT: Final = Path("docs/openapi.json")


class Command(BaseCommand):
    """The description of the API for a file, so that what changes in it is seen in review."""

    help = "Write the OpenAPI description of the API to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=DEFAULT)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        file.write_text(described(), encoding="utf-8")
