"""A code sent to the address in the order, as the second factor of who came by the lookup."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from tests.factories import NOON, make_link, make_recipient, make_shipment
from tests.tracking.conftest import Clock
from tracking.links import codes, signals
from tracking.links import services as links
from tracking.links.codes import TooManyCodes
from tracking.links.models import LinkCode, LinkUse, TrackingLink, UseKind
from tracking.links.services import TooManyTries
from tracking.shipments.models import Shipment

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ADDRESS = "Aleksanterinkatu"
PHONE = "+358401234567"
LANDLINE = "+358 9 123 4567"
EMAIL = "maija@example.org"
WRONG = "This code is not right, or no longer good."

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """Hear what is to be sent to the address in the order."""
    heard: list[dict[str, Any]] = []
    signals.code_requested.connect(
        lambda link_id, shipment_id, code, **_: heard.append(
            {"link_id": link_id, "shipment_id": shipment_id, "code": code}
        ),
        weak=False,
        dispatch_uid="test",
    )
    yield heard
    signals.code_requested.disconnect(dispatch_uid="test")


@pytest.fixture
def code(told: list[dict[str, Any]], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Any:
    """Ask for a code for a link, and read it where it was sent."""

    def request(link: TrackingLink, *, at: datetime = NOON) -> str:
        with django_capture_on_commit_callbacks(execute=True):
            links.request_code(link, at=at)
        return str(told[-1]["code"])

    return request


def make_found_link(
    *, shipment: Shipment | None = None, at: datetime = NOON, phone: str = PHONE, email: str = EMAIL
) -> TrackingLink:
    """Make a link as somebody comes by it who knows the number and the postcode."""
    recipient = replace(make_recipient(), phone=phone, email=email)
    shipment = shipment or make_shipment(recipient=recipient, at=at - HOUR)
    return links.look_up(shipment.reference, shipment.postcode, at=at)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_code_has_six_digits_that_nobody_can_foresee() -> None:
    made = [codes.make() for _ in range(10_000)]

    assert all(re.fullmatch(r"[0-9]{6}", code) for code in made)
    assert len(set(made)) > 9_900
    assert any(code.startswith("0") for code in made)


def test_whoever_sends_it_is_told_the_code_once_and_only_its_keyed_hash_is_kept(
    code: Any, told: list[dict[str, Any]]
) -> None:
    link = make_found_link()

    sent = code(link)

    kept = LinkCode.objects.get()
    assert told == [{"link_id": link.id, "shipment_id": link.shipment_id, "code": sent}]
    assert (kept.requested_at, kept.expires_at, kept.used_at) == (NOON, NOON + 10 * MINUTE, None)
    assert sent not in " ".join(map(str, LinkCode.objects.values_list("digest", "link_id")[0]))
    assert kept.digest == codes.digest(sent, link_id=link.id)
    assert kept.digest != codes.digest(sent, link_id=link.id + 1)


def test_a_code_that_is_not_committed_is_not_sent(
    told: list[dict[str, Any]], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=False):
        links.request_code(make_found_link(), at=NOON)

    assert told == []


def test_a_code_opens_its_link_once(code: Any) -> None:
    link = make_found_link()
    sent = code(link)

    assert links.unlock_by_code(link, code=sent, at=NOON + MINUTE)
    assert not links.unlock_by_code(link, code=sent, at=NOON + 2 * MINUTE)

    assert LinkCode.objects.get().used_at == NOON + MINUTE
    assert [use.kind for use in LinkUse.objects.order_by("id")] == [UseKind.UNLOCKED, UseKind.REFUSED]


def test_a_code_opens_no_other_link_to_the_same_shipment(code: Any) -> None:
    link = make_found_link()
    twin = make_found_link(shipment=link.shipment)
    sent = code(link)
    links.request_code(twin, at=NOON)

    assert not links.unlock_by_code(twin, code=sent, at=NOON)
    assert links.unlock_by_code(link, code=sent, at=NOON)


def test_a_code_is_good_for_ten_minutes(code: Any) -> None:
    link = make_found_link()
    sent = code(link)

    assert not links.unlock_by_code(link, code=sent, at=NOON + 10 * MINUTE)
    assert links.unlock_by_code(link, code=sent, at=NOON + 10 * MINUTE - timedelta(seconds=1))


def test_a_newer_code_replaces_the_older_one(code: Any) -> None:
    link = make_found_link()
    older, newer = code(link), code(link, at=NOON + MINUTE)

    assert links.unlock_by_code(link, code=older, at=NOON + 2 * MINUTE) is (older == newer)
    assert links.unlock_by_code(link, code=newer, at=NOON + 2 * MINUTE)


def test_without_a_code_none_is_right() -> None:
    link = make_found_link()

    assert not links.unlock_by_code(link, code="000000", at=NOON)
    assert not links.unlock_by_code(link, code="", at=NOON)


def test_wrong_codes_and_wrong_postcodes_share_five_tries_an_hour(code: Any) -> None:
    link = make_link()
    sent = code(link)
    for _ in range(3):
        assert not links.unlock_by_code(link, code=other_than(sent), at=NOON)
    for _ in range(2):
        assert not links.unlock(link, postcode="99999", at=NOON)

    with pytest.raises(TooManyTries):
        links.unlock_by_code(link, code=sent, at=NOON + MINUTE)
    with pytest.raises(TooManyTries):
        links.unlock(link, postcode="00100", at=NOON + MINUTE)

    assert LinkUse.objects.count() == 5
    assert LinkCode.objects.get().used_at is None


def test_a_link_has_three_codes_an_hour(code: Any) -> None:
    link = make_found_link()
    for minute in (0, 10, 20):
        code(link, at=NOON + minute * MINUTE)

    with pytest.raises(TooManyCodes) as refusal:
        links.request_code(link, at=NOON + 30 * MINUTE)

    assert refusal.value.retry_after_seconds == 30 * 60
    assert LinkCode.objects.count() == 3
    assert code(link, at=NOON + HOUR)


def test_a_shipment_has_five_codes_a_day_over_all_its_links(code: Any) -> None:
    first = make_found_link()
    others = [make_found_link(shipment=first.shipment) for _ in range(2)]
    for hour, link in enumerate([first, first, *others, first]):
        code(link, at=NOON + hour * HOUR)

    with pytest.raises(TooManyCodes) as refusal:
        links.request_code(others[0], at=NOON + 10 * HOUR)

    assert refusal.value.retry_after_seconds == 14 * 60 * 60
    assert LinkCode.objects.count() == 5
    assert code(make_found_link(), at=NOON + 10 * HOUR)
    assert code(make_found_link(shipment=first.shipment, at=NOON + DAY), at=NOON + DAY)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("phone", "email"), [(PHONE, EMAIL), (PHONE, ""), ("", EMAIL), (LANDLINE, ""), ("ask the porter", ""), ("", "")]
)
def test_whatever_addresses_an_order_has_its_page_says_the_same_and_whom_to_ask(
    client: Client, phone: str, email: str
) -> None:
    link = make_found_link(phone=phone, email=email)

    before = client.get(f"/t/{link.token}/").content.decode()
    response = client.post(f"/t/{link.token}/code/")
    after = client.get(f"/t/{link.token}/").content.decode()

    assert (response.status_code, response["Location"]) == (302, f"/t/{link.token}/#second-factor")
    assert response["Cache-Control"] == "no-store"
    assert "by text message to the mobile number in the order, or else by e-mail to the address in it." in before
    assert "Code from the message" not in before
    assert "If the order names a mobile number or an e-mail address, a code is on its way there." in after
    assert "It is good until 12:10. If none comes, Kauppa can tell you the full address." in after
    assert "Code from the message" in after
    for html in (before, after):
        assert not re.search(r"maija|401234567|4567|porter|•", html)


@pytest.mark.usefixtures("clock")
def test_the_code_opens_the_address_for_this_device(client: Client, code: Any) -> None:
    link = make_found_link()
    sent = code(link)

    response = client.post(f"/t/{link.token}/unlock/", {"code": f" {sent[:3]} {sent[3:]}"})

    assert (response.status_code, response["Location"]) == (302, f"/t/{link.token}/")
    assert ADDRESS in client.get(f"/t/{link.token}/").content.decode()
    assert ADDRESS not in Client().get(f"/t/{link.token}/").content.decode()


@pytest.mark.usefixtures("clock")
def test_digits_of_another_script_are_digits(client: Client, code: Any) -> None:
    link = make_found_link()
    sent = code(link).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    assert client.post(f"/t/{link.token}/unlock/", {"code": sent}).status_code == 302


def test_a_wrong_a_used_and_an_old_code_and_none_at_all_get_the_same_answer(
    client: Client, code: Any, clock: Clock
) -> None:
    wrong, used, old, none = (make_found_link() for _ in range(4))
    typed = {wrong: other_than(code(wrong)), used: code(used), old: code(old), none: "123456"}
    links.unlock_by_code(used, code=typed[used], at=NOON)
    LinkCode.objects.filter(link=old).update(expires_at=NOON)
    clock.pass_by(seconds=1)

    answers = [client.post(f"/t/{link.token}/unlock/", {"code": given}) for link, given in typed.items()]

    for answer in answers:
        assert answer.status_code == 422
        assert answer.content.decode().count(WRONG) == 1
        assert ADDRESS not in answer.content.decode()
        assert "door" not in answer.cookies


@pytest.mark.usefixtures("clock")
def test_after_five_wrong_codes_even_the_right_one_has_to_wait(client: Client, code: Any) -> None:
    link = make_found_link()
    sent = code(link)
    for _ in range(links.TRIES):
        client.post(f"/t/{link.token}/unlock/", {"code": other_than(sent)})

    response = client.post(f"/t/{link.token}/unlock/", {"code": sent})

    assert (response.status_code, response["Retry-After"]) == (429, "3600")
    assert "Too many tries. Please wait an hour and try again." in response.content.decode()
    assert ADDRESS not in response.content.decode()


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("form", [{}, {"code": ""}, {"code": "12345"}, {"code": "1234567"}, {"code": "12345\x00"}])
def test_what_is_no_code_counts_as_no_try(client: Client, form: dict[str, str]) -> None:
    link = make_found_link()

    response = client.post(f"/t/{link.token}/unlock/", form)

    assert response.status_code == 422
    assert not LinkUse.objects.exists()


@pytest.mark.parametrize(
    ("ago", "told_to_wait"),
    [
        ([5 * MINUTE] * 3, "Enough codes were sent for now. Please try again in 55 minutes."),
        ([2 * HOUR] * 5, "Enough codes were sent for today. Please try again tomorrow."),
    ],
)
def test_who_asks_for_too_many_codes_is_told_when_to_try_again(
    client: Client, ago: list[timedelta], told_to_wait: str
) -> None:
    at = timezone.now()
    link = make_found_link(at=at)
    for age in ago:
        LinkCode.objects.create(link=link, digest="", requested_at=at - age, expires_at=at)

    response = client.post(f"/t/{link.token}/code/")

    assert response.status_code == 429
    assert int(response["Retry-After"]) in {55 * 60, 22 * 60 * 60}
    assert told_to_wait in response.content.decode()
    assert LinkCode.objects.count() == len(ago)


@pytest.mark.usefixtures("clock")
def test_a_link_that_takes_the_postcode_is_sent_no_code(client: Client) -> None:
    link = make_link()

    response = client.post(f"/t/{link.token}/code/")

    assert (response.status_code, response["Location"]) == (302, f"/t/{link.token}/")
    assert not LinkCode.objects.exists()


@pytest.mark.usefixtures("clock")
def test_only_a_post_of_our_own_form_has_a_code_sent() -> None:
    client = Client(enforce_csrf_checks=True)
    link = make_found_link()

    assert client.get(f"/t/{link.token}/code/").status_code == 405
    assert client.post(f"/t/{link.token}/code/").status_code == 403
    assert not LinkCode.objects.exists()


@pytest.mark.usefixtures("clock")
def test_a_page_that_asks_for_a_code_costs_one_query_more(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shipment = make_shipment()
    sent, found = make_link(shipment), make_found_link(shipment=shipment)

    with django_assert_num_queries(5):
        client.get(f"/t/{sent.token}/")
    with django_assert_num_queries(6):
        client.get(f"/t/{found.token}/")
