"""What is half configured about partners, told before somebody waits for their news in vain."""

import os
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.files)
def drop_folder(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Judge whether what partners lay down can be taken in, and moved away."""
    folder = settings.CARRIER_DROP_FOLDER
    if folder is None or (folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)):
        return []
    return [
        checks.Error(
            "CARRIER_DROP_FOLDER is no folder that Doorstep can read and write in.",
            hint="Make it, with a folder for each account that partners lay tables down in.",
            id="doorstep.E033",
        )
    ]
