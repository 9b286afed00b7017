"""What ``manage.py check`` says about the area packs of the settings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from atlas.areas import Area
from atlas.pack import BadPack


@checks.register
def area_packs(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Load every area pack, and report those that are missing, damaged or of another format."""
    problems: list[checks.CheckMessage] = []
    for path in settings.MAP_AREAS:
        try:
            Area.load(Path(path))
        except BadPack as problem:
            hint = "Build it with manage.py build_area, or take it out of MAP_AREA."
            problems.append(checks.Error(f"An area pack cannot be used: {problem}.", hint=hint, id="atlas.E001"))
    return problems
