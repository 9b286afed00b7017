import pytest
from cryptography.fernet import Fernet, InvalidToken
from pytest_django import Settings

from notifications import sealing


def test_what_was_sealed_can_be_opened() -> None:
    assert sealing.unseal(sealing.seal("482913 ähnlich 🚲")) == "482913 ähnlich 🚲"


def test_a_seal_shows_nothing_of_the_secret_and_differs_each_time() -> None:
    first, second = sealing.seal("482913"), sealing.seal("482913")

    assert "482913" not in first
    assert first.isascii()
    assert first != second


def test_a_seal_under_the_key_before_can_be_opened_while_that_is_a_fallback(settings: Settings) -> None:
    settings.SECRET_KEY = "the key before"
    sealed = sealing.seal("482913")

    settings.SECRET_KEY = "the key now"
    settings.SECRET_KEY_FALLBACKS = ["the key before"]

    assert sealing.unseal(sealed) == "482913"


def test_a_seal_under_an_unknown_key_is_broken(settings: Settings) -> None:
    sealed = sealing.seal("482913")

    settings.SECRET_KEY = "another key"

    with pytest.raises(sealing.BrokenSeal):
        sealing.unseal(sealed)


@pytest.mark.parametrize(
    "sealed",
    ["", "482913", "gAAAAA", Fernet(Fernet.generate_key()).encrypt(b"482913").decode(), "é"],
    ids=["nothing", "plain", "the beginning", "of another key", "not in ASCII"],
)
def test_what_was_not_sealed_here_is_broken(sealed: str) -> None:
    with pytest.raises(sealing.BrokenSeal):
        sealing.unseal(sealed)


def test_the_secret_key_itself_opens_nothing(settings: Settings) -> None:
    settings.SECRET_KEY = Fernet.generate_key().decode()
    sealed = sealing.seal("482913")

    with pytest.raises(InvalidToken):
        Fernet(settings.SECRET_KEY).decrypt(sealed)
