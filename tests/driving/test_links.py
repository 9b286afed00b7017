"""Links to the driver's page: one phone, one shift, one answer to everything that is not good."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from driving.models import DriveLink
from driving.services import links
from tests.driving.phones import DOORS, Phone, make_day, make_phone
from tests.factories import make_route
from tracking.links.limits import BY_ADDRESS
from tracking.rounds import services as rounds
from tracking.rounds.models import ShiftState

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def make_link() -> DriveLink:
    at = timezone.now()
    return links.issue(make_route(DOORS, at=at).shift, at=at)


def test_a_token_has_192_random_bits() -> None:
    tokens = {make_link().token for _ in range(3)}

    assert {len(token) for token in tokens} == {32}
    assert len(tokens) == 3


@pytest.mark.sqlite
def test_opening_a_link_binds_nothing_and_a_tap_does() -> None:
    phone = Phone(make_link())

    page = phone.client.get(phone.address)

    assert page.status_code == 200
    assert "Use this phone" in page.content.decode()
    assert "Aleksanterinkatu" not in page.content.decode()
    assert not DriveLink.objects.get().is_bound

    assert phone.begin() == 302
    assert "Aleksanterinkatu" in phone.client.get(phone.address).content.decode()
    cookie = phone.client.cookies["drive"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (phone.address, True, "Lax")
    assert cookie.value not in DriveLink.objects.get().device_digest


def test_a_second_phone_is_told_so_and_whom_to_call() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DISPATCH_PHONE", "+358401112222")
        phone = make_phone(make_day()[0])
        other = Phone(phone.link)

        page = other.client.get(other.address)

        assert page.status_code == 403
        assert "Another phone uses this link" in page.content.decode()
        assert "+358401112222" in page.content.decode()
        assert other.begin() == 403
        assert other.tell("pause", status=403) == {"error": "Another phone uses this link."}
    assert phone.client.get(phone.address).status_code == 200
    assert phone.link.shift.state == ShiftState.WORKING


def test_the_first_phone_may_tap_twice() -> None:
    phone = make_phone(make_day()[0])

    assert phone.begin() == 302
    assert phone.client.get(phone.address).status_code == 200


def test_staff_let_another_phone_take_over() -> None:
    phone = make_phone(make_day()[0])
    links.release(phone.link)
    other = Phone(phone.link)

    assert other.begin() == 302

    assert other.client.get(other.address).status_code == 200
    assert phone.client.get(phone.address).status_code == 403


def test_forged_ended_and_revoked_links_get_the_same_page() -> None:
    at = timezone.now()
    revoked, ended, over = make_link(), make_link(), make_phone(make_day()[0])
    links.revoke(revoked, at=at)
    rounds.move_shift(ended.shift, ShiftState.ENDED, at=at)
    rounds.move_shift(over.link.shift, ShiftState.ENDED, at=at - DAY)

    pages = [Client().get(f"/drive/{token}/") for token in ("x" * 32, "ä", revoked.token, ended.token)]
    pages.append(over.client.get(over.address))

    assert [page.status_code for page in pages] == [404] * 5
    assert len({page.content for page in pages}) == 1
    assert "This link leads nowhere" in pages[0].content.decode()
    assert pages[0]["Cache-Control"] == "no-store"


def test_a_revoked_link_takes_nothing_more() -> None:
    phone = make_phone(make_day()[0])
    links.revoke(phone.link, at=timezone.now())

    assert phone.tell("pause", status=404) == {"error": "This link leads nowhere."}
    assert phone.client.post(f"{phone.address}positions/", b"{}", content_type="application/json").status_code == 404


def test_after_the_shift_its_own_phone_may_still_hand_things_in() -> None:
    phone = make_phone(make_day()[0])
    phone.tell("end")

    page = phone.client.get(phone.address)

    assert page.status_code == 200
    assert "Your shift is over" in page.content.decode()
    assert Client().get(phone.address).status_code == 404


def test_guessing_comes_to_an_end_and_a_good_link_opens_all_the_same() -> None:
    phone = make_phone(make_day()[0])
    for number in range(BY_ADDRESS.misses):
        assert Client().get(f"/drive/guess{number}/").status_code == 404

    refused = Client().get("/drive/guess/")

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) <= BY_ADDRESS.seconds
    assert phone.client.get(phone.address).status_code == 200


def test_another_drivers_cookie_opens_nothing() -> None:
    phone, other = make_phone(make_day()[0]), make_phone(make_day()[0])

    phone.client.cookies["drive"] = other.client.cookies["drive"].value

    assert phone.client.get(phone.address).status_code == 403


def test_a_device_and_when_it_began_belong_together() -> None:
    link = make_link()

    for wrong in ({"device_digest": "x"}, {"bound_at": timezone.now()}):
        with pytest.raises(IntegrityError, match="drive_link_bound_means_device"), transaction.atomic():
            DriveLink.objects.filter(id=link.id).update(**wrong)
