"""EasyPost's answers, read into ours. Pure; whatever is in them that should not be is said, and nothing is guessed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from carriers.gateways.outcomes import Booked, Label, Refused

LONGEST_NAME: Final = 100
LONGEST_REASON: Final = 200
LONGEST_ADDRESS: Final = 500
DEAREST: Final = 100_000

REFUNDED: Final = frozenset({"submitted", "refunded", "not_applicable"})
"""How it is said that nothing is, or will be, paid for a label: the last, where only what is scanned is billed."""

Answer = Mapping[str, Any]


class Unreadable(Exception):
    """An answer is not what the API's documentation says; the message says where."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one of a carrier's services costs."""

    id: str
    carrier: str
    service: str
    price: Decimal


def load(body: bytes) -> Answer:
    """Read an answer's object.

    Raises ``Unreadable``.
    """
    try:
        found = json.loads(body)
    except ValueError as error:
        raise Unreadable("no JSON") from error
    if not isinstance(found, dict):
        raise Unreadable("no object")
    return found


def reason(body: bytes) -> str:
    """Say why the partner refuses, in its own words, as far as they can be read."""
    try:
        error = load(body).get("error")
    except Unreadable:
        return ""
    if isinstance(error, str):
        return error[:LONGEST_REASON]
    if not isinstance(error, dict):
        return ""
    details = [detail.get("message") for detail in _objects(error.get("errors"))]
    said = [error.get("message"), *details]
    return "; ".join(word for word in said if isinstance(word, str) and word)[:LONGEST_REASON]


def reference(known: Answer) -> str:
    """Give the partner's own name for a shipment or an order.

    Raises ``Unreadable``.
    """
    return _name(known, "id")


def booked(known: Answer) -> Booked | None:
    """Read what is bought; ``None`` of something that is not, or not all of it.

    Raises ``Unreadable``.
    """
    parts = _parts(known)
    if not all(part.get("tracking_code") for part in parts):
        return None
    rates = [part.get("selected_rate") or {} for part in parts]
    if not all(isinstance(rate, dict) for rate in rates):
        raise Unreadable("selected_rate")
    prices = [_price(rate) for rate in rates if rate]
    first = rates[0]
    currency, days = first.get("currency"), first.get("delivery_days")
    return Booked(
        reference=reference(known),
        labels=[Label(_name(part, "tracking_code"), _label_url(part)) for part in parts],
        price=sum(prices, Decimal()) if prices else None,
        currency=currency[:3] if isinstance(currency, str) else "",
        expected_on=_day(first.get("delivery_date")),
        days=days if isinstance(days, int) and 0 <= days < 100 else None,
    )


def cheapest(known: Answer, *, carrier: str, service: str) -> Rate:
    """Choose the cheapest rate of a carrier and a service; of any, where they are empty.

    Raises ``Refused`` with what the carriers say where there is none, and ``Unreadable``.
    """
    rates = [
        Rate(_name(rate, "id") if rate.get("id") else "", _name(rate, "carrier"), _name(rate, "service"), _price(rate))
        for rate in _objects(known.get("rates"))
    ]
    fitting = [
        rate
        for rate in rates
        if carrier.casefold() in {"", rate.carrier.casefold()} and service.casefold() in {"", rate.service.casefold()}
    ]
    if not fitting:
        messages = [message.get("message") for message in _objects(known.get("messages"))]
        said = "; ".join(dict.fromkeys(word for word in messages if isinstance(word, str) and word))
        raise Refused(said[:LONGEST_REASON] or "It names no price for this.")
    return min(fitting, key=lambda rate: rate.price)


def to_be_refunded(known: Answer) -> list[str]:
    """List the shipments whose money was not asked back yet.

    Raises ``Unreadable``.
    """
    return [_name(part, "id") for part in _parts(known) if part.get("refund_status") not in REFUNDED]


def require_refund(answer: Answer) -> None:
    """Let it pass that a label is called off.

    Raises ``Refused`` where it is not.
    """
    status = answer.get("refund_status")
    if status not in REFUNDED:
        raise Refused(f"Refund: {status}."[:LONGEST_REASON])


def _parts(known: Answer) -> Sequence[Answer]:
    """Give the shipments of an order, or the one that it is itself."""
    parts = _objects(known["shipments"]) if "shipments" in known else [known]
    if not parts:
        raise Unreadable("shipments")
    return parts


def _objects(found: object) -> list[Answer]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _name(found: Answer, field: str) -> str:
    value = found.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise Unreadable(field)
    return value


def _price(rate: Answer) -> Decimal:
    try:
        price = Decimal(str(rate.get("rate")))
        is_sound = 0 <= price < DEAREST
    except InvalidOperation as error:
        raise Unreadable("rate") from error
    if not is_sound:
        raise Unreadable("rate")
    return price


def _day(written: object) -> date | None:
    """Read the day of a moment; its time is the end of that day, by no clock that is named."""
    try:
        return date.fromisoformat(written[:10]) if isinstance(written, str) else None
    except ValueError:
        return None


def _label_url(part: Answer) -> str:
    label = part.get("postage_label")
    url = label.get("label_url") if isinstance(label, dict) else None
    is_one = isinstance(url, str) and url.startswith(("https://", "http://")) and len(url) <= LONGEST_ADDRESS
    return str(url) if is_one else ""
