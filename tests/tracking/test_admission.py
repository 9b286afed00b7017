from datetime import timedelta

import pytest
from pytest_django import Settings

from tests.factories import NOON
from tracking.live.admission import Gate, TooManySockets


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.SOCKETS_PER_ADDRESS = 3
    settings.SOCKETS_PER_LINK = 2


def test_an_address_may_open_so_many_sockets_a_minute_whatever_they_are_on() -> None:
    gate = Gate()

    for token in ("one", "two", "three"):
        gate.admit(token, address="192.0.2.1", at=NOON)
    with pytest.raises(TooManySockets):
        gate.admit("four", address="192.0.2.1", at=NOON + timedelta(seconds=59))

    gate.admit("four", address="192.0.2.2", at=NOON)
    gate.admit("four", address="192.0.2.1", at=NOON + timedelta(minutes=1))


def test_a_link_may_be_opened_so_often_a_minute_from_wherever() -> None:
    gate = Gate()

    gate.admit("token", address="192.0.2.1", at=NOON)
    gate.admit("token", address="192.0.2.2", at=NOON)
    with pytest.raises(TooManySockets):
        gate.admit("token", address="192.0.2.3", at=NOON)

    gate.admit("other", address="192.0.2.3", at=NOON)
