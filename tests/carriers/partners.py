"""Partners for tests: an account, what its program says, and its signature."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook as Signer

from carriers.models import Account, Format, Via
from carriers.services import accounts, letters, reading
from tests.factories import NOON, make_shipment
from tracking.rounds.models import Carrier, CarrierKind
from tracking.shipments.models import Shipment

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def make_carrier(slug: str = "posti") -> Carrier:
    """Make a company that carries parcels."""
    carrier, _ = Carrier.objects.get_or_create(
        slug=slug, defaults={"name": slug.capitalize(), "kind": CarrierKind.THIRD_PARTY}
    )
    return carrier


def make_account(*, slug: str = "posti", secret: str = SECRET, at: datetime = NOON, **fields: object) -> Account:
    """Make an account with a partner that speaks our own format, and carries for ``make_carrier``."""
    known = {"slug": slug, "name": slug.capitalize(), "format": Format.GENERIC, "created_at": at}
    account = Account.objects.create(**{**known, **fields})
    account.carriers.add(make_carrier())
    if secret:
        accounts.set_secret(account, secret, at=at)
    account.refresh_from_db()
    return account


def make_carried(*numbers: str, **fields: Any) -> Shipment:
    """Make a shipment whose parcels a company carries."""
    shipment = make_shipment(parcel_numbers=numbers or ["JJFI1"], **fields)
    Shipment.objects.filter(id=shipment.id).update(carrier=make_carrier())
    shipment.refresh_from_db()
    return shipment


def say(*updates: Mapping[str, Any], estimates: list[Mapping[str, Any]] | None = None) -> bytes:
    """Put updates into the words of our own format."""
    return json.dumps({"updates": updates, "estimates": estimates or []}).encode()


def update(status: str = "in_transit", **fields: Any) -> dict[str, Any]:
    """Say something of the parcel JJFI1 at noon."""
    known = {"tracking_number": "JJFI1", "occurred_at": NOON.isoformat(), "status": status, "id": f"{status}-1"}
    return {**known, **fields}


def signed(body: bytes, *, secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
    """Sign what a partner says."""
    sent_at = at or timezone.now()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Signer(secret).sign("msg_1", sent_at, body.decode()),
    }


def post(body: bytes, headers: Mapping[str, str] | None = None, *, slug: str = "posti") -> Any:
    """Send something to the hook of an account, signed unless told otherwise."""
    return Client().post(
        f"/hooks/carriers/{slug}/",
        data=body,
        content_type="application/json",
        headers=signed(body) if headers is None else headers,
    )


def hear(account: Account, *bodies: bytes, at: datetime = NOON, via: Via = Via.WEBHOOK) -> None:
    """Let letters come, and read them."""
    for body in bodies:
        letters.store(account, body, via=via, at=at)
    while reading.read_some(at=at):
        pass


def sign_bytes(body: bytes, seconds: str) -> str:
    """Sign what is no text."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, b"msg_1." + seconds.encode() + b"." + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"
