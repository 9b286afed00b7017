"""What drivers bring back from doors: kept once, made anew, and what the database refuses."""

from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from PIL import Image
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from tests.factories import NOON, make_brand, make_driver, make_shipment
from tests.tracking import doors
from tests.tracking.test_pictures import png_of, taken_with_a_phone
from tracking import pictures
from tracking.pictures import NoPicture, TooLarge
from tracking.proof import images, pins, services, showing, signals
from tracking.proof.models import Flag, Kind, PinDay, Proof
from tracking.proof.services import Taken, Whereabouts
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.services import Report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _pictures_here(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.sqlite
def test_what_a_driver_took_is_kept_with_who_where_and_when(tmp_path: Path) -> None:
    event, driver = doors.make_event(), make_driver()
    image = images.store(doors.make_photo(), kind=Kind.PHOTO)
    taken = Taken(
        kind=Kind.PHOTO,
        source_key="a1",
        at=NOON,
        driver=driver,
        device="phone",
        image=image,
        where=Whereabouts(60.1, 24.9),
    )

    proof = services.keep(event, taken, at=NOON + timedelta(minutes=5))

    proof.refresh_from_db()
    assert (proof.driver, proof.device, proof.latitude, proof.longitude) == (driver, "phone", 60.1, 24.9)
    assert (proof.taken_at, proof.received_at) == (NOON, NOON + timedelta(minutes=5))
    assert (proof.width, proof.height) == (40, 30)
    content = (tmp_path / str(proof.image.name)).read_bytes()
    assert proof.digest == sha256(content).hexdigest()


@pytest.mark.sqlite
def test_the_same_thing_twice_is_kept_once() -> None:
    event = doors.make_event()
    first = doors.keep(event, Kind.NAME, source_key="a1", words="Matti")
    version = Shipment.objects.get(id=event.shipment_id).version

    again = doors.keep(event, Kind.NAME, source_key="a1", words="Somebody else")

    assert again == first
    assert Proof.objects.get().words == "Matti"
    assert Shipment.objects.get(id=event.shipment_id).version == version


def test_a_proof_is_a_new_version_of_what_can_be_known(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    event = doors.make_event()
    before, heard = event.shipment.version, []

    def hear(event_id: int, shipment_id: int, **_: object) -> None:
        heard.append((event_id, shipment_id))

    signals.proof_kept.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        doors.keep(event, Kind.NAME, words="Matti")
    signals.proof_kept.disconnect(hear)

    event.shipment.refresh_from_db()
    assert event.shipment.version == before + 1
    assert heard == [(event.id, event.shipment_id)]


def test_a_photo_says_neither_where_nor_with_what_it_was_taken() -> None:
    stored = images.store(taken_with_a_phone(), kind=Kind.PHOTO)

    with default_storage.open(stored.name) as kept:
        content = kept.read()
    assert b"Phone of Maija" not in content
    assert not Image.open(BytesIO(content)).getexif()


def test_a_signature_becomes_a_drawing_in_grey() -> None:
    stored = images.store(doors.make_signature(), kind=Kind.SIGNATURE)

    with default_storage.open(stored.name) as kept, Image.open(kept) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "L", (300, 120))
        assert image.getpixel((0, 0)) == 255
        assert image.getextrema()[0] == 0


def test_a_signature_hides_nothing_either() -> None:
    polyglot = doors.make_signature() + b"<script>alert(1)</script>PK\x03\x04"

    stored = images.store(polyglot, kind=Kind.SIGNATURE)

    with default_storage.open(stored.name) as kept:
        assert b"script" not in kept.read()


def test_nobody_guesses_the_name_of_a_picture() -> None:
    names = {images.store(doors.make_photo(), kind=Kind.PHOTO).name for _ in range(20)}

    assert len(names) == 20
    assert min(len(Path(name).stem) for name in names) == 22


REFUSED: dict[str, tuple[bytes, type[Exception]]] = {
    "50 MB": (doors.make_photo() + bytes(50 * 1024 * 1024), TooLarge),
    "a bomb": (png_of(20_000, 20_000), TooLarge),
    "a page": (b"<html><script>alert(1)</script>", NoPicture),
    "a drawing that runs": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", NoPicture),
    "a paper": (b"%PDF-1.7", NoPicture),
    "nothing": (b"", NoPicture),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("kind", [Kind.PHOTO, Kind.SIGNATURE])
def test_what_is_no_picture_is_not_stored(what: str, kind: Kind, tmp_path: Path) -> None:
    given, refusal = REFUSED[what]

    with pytest.raises(refusal):
        images.store(given, kind=kind)

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_drawing_is_made_no_larger_than_a_finger_is_fine() -> None:
    made = pictures.redraw(doors.make_photo((5000, 1000)))

    assert (made.width, made.height, made.content_type) == (1024, 205, "image/png")


def test_a_picture_that_nothing_came_of_is_taken_out_again(tmp_path: Path) -> None:
    stored = images.store(doors.make_photo(), kind=Kind.PHOTO)

    images.discard(stored)
    images.discard(stored)

    assert not (tmp_path / stored.name).exists()


def pin_event() -> StatusEvent:
    shipment = make_shipment(status=Status.DELIVERED, brand=make_brand(asks_for_pin=True))
    return doors.make_event(shipment=shipment)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("typed", "tries", "flag"),
    [("right", 0, ""), ("wrong", 0, Flag.WRONG), ("right", 5, Flag.LOCKED), ("", 0, Flag.MISSING)],
)
def test_a_pin_that_was_taken_without_a_signal_is_judged_when_it_comes(typed: str, tries: int, flag: str) -> None:
    event = pin_event()
    right = pins.pin_of(event.shipment, on=pins.day_of(event.shipment, at=NOON))
    told = {"right": right, "wrong": f"{(int(right) + 1) % 1_000_000:06}", "": ""}[typed]
    for _ in range(tries):
        services.try_pin(event.shipment, "0", at=NOON)

    proof = doors.keep(event, Kind.PIN, words=told)

    assert (proof.flag, proof.words) == (flag, "")
    assert list(Proof.objects.flagged()) == ([proof] if flag else [])


def test_a_pin_that_is_sent_again_is_not_tried_again() -> None:
    event = pin_event()

    for _ in range(3):
        doors.keep(event, Kind.PIN, words="1")

    assert PinDay.objects.get().wrong == 1


def test_only_what_proves_the_last_delivery_that_stands_counts() -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    voided = shipments.ingest(shipment, Report("post", "1", NOON, Status.DELIVERED), at=NOON)
    shipments.ingest(shipment, Report("post", "2", NOON, Status.ATTEMPTED, voids="1"), at=NOON)
    assert voided is not None
    doors.keep(voided, Kind.NAME, words="Matti")

    events = list(shipment.events.all())

    assert showing.last_delivery(events) is None
    assert showing.look_up(events).proved == {voided.id}


VALID: dict[str, Any] = {"kind": Kind.NAME, "words": "Matti", "taken_at": NOON, "received_at": NOON, "source_key": "1"}
PICTURE = {"kind": Kind.PHOTO, "words": "", "image": "proofs/a.jpg", "digest": "0" * 64, "width": 1, "height": 1}


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("proof_picture_means_image", {**PICTURE, "image": ""}),
        ("proof_picture_means_image", {**PICTURE, "digest": ""}),
        ("proof_picture_means_image", {**PICTURE, "width": None}),
        ("proof_picture_means_image", {"image": "proofs/a.jpg"}),
        ("proof_words_are_names_and_places", {"words": ""}),
        ("proof_words_are_names_and_places", {**PICTURE, "words": "Matti"}),
        ("proof_words_are_names_and_places", {"kind": Kind.PIN, "words": "123456"}),
        ("proof_flag_is_of_a_pin", {"flag": Flag.WRONG}),
        ("proof_lies_on_earth", {"latitude": 91.0, "longitude": 0.0}),
        ("proof_lies_on_earth", {"latitude": 1.0}),
    ],
)
def test_the_database_refuses_a_proof_that_cannot_be(name: str, fields: dict[str, Any]) -> None:
    event = doors.make_event()

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Proof.objects.create(event=event, **{**VALID, **fields})

    assert not Proof.objects.exists()


def test_the_database_keeps_one_proof_of_a_name() -> None:
    event = doors.make_event()
    Proof.objects.create(event=event, **VALID)

    with pytest.raises(IntegrityError, match="proof_once_per_source_key"), transaction.atomic():
        Proof.objects.create(event=event, **{**VALID, "words": "Maija"})
