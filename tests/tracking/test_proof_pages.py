"""The shopper's pages about the door: who is shown what, in which form, and what a tap does."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from tests.factories import NOON, make_brand, make_link, make_shipment
from tests.tracking import doors
from tests.tracking.conftest import Clock
from tracking import facts
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.proof import pins, services
from tracking.proof.models import Evidence, Flag, Kind
from tracking.proof.receipts import keys, sealing
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture(autouse=True)
def _pictures_here(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def make_delivered() -> TrackingLink:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, brand=make_brand(asks_for_pin=True))
    event = shipments.record(shipment, Status.DELIVERED, at=NOON, handover=Handover.NEIGHBOUR)
    doors.keep(event, Kind.PHOTO, image=doors.make_photo())
    doors.keep(event, Kind.SIGNATURE, image=doors.make_signature())
    doors.keep(event, Kind.NAME, words="Matti <b>Meikäläinen</b>")
    doors.keep(event, Kind.PIN, words="")
    return make_link(shipment)


def make_attempted(*, metres: float = 20, seconds: int = 300, photo: bool = True) -> TrackingLink:
    event = doors.make_event(Status.ATTEMPTED)
    if photo:
        doors.keep(event, Kind.PHOTO, image=doors.make_photo())
    services.note_attempt(event, driver=None, claim=doors.make_claim(metres=metres, seconds=seconds), at=NOON)
    return make_link(event.shipment)


def unlock(client: Client, link: TrackingLink, **more: str) -> Any:
    return client.post(f"/t/{link.token}/unlock/", {"postcode": "00100", **more})


def read(client: Client, link: TrackingLink, page: str = "") -> str:
    return client.get(f"/t/{link.token}/{page}").content.decode()


def pictures_of(link: TrackingLink) -> list[str]:
    proofs = [proof for event in link.shipment.events.all() for proof in event.proofs.pictures()]
    return [f"/t/{link.token}/proof/{proof.key}/" for proof in proofs]


def files_of(link: TrackingLink) -> list[str]:
    return [*pictures_of(link), f"/t/{link.token}/proof/receipt.pdf", f"/t/{link.token}/proof/receipt.json"]


def test_before_the_second_factor_nothing_of_the_door_is_shown(client: Client) -> None:
    link = make_delivered()

    told = read(client, link, "proof/")

    assert "Proof of the delivery" in told
    assert "Postcode of the delivery" in told
    for secret in ("Matti", "neighbour", "receipt.pdf", *pictures_of(link), "Aleksanterinkatu"):
        assert secret not in told
    assert [client.get(file).status_code for file in files_of(link)] == [404] * 4


def test_after_it_everything_is_shown_and_can_be_kept(client: Client) -> None:
    link = make_delivered()

    led = unlock(client, link, to="proof")
    told = read(client, link, "proof/")

    assert led.headers["Location"] == f"/t/{link.token}/proof/"
    assert "Matti &lt;b&gt;Meikäläinen&lt;/b&gt;" in told
    assert "Left with a neighbour" in told
    assert str(Flag.MISSING.label) in told
    assert [file for file in files_of(link) if file not in told] == []
    answers = [client.get(file) for file in files_of(link)]
    assert [answer.headers["Content-Type"] for answer in answers] == [
        "image/jpeg",
        "image/png",
        "application/pdf",
        "application/json",
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_receipt_from_the_page_is_proven_by_the_key_that_is_published(client: Client) -> None:
    link = make_delivered()
    unlock(client, link)
    published = client.get("/.well-known/receipts.json").json()

    forms = [client.get(f"/t/{link.token}/proof/receipt.{form}").content for form in ("pdf", "json")]

    (key,) = published["keys"]
    assert key["fingerprint"] == sealing.fingerprint(keys.public())
    for form in forms:
        told = sealing.check(form, public_key=key["public_key"]).receipt
        assert (told["reference"], told["handover"]) == (link.shipment.reference, "neighbour")


def test_where_there_is_no_key_nothing_is_published_nor_offered(client: Client, settings: Settings) -> None:
    settings.RECEIPT_SIGNING_KEY = ""
    link = make_delivered()
    unlock(client, link)

    assert client.get("/.well-known/receipts.json").json()["keys"] == []
    assert "receipt" not in read(client, link, "proof/")
    assert client.get(f"/t/{link.token}/proof/receipt.pdf").status_code == 404


def test_a_history_that_was_changed_has_no_receipt(client: Client) -> None:
    link = make_delivered()
    unlock(client, link)
    link.shipment.events.filter(status=Status.AT_HUB).delete()

    assert client.get(f"/t/{link.token}/proof/receipt.pdf").status_code == 404


@pytest.mark.parametrize("form", ["exe", "PDF", "pdf.html", "..%2Fpdf"])
def test_there_are_two_forms_of_a_receipt(client: Client, form: str) -> None:
    link = make_delivered()
    unlock(client, link)

    assert client.get(f"/t/{link.token}/proof/receipt.{form}").status_code == 404


def test_nobody_opens_anothers_door(client: Client) -> None:
    own, other = make_delivered(), make_delivered()
    unlock(client, own)

    stolen = [file.replace(other.token, own.token) for file in pictures_of(other)]

    assert [client.get(file).status_code for file in [*stolen, *files_of(other)]] == [404] * 6


@pytest.mark.parametrize("page", ["proof/", "attempt/", "proof/receipt.pdf", "proof/x/"])
def test_a_link_that_opens_nothing_opens_none_of_it(client: Client, page: str) -> None:
    assert client.get(f"/t/{'x' * 32}/{page}").status_code == 404


@pytest.mark.parametrize("status", [status for status in Status if status != Status.DELIVERED])
def test_what_was_not_delivered_has_no_proof(client: Client, status: Status) -> None:
    link = make_link(make_shipment(status=status))

    assert client.get(f"/t/{link.token}/proof/").status_code == 404
    assert "proof" not in client.get(f"/t/{link.token}.json").json()["actions"]


def test_there_is_a_link_to_the_proof_once_there_is_some(client: Client) -> None:
    bare, proven = make_link(make_shipment(status=Status.DELIVERED)), make_delivered()

    assert f"/t/{bare.token}/proof/" not in read(client, bare)
    assert f"/t/{proven.token}/proof/" in read(client, proven)
    assert "proof" in client.get(f"/t/{proven.token}.json").json()["actions"]


def test_no_representation_tells_what_the_second_factor_guards(client: Client) -> None:
    delivered, attempted = make_delivered(), make_attempted()

    for link in (delivered, attempted):
        bodies = [client.get(f"/t/{link.token}{form}").content.decode() for form in ("/", ".json", ".txt", ".ics")]
        for body in bodies:
            assert not [word for word in ("Matti", "proofs/", *pictures_of(link)) if word in body]


def test_the_second_factor_leads_to_no_other_place_than_ours(client: Client) -> None:
    link = make_delivered()

    led = unlock(client, link, to="https://evil.example/")

    assert led.headers["Location"] == f"/t/{link.token}/"


def test_a_wrong_factor_leads_back_all_the_same(client: Client) -> None:
    link = make_delivered()

    refused = client.post(f"/t/{link.token}/unlock/", {"postcode": "99999", "to": "proof"})

    assert refused.status_code == 422
    assert '<input type="hidden" name="to" value="proof">' in refused.content.decode()


def test_the_pages_take_as_many_queries_for_much_as_for_little(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    link = make_delivered()
    unlock(client, link)
    event = link.shipment.events.get(status=Status.DELIVERED)
    for number in range(5):
        doors.keep(event, Kind.NAME, source_key=f"more-{number}", words="Matti")

    with django_assert_num_queries(3):
        client.get(f"/t/{link.token}/proof/")


PIN_SHOWN = "Your PIN for the door"


def make_expected() -> Shipment:
    return make_shipment(status=Status.OUT_FOR_DELIVERY, brand=make_brand(asks_for_pin=True))


def test_who_was_sent_the_link_reads_the_pin_on_the_page_and_nowhere_else(client: Client) -> None:
    shipment = make_expected()
    link, pin = make_link(shipment), pins.pin_of(shipment, on=NOON.date())

    assert PIN_SHOWN in read(client, link)
    assert pin in read(client, link)
    known = json.dumps(facts.as_json(facts.gather(Shipment.objects.with_round().get(), fix=None, at=NOON)))
    assert pin not in known
    assert not [
        form for form in (".json", ".txt", ".ics") if pin in client.get(f"/t/{link.token}{form}").content.decode()
    ]


def test_who_read_number_and_postcode_off_the_parcel_does_not_read_the_pin(client: Client) -> None:
    shipment = make_expected()
    link = links.look_up(shipment.reference, shipment.postcode, at=timezone.now())

    assert PIN_SHOWN not in read(client, link)
    assert pins.pin_of(shipment, on=NOON.date()) not in read(client, link)


def test_the_pin_is_gone_with_the_day_and_with_the_delivery(client: Client, clock: Clock) -> None:
    shipment = make_expected()
    link, today = make_link(shipment), pins.pin_of(shipment, on=NOON.date())

    clock.pass_by(days=1)
    tomorrow = read(client, link)
    shipments.record(shipment, Status.DELIVERED, at=clock.now)

    assert PIN_SHOWN in tomorrow
    assert today not in tomorrow
    assert PIN_SHOWN not in read(client, link)


@pytest.mark.parametrize(
    ("metres", "seconds", "words"),
    [
        (412, 20, "The driver was 412 m from your door, and had been near it for 20 seconds."),
        (7, 1, "The driver was 7 m from your door, and had been near it for 1 second."),
        (20, 300, "The driver was 20 m from your door, and had been near it for 5 minutes."),
    ],
)
def test_the_shopper_reads_what_an_attempt_rests_on(client: Client, metres: float, seconds: int, words: str) -> None:
    link = make_attempted(metres=metres, seconds=seconds)

    assert words in read(client, link, "attempt/")
    assert f"/t/{link.token}/attempt/" in read(client, link)


def test_where_nobody_measured_that_is_said(client: Client) -> None:
    link = make_link(make_shipment(status=Status.ATTEMPTED))

    assert "Nobody measured where the driver was." in read(client, link, "attempt/")


def test_the_photo_of_an_attempt_is_for_who_lives_there(client: Client) -> None:
    link = make_attempted()
    (photo,) = pictures_of(link)
    assert photo not in read(client, link, "attempt/")

    led = unlock(client, link, to="attempt")

    assert led.headers["Location"] == f"/t/{link.token}/attempt/"
    assert photo in read(client, link, "attempt/")
    assert client.get(photo).status_code == 200


def test_one_tap_disputes_and_a_second_one_changes_nothing(client: Client, clock: Clock) -> None:
    link = make_attempted(photo=False)

    first = client.post(f"/t/{link.token}/attempt/dispute/")
    clock.pass_by(minutes=1)
    second = client.post(f"/t/{link.token}/attempt/dispute/")

    assert first.headers["Location"] == f"/t/{link.token}/attempt/"
    assert second.headers["Location"] == f"/t/{link.token}/"
    assert Evidence.objects.get().disputed_at == NOON
    assert "You told us that nobody came." in read(client, link, "attempt/")
    assert "Nobody came to my door" not in read(client, link, "attempt/")


@pytest.mark.parametrize("method", ["get", "head"])
def test_only_a_tap_disputes(client: Client, method: str) -> None:
    link = make_attempted()

    assert getattr(client, method)(f"/t/{link.token}/attempt/dispute/").status_code == 405
    assert Evidence.objects.get().disputed_at is None


def test_where_nobody_tried_there_is_no_page_about_it(client: Client) -> None:
    link = make_link(make_shipment(status=Status.OUT_FOR_DELIVERY), at=NOON - timedelta(days=1))

    assert client.get(f"/t/{link.token}/attempt/").status_code == 404
    assert client.post(f"/t/{link.token}/attempt/dispute/").headers["Location"] == f"/t/{link.token}/"
    assert not Evidence.objects.exists()
