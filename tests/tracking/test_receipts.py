"""Receipts: what they say, what the paper shows, and what their seal holds."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core import checks
from fpdf import FPDF
from pytest_django import DjangoAssertNumQueries, Settings

from tests.factories import NOON, make_shipment
from tests.tracking import doors
from tracking.proof.models import Kind
from tracking.proof.receipts import contents, issuing, keys, paper, sealing
from tracking.proof.receipts.contents import BrokenHistory, NotDelivered
from tracking.proof.receipts.keys import NoReceipts
from tracking.proof.receipts.sealing import NoKey, Refuted
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import Report

pytestmark = pytest.mark.django_db

OURS = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
THEIRS = Ed25519PrivateKey.from_private_bytes(b"t" * 32)


@pytest.fixture(autouse=True)
def _pictures_here(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def make_delivered(handover: Handover = Handover.NEIGHBOUR) -> Shipment:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY)
    event = services.record(shipment, Status.DELIVERED, at=NOON, handover=handover)
    doors.keep(event, Kind.PHOTO, image=doors.make_photo())
    doors.keep(event, Kind.NAME, words="Matti Meikäläinen")
    shipment.refresh_from_db()
    return shipment


def gathered(shipment: Shipment) -> dict[str, Any]:
    return dict(contents.gather(shipment, issuer="https://track.example", at=NOON).told)


def test_it_says_what_was_delivered_when_where_and_by_whom() -> None:
    shipment = make_delivered()
    photo = shipment.events.get(status=Status.DELIVERED).proofs.get(kind=Kind.PHOTO)

    told = gathered(shipment)

    history, proofs = told.pop("history"), told.pop("proofs")
    assert told == {
        "issuer": "https://track.example",
        "issued_at": "2026-11-22T12:00:00+02:00",
        "brand": "Kauppa",
        "reference": shipment.reference,
        "parcels": [shipment.parcels.get().number],
        "address": "Aleksanterinkatu 13 B 7, 00100 Helsinki",
        "timezone": "Europe/Helsinki",
        "delivered_at": "2026-11-22T12:00:00+02:00",
        "handover": "neighbour",
        "driver": "Aino",
        "head": shipment.events.latest("id").link,
    }
    assert [(proof["kind"], proof["words"], proof["sha256"]) for proof in proofs] == [
        ("photo", "", photo.digest),
        ("name", "Matti Meikäläinen", ""),
    ]
    assert [line["status"] for line in history] == ["created", "at_hub", "out_for_delivery", "delivered"]


def test_nothing_about_the_recipient_but_the_address_is_in_it() -> None:
    shipment = make_delivered()

    told = json.dumps(gathered(shipment), ensure_ascii=False)

    for secret in ("Maija", "maija@example.org", "+358401234567", "4711B", "Virtanen"):
        assert secret not in told


def test_a_long_history_takes_no_more_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    shipment = make_delivered()
    for number in range(20):
        services.ingest(shipment, Report("post", str(number), NOON, None), at=NOON)

    shipment = Shipment.objects.select_related("brand").get(id=shipment.id)
    with django_assert_num_queries(3):
        contents.gather(shipment, issuer="", at=NOON)


@pytest.mark.parametrize("status", [Status.CREATED, Status.OUT_FOR_DELIVERY, Status.ATTEMPTED, Status.CANCELLED])
def test_what_was_not_delivered_has_no_receipt(status: Status) -> None:
    with pytest.raises(NotDelivered):
        gathered(make_shipment(status=status))


def test_nobody_signs_a_history_that_was_changed() -> None:
    shipment = make_delivered()
    shipment.events.filter(status=Status.AT_HUB).delete()

    with pytest.raises(BrokenHistory):
        gathered(shipment)


def test_both_forms_are_proven_by_the_key_that_signed_them(settings: Settings) -> None:
    shipment = make_delivered()

    forms = [issue(shipment, at=NOON) for issue in (issuing.as_json, issuing.as_paper)]

    proven = [sealing.check(form, public_key=keys.public()) for form in forms]
    assert proven[0] == proven[1]
    assert proven[0].receipt["reference"] == shipment.reference
    assert proven[0].fingerprint == sealing.fingerprint(keys.public())


def test_without_a_key_nothing_is_signed(settings: Settings) -> None:
    shipment = make_delivered()
    settings.RECEIPT_SIGNING_KEY = ""

    with pytest.raises(NoReceipts):
        issuing.as_json(shipment, at=NOON)
    assert keys.public() == ""


TOLD = {"issuer": "https://track.example", "reference": "DS-1", "history": [], "head": ""}


def changed(signed: bytes, **fields: object) -> bytes:
    return json.dumps({**json.loads(signed), **fields}).encode()


FORGED: dict[str, tuple[bytes, str]] = {
    "another reference": (changed(sealing.sign(TOLD, OURS), reference="DS-2"), "was changed"),
    "one field more": (changed(sealing.sign(TOLD, OURS), handover="recipient"), "was changed"),
    "no signature": (changed(sealing.sign(TOLD, OURS), signature=""), "was changed"),
    "a signature that is none": (changed(sealing.sign(TOLD, OURS), signature="äö💥"), "was changed"),
    "somebody else's key": (sealing.sign(TOLD, THEIRS), "another key"),
    "somebody else's, under our name": (
        changed(sealing.sign(TOLD, THEIRS), public_key=sealing.write_public_key(OURS)),
        "was changed",
    ),
    "no key": (changed(sealing.sign(TOLD, OURS), public_key=""), "names no key"),
    "half a key": (changed(sealing.sign(TOLD, OURS), public_key="AAAA"), "names no key"),
    "another head": (sealing.sign({**TOLD, "head": "0" * 64}, OURS), "does not lead to its head"),
    "a history that is none": (sealing.sign({**TOLD, "history": [{"status": "lost"}]}, OURS), "cannot be read"),
    "a history of numbers": (sealing.sign({**TOLD, "history": 7}, OURS), "cannot be read"),
    "another kind": (changed(sealing.sign(TOLD, OURS), format="doorstep-receipt-0"), "no receipt"),
    "a list": (b"[]", "no receipt"),
    "nonsense": (b"\xff\xfe\x00", "no receipt"),
    "deep nonsense": (b"[" * 100_000, "no receipt"),
    "nothing": (b"", "no receipt"),
    "too much": (b" " * (sealing.LARGEST_BYTES + 1), "larger"),
    "a paper with nothing": (b"%PDF-1.7\n%%EOF\n", "holds no receipt"),
}


@pytest.mark.parametrize("what", FORGED)
def test_whatever_is_forged_is_refuted(what: str) -> None:
    given, reason = FORGED[what]

    with pytest.raises(Refuted, match=reason):
        sealing.check(given, public_key=sealing.write_public_key(OURS))


def test_the_order_and_the_spaces_of_a_receipt_do_not_matter() -> None:
    told = json.loads(sealing.sign(TOLD, OURS))

    turned = json.dumps(dict(reversed(told.items())), indent=7).encode()

    assert sealing.check(turned, public_key=sealing.write_public_key(OURS)).receipt == told


def test_a_paper_of_which_one_byte_was_changed_is_refuted() -> None:
    shipment = make_delivered()
    drawn = issuing.as_paper(shipment, at=NOON)

    for place in range(9, len(drawn) - 2, len(drawn) // 150):
        forged = bytearray(drawn)
        forged[place] ^= 1
        with pytest.raises(Refuted):
            sealing.check(bytes(forged), public_key=keys.public())


@pytest.mark.parametrize("more", [b"\n", b"%%EOF\n", b"\n1 0 obj\n<<>>\nendobj\n%%EOF\n"])
def test_nothing_is_added_to_a_paper_after_it_was_signed(more: bytes) -> None:
    drawn = issuing.as_paper(make_delivered(), at=NOON)

    with pytest.raises(Refuted, match="no signature at its end"):
        sealing.check(drawn + more, public_key=keys.public())


def test_a_paper_signed_by_somebody_else_around_our_receipt_is_refuted() -> None:
    drawn = issuing.as_paper(make_delivered(), at=NOON)
    bare = drawn[: drawn.index(b"%Doorstep-Receipt-Signature")]

    with pytest.raises(Refuted, match="paper was changed"):
        sealing.check(sealing.sign_paper(bare + b"%\n", THEIRS), public_key=keys.public())


NAMES = {
    "Maija Meikäläinen": "Maija Meikäläinen",
    "Łukasz Żółć": "Łukasz Żółć",
    "Мария Ελένη Հայկ שלום": "Мария Ελένη Հայկ שלום",
    "山田太郎": "□□□□",
    "Mai\u202eja": "Mai\u202eja",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_sign_that_no_font_has_is_drawn_as_a_box(name: str) -> None:
    with paper._pen(FPDF()) as pen:
        assert pen.drawable(name) == NAMES[name]


def test_without_a_font_a_question_mark_stands_for_what_cannot_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "find_spec", lambda _: None)
    shipment = make_delivered()
    doors.keep(shipment.events.get(status=Status.DELIVERED), Kind.PLACE, words="Łukasz")

    drawn = issuing.as_paper(shipment, at=NOON)

    with paper._pen(FPDF()) as pen:
        assert pen.drawable("Łukasz, Meikäläinen") == "?ukasz, Meikäläinen"
    assert sealing.check(drawn, public_key=keys.public()).receipt["reference"] == shipment.reference


def test_the_installations_own_fonts_come_first(settings: Settings) -> None:
    (own,) = paper._fonts()
    settings.RECEIPT_FONTS = [own.with_name("DejaVuSansMono.ttf"), own]

    assert paper._fonts() == [own.with_name("DejaVuSansMono.ttf"), own]
    assert issuing.as_paper(make_delivered(), at=NOON).startswith(b"%PDF-")


def test_a_receipt_of_many_parcels_and_pictures_is_small() -> None:
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, parcel_numbers=[f"P-{number}" for number in range(60)])
    event = services.record(shipment, Status.DELIVERED, at=NOON)
    for number in range(3):
        doors.keep(event, Kind.PHOTO, source_key=str(number), image=doors.make_photo((4000, 3000)))
    doors.keep(event, Kind.SIGNATURE, image=doors.make_signature())

    drawn = issuing.as_paper(shipment, at=NOON + timedelta(days=1))

    assert len(sealing.check(drawn, public_key=keys.public()).receipt["proofs"]) == 4
    assert len(drawn) < 100_000


@pytest.mark.parametrize("key", ["", "x", "A" * 42, "A" * 44, "ä" * 43, "A" * 86])
def test_what_is_no_key_is_told_apart(key: str) -> None:
    with pytest.raises(NoKey):
        sealing.read_private_key(key)


def test_what_is_half_configured_is_told_before_anybody_asks(settings: Settings, tmp_path: Path) -> None:
    def found(*, is_deployed: bool = False) -> set[str | None]:
        told = checks.run_checks(include_deployment_checks=is_deployed)
        return {message.id for message in told} & {"doorstep.E030", "doorstep.E031", "doorstep.E032", "doorstep.W005"}

    assert found(is_deployed=True) == set()

    settings.RECEIPT_SIGNING_KEY = "x"
    settings.RECEIPT_FONTS = [tmp_path / "none.ttf"]
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {}}}
    assert found() == {"doorstep.E030", "doorstep.E031", "doorstep.E032"}

    settings.RECEIPT_SIGNING_KEY = ""
    assert found(is_deployed=True) == {"doorstep.E031", "doorstep.E032", "doorstep.W005"}
