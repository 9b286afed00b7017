"""Letters: what somebody at the desk, or Doorstep itself, has to say to one recipient."""

from datetime import timedelta

import pytest

from notifications.models import Notification
from notifications.services import Letter, tell
from notifications.triggers import Channel
from tests.factories import NOON, make_shipment

FAR = 2**53
"""As large an id as a page can hold."""

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.mark.parametrize("number", [1, 2**31, FAR])
def test_a_letter_is_written_once_for_what_it_is_about(number: int) -> None:
    shipment = make_shipment()

    for about in [*Letter, *Letter]:
        assert tell(shipment, about.name, version=about.version(number), page="tracking:page", at=NOON) is Channel.EMAIL

    letters = Notification.objects.order_by("version")
    assert [letter.details["text"] for letter in letters] == [about.name for about in Letter]
    assert {letter.expires_at for letter in letters} == {NOON + timedelta(days=2)}


def test_letters_take_no_version_from_each_other_or_from_answers() -> None:
    numbers = [0, 1, 500_000_000, 2**31, 2**40, FAR]
    versions = [*numbers, *(about.version(number) for about in Letter for number in numbers)]

    assert len({*versions}) == len(versions)
    assert versions == sorted(versions)
    assert versions[-1] < 2**63
