"""The language in which somebody is spoken to."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import translation


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say what follows in a reader's language, or in the installation's own where pages are not translated into it.

    Django knows the days of the week in more languages than we have sentences: half of one would be in each.
    """
    try:
        spoken = translation.get_supported_language_variant(language)
    except LookupError:
        spoken = settings.LANGUAGE_CODE
    with translation.override(spoken):
        yield
