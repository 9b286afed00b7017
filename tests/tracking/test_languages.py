"""The language in which somebody is spoken to."""

from datetime import date

import pytest
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import override
from pytest_django import Settings

from tracking.words.languages import speaking

WEDNESDAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("language", "spoken", "day"),
    [("en", "en", "Wednesday"), ("en-GB", "en", "Wednesday"), ("sv", "sv", "onsdag"), ("sv-fi", "sv", "onsdag")],
)
def test_readers_are_spoken_to_in_their_own_language(settings: Settings, language: str, spoken: str, day: str) -> None:
    settings.LANGUAGES = [("en", "English"), ("sv", "svenska")]

    with speaking(language):
        assert (translation.get_language(), date_format(WEDNESDAY, "l")) == (spoken, day)


@pytest.mark.parametrize("language", ["de", "fi", "", "xx", "no such language"])
def test_no_sentence_is_half_in_a_language_that_pages_do_not_speak(language: str) -> None:
    with override("sv"), speaking(language):
        assert (translation.get_language(), date_format(WEDNESDAY, "l")) == ("en", "Wednesday")
