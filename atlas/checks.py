"""What ``manage.py check`` says about the area packs of the settings."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks

from atlas import areas


@checks.register
def area_packs(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Report every area pack that is missing, damaged or of another format."""
    return [
        checks.Error(
            f"An area pack cannot be used: {problem}.",
            hint="Build it with manage.py build_area, or take it out of MAP_AREA.",
            id="atlas.E001",
        )
        for problem in areas.problems()
    ]
