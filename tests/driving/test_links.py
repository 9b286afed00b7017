"""Links to the driver's page: one phone, one shift, one answer to everything that is not good."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from driving.models import DriveLink, DriverAction
from driving.services import links
from tests.driving.phones import (
    DOORS,
    MINUTE,
    Phone,
    bound_long_ago,
    driver_events,
    make_day,
    make_phone,
    photo,
    statuses,
)
from tests.factories import make_route
from tracking.links.limits import BY_ADDRESS
from tracking.proof.models import Kind, Proof
from tracking.rounds import services as rounds
from tracking.rounds.models import ShiftState
from tracking.shipments.lifecycle import Status

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

    told = phone.tell("pause", status=409)
    assert told["error"] == "Your link was revoked before that. Please tell your dispatcher what you did."
    assert not DriverAction.objects.exists()
    assert phone.client.post(f"{phone.address}positions/", b"{}", content_type="application/json").status_code == 404


def revoked_after(phone: Phone, *, minutes_ago: float) -> None:
    """Let staff have revoked a link some minutes ago."""
    links.revoke(bound_long_ago(phone).link, at=timezone.now() - minutes_ago * MINUTE)


def test_what_was_done_before_a_link_was_revoked_is_taken_once_from_its_own_phone_and_flagged() -> None:
    route, (shipment, *_) = make_day()
    phone = make_phone(route)
    revoked_after(phone, minutes_ago=10)
    done_at = timezone.now() - 20 * MINUTE
    said: dict[str, Any] = {
        "key": str(uuid4()),
        "shipment": shipment.id,
        "occurred_at": done_at.isoformat(),
        "is_late": "on",
    }

    first, again = (phone.tell("deliver", **said, photo=photo()) for _ in range(2))

    assert first == again
    assert (first["outcome"], first["flags"]) == ("done", ["revoked"])
    assert first["told"].endswith("It counts, and the desk will look at it.")
    [event] = driver_events()
    assert (event.occurred_at, event.shipment_id) == (done_at, shipment.id)
    assert Proof.objects.get().kind == Kind.PHOTO


def test_nobody_else_hands_in_for_a_revoked_link_nor_its_own_phone_what_came_after_or_the_day_after() -> None:
    route, (shipment, *_) = make_day()
    phone = make_phone(route)
    revoked_after(phone, minutes_ago=10)
    before, after = (timezone.now() - minutes * MINUTE for minutes in (20, 5))

    assert Phone(phone.link).tell("deliver", shipment=shipment.id, occurred_at=before.isoformat(), status=404)
    phone.tell("deliver", shipment=shipment.id, occurred_at=after.isoformat(), status=409)
    # A phone whose clock is twenty minutes slow says that it was before.
    slow = {"occurred_at": before.isoformat(), "sent_at": (timezone.now() - 20 * MINUTE).isoformat()}
    phone.tell("deliver", shipment=shipment.id, **slow, status=409)
    DriveLink.objects.update(revoked_at=timezone.now() - DAY)
    phone.tell("deliver", shipment=shipment.id, occurred_at=(before - DAY).isoformat(), status=404)

    assert not DriverAction.objects.exists()
    assert statuses([shipment]) == [Status.OUT_FOR_DELIVERY]


def test_a_link_that_was_handed_to_another_phone_and_revoked_is_none_of_the_first_ones() -> None:
    route, (shipment, *_) = make_day()
    phone = make_phone(route)
    links.release(phone.link)
    assert Phone(phone.link).begin() == 302
    links.revoke(phone.link, at=timezone.now())

    before = (timezone.now() - MINUTE).isoformat()
    assert phone.tell("deliver", shipment=shipment.id, occurred_at=before, status=404)


def test_its_own_phone_reads_that_a_link_was_revoked_and_nothing_of_the_round() -> None:
    route, (shipment, *_) = make_day()
    phone = make_phone(route)
    revoked_after(phone, minutes_ago=1)

    page, stranger = phone.client.get(phone.address), Client().get(phone.address)

    assert (page.status_code, stranger.status_code) == (404, 404)
    assert "Your link was revoked" in page.content.decode()
    assert shipment.street not in page.content.decode()
    assert "Your link was revoked" not in stranger.content.decode()
    assert phone.client.get(f"{phone.address}places/{shipment.id}/").status_code == 404


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
