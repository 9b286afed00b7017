"""A partner that is booked with over HTTP: the demo's, which misbehaves where a test tells it to."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from carriers.gateways.outcomes import Booked, Label
from carriers.models import Account, Contract, Format, TrackingNumber
from carriers.services import handing_over
from carriers.services.handing_over import settling
from demo.partner.server import Answer, Partner
from notifications import sealing
from tests.factories import NOON
from tests.serving import serving
from tracking.rounds.models import Carrier, CarrierKind
from tracking.shipments.models import Shipment

KEY = "EZAK-of-the-stand-in"

Fault = Callable[["Misbehaving", str, str, Mapping[str, Any]], Answer | None]


class Misbehaving(Partner):
    """A partner that does the next of ``faults`` on what they are for: ``make``, ``find``, ``buy`` or ``refund``."""

    def __init__(self) -> None:
        super().__init__("Revontuli", api_key=KEY)
        self.faults: dict[str, deque[Fault]] = {deed: deque() for deed in ("make", "find", "buy", "refund")}
        self.asked: list[str] = []

    def answer(self, method: str, path: str, said: Mapping[str, Any]) -> Answer | None:
        last = path.rsplit("/", 1)[-1]
        deed = last if last in self.faults else "find" if method == "GET" else "make"
        self.asked.append(deed)
        waiting = self.faults[deed]
        return waiting.popleft()(self, method, path, said) if waiting else super().answer(method, path, said)

    def times(self, deed: str) -> int:
        return self.asked.count(deed)


def refuse(status: HTTPStatus, message: str) -> Fault:
    """Refuse, with a status and words."""
    return lambda *_: (status, {"error": {"code": "NO", "message": message, "errors": []}})


def say(status: HTTPStatus, words: Mapping[str, Any]) -> Fault:
    """Answer something else, and do nothing."""
    return lambda *_: (status, words)


def drop(partner: Misbehaving, method: str, path: str, said: Mapping[str, Any]) -> Answer | None:
    """Do nothing, and close the line."""
    return None


def do_and_drop(partner: Misbehaving, method: str, path: str, said: Mapping[str, Any]) -> Answer | None:
    """Do it, and close the line without an answer."""
    Partner.answer(partner, method, path, said)
    return None


@contextmanager
def running() -> Iterator[Misbehaving]:
    """Run a partner for as long as the context lasts."""
    partner = Misbehaving()
    with serving(partner):
        yield partner


def make_contract(url: str, *, slug: str = "revontuli", key: str = KEY, **fields: object) -> Contract:
    """Agree with a partner that is called at this address."""
    carrier = Carrier.objects.create(slug=slug, name=slug.title(), kind=CarrierKind.THIRD_PARTY)
    account = Account.objects.create(
        slug=slug, name=slug.title(), format=Format.EASYPOST, api_url=url, api_key=sealing.seal(key), created_at=NOON
    )
    account.carriers.add(carrier)
    known = {
        "sender": "Kauppa",
        "street": "Lähettäjänkatu 1",
        "postcode": "00150",
        "city": "Helsinki",
        "country": "FI",
    }
    return Contract.objects.create(account=account, carrier=carrier, **{**known, **fields})


def make_booked(shipment: Shipment, *, number: str = "RE000000001FI", at: datetime = NOON) -> TrackingNumber:
    """Hand a shipment over to a partner that has booked it already; gives its number for the first parcel."""
    contract = make_contract("http://127.0.0.1:1")
    [row] = handing_over.ask(shipment, [contract.carrier], at=at).tries.all()
    label = Label(number, "https://files.example.com/label.png")
    settling.booked(row, Booked("shp_1", [label], Decimal("5.40"), "EUR", days=1), at=at)
    return TrackingNumber.objects.select_related("booking_try__booking").get(booking_try=row)
