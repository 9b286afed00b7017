"""What is said to EasyPost: a shipment is made under our marker, which costs nothing, and then bought, once.

Our marker is its ``reference``, which may stand for its id in an address. Several parcels are an "order" there, and
each of them a shipment of it. A shipment is bought once, however often that is asked for, so that whoever is in doubt
looks it up, and goes on with the one that is there.
"""

import json
import re
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

from django.conf import settings

from carriers.gateways.easypost import reading
from carriers.gateways.easypost.reading import Unreadable
from carriers.gateways.outcomes import Address, Booked, Order, Refused, Unavailable, Uncertain
from notifications import destinations
from notifications.gateways.connection import Broken, Connection, NothingSent

CALL_SECONDS: Final = 20.0
"""For all that one call of the gateway has to ask."""

ADDRESS: Final = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[\w./~-]*)?")
G_PER_OUNCE: Final = 28.349523125
LEAST_OUNCES: Final = 0.1


@dataclass(frozen=True, slots=True)
class Terms:
    """Where an account is called, by which key, and which carrier's service is bought: any, where it is empty."""

    url: str
    api_key: str
    carrier: str = ""
    service: str = ""


class EasyPostGateway:
    """One carrier of one account, as ``outcomes.Gateway`` has it."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    def book(self, order: Order) -> Booked:
        """Make the order and buy it; buy the one that is there, or only read it, where it was begun before."""
        with _Call(self._terms) as call:
            try:
                known = _look_up(call, order) or call.ask("POST", _kind(order), _made(order))
                booked = reading.booked(known)
                if booked is not None:
                    return booked
                reference, chosen = reading.reference(known), self._choose(known)
            except (NothingSent, Broken, Unreadable) as reason:
                raise Unavailable(str(reason)) from reason
            return _buy(call, order, reference, chosen)

    def find(self, order: Order) -> Booked | None:
        """Look the order up by its marker; one that was made and never bought is none."""
        with _Call(self._terms) as call:
            try:
                known = _look_up(call, order)
                return reading.booked(known) if known else None
            except (NothingSent, Broken, Unreadable, Refused) as reason:
                raise Unavailable(str(reason)) from reason

    def cancel(self, order: Order, reference: str) -> None:
        """Ask for the money back for each parcel, which is how a label is called off there."""
        with _Call(self._terms) as call:
            try:
                known = call.ask("GET", f"{_kind(order)}/{quote(reference, safe='')}")
                for shipment_id in reading.to_be_refunded(known):
                    answer = call.ask("POST", f"shipments/{quote(shipment_id, safe='')}/refund", {})
                    reading.require_refund(answer)
            except (NothingSent, Broken, Unreadable) as reason:
                raise Unavailable(str(reason)) from reason

    def _choose(self, known: Mapping[str, Any]) -> reading.Rate:
        return reading.cheapest(known, carrier=self._terms.carrier, service=self._terms.service)


class _Call:
    """What is asked of the partner in one call of the gateway, within its time.

    Raises ``Unavailable`` where its address is none.
    """

    def __init__(self, terms: Terms) -> None:
        if not _is_address(terms.url):
            raise Unavailable("no such address")
        self._line = Connection(terms.url, may_call=_may_call)
        self._until = time.monotonic() + CALL_SECONDS
        self._headers = {
            "Authorization": f"Basic {b64encode(f'{terms.api_key}:'.encode()).decode()}",
            "Content-Type": "application/json",
            "User-Agent": "Doorstep",
        }

    def __enter__(self) -> "_Call":
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def ask(self, method: str, place: str, said: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Ask for one thing; gives the object of the answer.

        Raises ``Refused`` with the partner's reason, ``Unavailable`` where it asks us to slow down, ``NothingSent``,
        and ``Broken`` or ``Unreadable`` where the request may have done its work.
        """
        body = None if said is None else json.dumps(said).encode()
        reply = self._line.exchange(method, f"/v2/{place}", headers=self._headers, body=body, deadline=self._until)
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            wished = {name.lower(): value for name, value in reply.headers.items()}.get("retry-after", "")
            raise Unavailable("too many requests", retry_after_seconds=float(wished) if wished.isdecimal() else None)
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status == HTTPStatus.REQUEST_TIMEOUT:
            raise Broken(f"status {reply.status}")
        if not HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
            raise _Refusal(reply.status, reading.reason(reply.body) or f"status {reply.status}")
        return reading.load(reply.body)


class _Refusal(Refused):
    """A refusal with the status that it came by."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def _look_up(call: _Call, order: Order) -> Mapping[str, Any] | None:
    try:
        return call.ask("GET", f"{_kind(order)}/{quote(order.marker, safe='')}")
    except _Refusal as refusal:
        if refusal.status == HTTPStatus.NOT_FOUND:
            return None
        raise


def _buy(call: _Call, order: Order, reference: str, chosen: reading.Rate) -> Booked:
    is_one = len(order.masses_g) == 1
    said: dict[str, Any] = (
        {"rate": {"id": chosen.id}} if is_one else {"carrier": chosen.carrier, "service": chosen.service}
    )
    try:
        booked = reading.booked(call.ask("POST", f"{_kind(order)}/{quote(reference, safe='')}/buy", said))
    except NothingSent as reason:
        raise Unavailable(str(reason)) from reason
    except (Broken, Unreadable) as reason:
        raise Uncertain(str(reason)) from reason
    if booked is None:
        raise Uncertain("It answers that it is bought, and names no tracking number.")
    return booked


def _kind(order: Order) -> str:
    return "shipments" if len(order.masses_g) == 1 else "orders"


def _made(order: Order) -> dict[str, Any]:
    ends = {
        "reference": order.marker,
        "to_address": _address(order.recipient),
        "from_address": _address(order.sender),
    }
    parcels = [{"parcel": {"weight": _ounces(mass_g)}} for mass_g in order.masses_g]
    return {"shipment": ends | parcels[0]} if len(parcels) == 1 else {"order": ends | {"shipments": parcels}}


def _address(address: Address) -> dict[str, str]:
    return {
        "name": address.name,
        "street1": address.street,
        "zip": address.postcode,
        "city": address.city,
        "country": address.country,
        "phone": address.phone,
        "email": address.email,
    }


def _ounces(mass_g: int) -> float:
    return max(LEAST_OUNCES, round(mass_g / G_PER_OUNCE, 1))


def _is_address(url: str) -> bool:
    """Say whether this can be called, as far as its letters say."""
    try:
        return ADDRESS.fullmatch(url) is not None and urlsplit(url).port != 0
    except ValueError:
        return False


def _may_call(address: str) -> bool:
    return settings.WEBHOOKS_TO_PRIVATE_ADDRESSES or destinations.is_open(address)
