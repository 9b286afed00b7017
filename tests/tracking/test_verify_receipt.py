"""The command that proves or refutes a receipt, as somebody runs it who has nothing but the file."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from config.env import ROOT
from tests.factories import NOON
from tests.tracking.test_receipts import make_delivered
from tracking.proof.receipts import issuing, keys, sealing
from tracking.shipments.models import Shipment

pytestmark = pytest.mark.django_db

OTHER_KEY = sealing.write_public_key(sealing.read_private_key("A" * 43))


@pytest.fixture
def delivered(settings: Settings, tmp_path: Path) -> Shipment:
    settings.MEDIA_ROOT = tmp_path / "media"
    return make_delivered()


@pytest.fixture(params=["receipt.json", "receipt.pdf"])
def receipt(request: pytest.FixtureRequest, delivered: Shipment, tmp_path: Path) -> Path:
    file: Path = tmp_path / request.param
    issue = issuing.as_json if file.suffix == ".json" else issuing.as_paper
    file.write_bytes(issue(delivered, at=NOON))
    return file


def verify(file: Path, *options: str) -> str:
    told = StringIO()
    call_command("verify_receipt", str(file), *options, stdout=told)
    return told.getvalue()


def test_it_says_what_is_proven(receipt: Path, delivered: Shipment) -> None:
    told = verify(receipt)

    assert told.splitlines()[0] == f"{delivered.reference} of Kauppa, parcels {delivered.parcels.get().number}"
    assert "delivered 2026-11-22 12:00:00+02:00 to Aleksanterinkatu 13 B 7, 00100 Helsinki" in told
    assert "handover: neighbour; driver: Aino" in told
    assert "name at 2026-11-22T12:00:00+02:00: Matti Meikäläinen" in told
    assert told.splitlines()[-1] == f"Proven, by the key {sealing.fingerprint(keys.public())}."


def test_the_key_may_come_as_itself_or_in_a_file(receipt: Path, settings: Settings, tmp_path: Path) -> None:
    public = keys.public()
    settings.RECEIPT_SIGNING_KEY = ""
    file = tmp_path / "key.txt"
    file.write_text(f"{public}\n")

    assert "Proven" in verify(receipt, "--key", public)
    assert "Proven" in verify(receipt, "--key", str(file))


def test_without_a_key_nothing_is_decided_nor_told(receipt: Path, settings: Settings) -> None:
    fingerprint = sealing.fingerprint(keys.public())
    settings.RECEIPT_SIGNING_KEY = ""
    told = StringIO()

    with pytest.raises(CommandError, match="Undecided") as undecided:
        call_command("verify_receipt", str(receipt), stdout=told)

    assert undecided.value.returncode == 2
    assert fingerprint in str(undecided.value)
    assert told.getvalue() == ""


def test_a_receipt_that_was_changed_is_refuted(receipt: Path) -> None:
    receipt.write_bytes(receipt.read_bytes().replace(b"Kauppa", b"Kaupat"))

    with pytest.raises(CommandError, match=r"Refuted\. .* changed") as refuted:
        verify(receipt)

    assert refuted.value.returncode == 1


def test_by_another_key_it_is_refuted(receipt: Path) -> None:
    with pytest.raises(CommandError, match="another key"):
        verify(receipt, "--key", OTHER_KEY)


@pytest.mark.parametrize(("file", "key"), [("none.json", ""), ("receipt.json", "no key")])
def test_what_cannot_be_read_is_said(file: str, key: str, delivered: Shipment, tmp_path: Path) -> None:
    (tmp_path / "receipt.json").write_bytes(issuing.as_json(delivered, at=NOON))

    with pytest.raises(CommandError, match=r"cannot be read|no public key") as told:
        verify(tmp_path / file, *(["--key", key] if key else []))

    assert told.value.returncode == 2


def test_it_needs_neither_a_database_nor_a_server_nor_a_secret(delivered: Shipment, tmp_path: Path) -> None:
    file = tmp_path / "receipt.pdf"
    file.write_bytes(issuing.as_paper(delivered, at=NOON))
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }

    ran = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "verify_receipt", str(file), "--key", keys.public()],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Proven" in ran.stdout


def test_a_key_that_was_made_can_sign() -> None:
    line, told = StringIO(), StringIO()

    call_command("make_receipt_key", stdout=line, stderr=told)

    key = sealing.read_private_key(line.getvalue().strip().removeprefix("RECEIPT_SIGNING_KEY="))
    assert told.getvalue() == f"Its public key: {sealing.write_public_key(key)}\n"
