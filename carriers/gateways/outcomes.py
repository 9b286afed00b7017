"""What a partner is handed, and the four ways in which that can end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Address:
    """Who is at a door, and where it is; ``country`` by its two letters."""

    name: str
    street: str
    postcode: str
    city: str
    country: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One shipment to be carried: complete, so that booking asks nobody else.

    ``marker`` is our name for it, another one for each partner that is asked. ``masses_g`` are those of its parcels, of
    which there is at least one.
    """

    marker: str
    sender: Address
    recipient: Address
    masses_g: Sequence[int]


@dataclass(frozen=True, slots=True)
class Label:
    """A parcel at the partner: its tracking number there, and where its label can be had."""

    tracking_number: str
    url: str


@dataclass(frozen=True, slots=True)
class Booked:
    """The partner carries it. ``labels`` are of its parcels, in the order of the order's.

    ``expected_on`` is the day on which the partner means to deliver, or else it takes ``days``, where it says so.
    """

    reference: str
    labels: Sequence[Label]
    price: Decimal | None = None
    currency: str = ""
    expected_on: date | None = None
    days: int | None = None


class Refused(Exception):
    """The partner will not do it; the message is its reason. Final."""


class Unavailable(Exception):
    """The partner has certainly not done it, and may later. Safe to repeat."""

    def __init__(self, detail: str = "", *, retry_after_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Uncertain(Exception):
    """The partner may or may not have done it. Never repeated before it was asked."""


class Gateway(Protocol):
    """A partner that can be booked with. Thread-safe; knows no database; every call ends within twenty seconds."""

    def book(self, order: Order) -> Booked:
        """Have an order carried. What is booked under its marker already is not booked again.

        Raises ``Refused``, ``Unavailable``, ``Uncertain``.
        """

    def find(self, order: Order) -> Booked | None:
        """Ask what became of an order: ``None`` where nothing is booked under its marker.

        Raises ``Unavailable`` where the partner cannot be asked now.
        """

    def cancel(self, order: Order, reference: str) -> None:
        """Call off what was booked under this reference. Twice is harmless.

        Raises ``Refused`` where it is too late for that, and ``Unavailable``.
        """
