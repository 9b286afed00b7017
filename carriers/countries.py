"""Countries by their two letters of ISO 3166-1, as the time zone database lists them. Pure."""

from functools import cache
from importlib import resources

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def require_code(text: str) -> None:
    """Let the code of a country pass.

    Raises ``ValidationError``.
    """
    if text not in codes():
        raise ValidationError(_("A country is its two letters of ISO 3166, like FI."), code="country")


@cache
def codes() -> frozenset[str]:
    """Give the codes of all countries."""
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    return frozenset(line.split("\t")[0] for line in table.splitlines() if not line.startswith("#"))
