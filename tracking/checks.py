"""What is half configured about receipts, told before somebody asks for one in vain."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from tracking.proof.receipts import keys
from tracking.proof.receipts.sealing import NoKey


@checks.register(checks.Tags.security)
def receipts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Judge the key that receipts are signed with, and the fonts that they are drawn with."""
    return [*_key(), *_fonts()]


@checks.register(checks.Tags.security, deploy=True)
def deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Judge whether shoppers can have receipts at all."""
    if settings.RECEIPT_SIGNING_KEY:
        return []
    return [
        checks.Warning(
            "RECEIPT_SIGNING_KEY is missing: nobody gets a receipt of a delivery.",
            hint="Run manage.py make_receipt_key, and keep what it prints.",
            id="doorstep.W005",
        )
    ]


def _key() -> Iterator[checks.CheckMessage]:
    try:
        keys.public()
    except NoKey as mistake:
        yield checks.Error(
            f"RECEIPT_SIGNING_KEY cannot be read. {mistake}",
            hint="Run manage.py make_receipt_key for one that can.",
            id="doorstep.E030",
        )


def _fonts() -> Iterator[checks.CheckMessage]:
    for font in settings.RECEIPT_FONTS:
        if not font.is_file():
            yield checks.Error(f"RECEIPT_FONTS names {font}, which is not there.", id="doorstep.E031")
