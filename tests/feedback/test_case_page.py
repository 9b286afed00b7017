from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from feedback import services
from feedback.models import Case, CaseMessage, CasePhoto, Outcome
from feedback.services import Answer
from tests import factories
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def link() -> TrackingLink:
    return make_link()


@pytest.fixture
def sari() -> User:
    return User.objects.create(username="sari", is_staff=True, first_name="Sari-Maarit")


def make_link(status: Status = Status.DELIVERED) -> TrackingLink:
    return factories.make_link(factories.make_shipment(status=status, at=timezone.now() - timedelta(days=1)))


def address(link: TrackingLink, name: str = "case", *args: str) -> str:
    return reverse(f"feedback:{name}", args=[link.token, *args])


def photo(name: str = "lid.jpg") -> SimpleUploadedFile:
    made = BytesIO()
    Image.new("RGB", (30, 20), "red").save(made, "JPEG")
    return SimpleUploadedFile(name, made.getvalue(), "image/jpeg")


def complain(client: Client, link: TrackingLink, **fields: object) -> int:
    data = {"kind": "damaged", "words": "The lid is broken.", **fields}
    return client.post(address(link, "complain"), data).status_code


def test_a_complaint_opens_a_case_that_says_when_it_is_answered(client: Client, link: TrackingLink) -> None:
    assert complain(client, link, photos=[photo(), photo()]) == 302

    case = Case.objects.get()
    page = client.get(address(link)).text
    assert (case.kind, case.shipment) == ("damaged", link.shipment)
    assert "The lid is broken." in page
    assert "You have our answer by" in page
    assert page.count("<img") == 2


def test_a_photo_is_seen_on_the_links_of_its_shipment_alone(client: Client, link: TrackingLink) -> None:
    complain(client, link, photos=[photo("../../etc/passwd.jpg")])
    kept = CasePhoto.objects.get()

    seen = client.get(address(link, "photo", kept.key))
    elsewhere = client.get(address(make_link(), "photo", kept.key))

    assert (seen.status_code, seen["Content-Type"], seen["Cache-Control"]) == (200, "image/jpeg", "no-store")
    assert Image.open(BytesIO(seen.content)).size == (30, 20)
    assert elsewhere.status_code == 404
    assert kept.image.name == f"cases/{kept.key}.jpg"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"words": ""}, "This field is required."),
        ({"kind": ""}, "This field is required."),
        ({"kind": "nonsense"}, "Select a valid choice."),
        ({"words": "x" * 4001}, "at most 4000 characters"),
        ({"words": "a\0b"}, "Null characters are not allowed."),
        ({"photos": [SimpleUploadedFile("x.jpg", b"<svg/>")]}, "no photo that we can read"),
        ({"photos": [SimpleUploadedFile("x.jpg", b"")]}, "no photo that we can read"),
        ({"photos": [SimpleUploadedFile("x.jpg", bytes(10 * 1024 * 1024 + 1))]}, "too large"),
        ({"photos": [SimpleUploadedFile(f"{n}.jpg", b"x") for n in range(6)]}, "at most 5 photos"),
    ],
)
def test_what_cannot_be_taken_in_is_said_and_keeps_nothing(
    client: Client, link: TrackingLink, fields: dict[str, object], told: str
) -> None:
    data = {"kind": "damaged", "words": "Broken.", **fields}

    response = client.post(address(link, "complain"), data)

    assert response.status_code == 422
    assert told in response.text
    assert not Case.objects.exists()


def test_the_shopper_follows_the_case_and_sees_nothing_that_is_not_for_them(
    client: Client, link: TrackingLink, sari: User
) -> None:
    complain(client, link)
    case = Case.objects.get()
    services.note(case, "He always complains.", by=sari, at=timezone.now())
    services.reply(case, Answer("We send a new one."), by=sari, at=timezone.now())
    page = client.get(address(link)).text

    assert "We send a new one." in page
    assert "We have answered and wait for you." in page
    assert "always complains" not in page
    assert "Sari" not in page.replace("sari", "Sari")

    services.resolve(case, Outcome.RESENT, by=sari, at=timezone.now())

    assert "Done: We sent it again." in client.get(address(link)).text


def test_a_shopper_goes_on_in_their_case_and_opens_it_again(client: Client, link: TrackingLink, sari: User) -> None:
    complain(client, link)
    case = Case.objects.get()
    services.resolve(case, Outcome.FOUND, by=sari, at=timezone.now())

    response = client.post(address(link, "say", case.key), {"words": "No, it was not."})

    case.refresh_from_db()
    assert (response.status_code, case.state, case.reopened) == (302, "open", 1)


def test_nobody_writes_in_the_case_of_another_delivery(client: Client, link: TrackingLink) -> None:
    complain(client, link)

    response = client.post(address(make_link(), "say", Case.objects.get().key), {"words": "Hello"})

    assert (response.status_code, CaseMessage.objects.count()) == (404, 1)


def test_whoever_came_by_the_lookup_reads_nothing_before_the_second_factor(client: Client, link: TrackingLink) -> None:
    complain(client, link, photos=[photo()])
    case, kept = Case.objects.get(), CasePhoto.objects.get()
    found = links.look_up(link.shipment.reference, link.shipment.postcode, at=timezone.now())

    page = client.get(address(found)).text
    said = client.post(address(found, "say", case.key), {"words": "Hello"})

    assert "Damaged" in page
    assert "lid" not in page
    assert client.get(address(found, "photo", kept.key)).status_code == 404
    assert (said.status_code, CaseMessage.objects.count()) == (422, 1)


def test_somebody_who_writes_all_day_is_asked_to_wait(client: Client, link: TrackingLink) -> None:
    for _ in range(20):
        assert complain(client, link) == 302

    assert complain(client, link) == 429
    assert CaseMessage.objects.count() == 20


def test_before_the_delivery_there_is_a_question_to_ask(client: Client) -> None:
    link = make_link(Status.OUT_FOR_DELIVERY)

    assert complain(client, link) == 422
    assert complain(client, link, kind="message", words="Which door?") == 302
    assert Case.objects.get().queue == "support"


@pytest.mark.parametrize("name", ["complain", "say"])
def test_a_get_opens_nothing(client: Client, link: TrackingLink, name: str) -> None:
    arguments = ["key"] if name == "say" else []

    assert client.get(address(link, name, *arguments)).status_code == 405


def test_a_page_costs_the_same_however_much_was_said(
    client: Client, link: TrackingLink, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    complain(client, link, photos=[photo()])
    with django_assert_num_queries(4):
        client.get(address(link))
    for kind in ("not_received", "wrong_item", "damaged", "damaged"):
        complain(client, link, kind=kind, photos=[photo(), photo()])

    with django_assert_num_queries(4):
        client.get(address(link))
