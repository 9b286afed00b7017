"""What a kind of trouble is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Self

from django.db.models import QuerySet
from django.utils.functional import Promise

from desk.roles import May
from tracking.shipments.models import Shipment, ShipmentQuerySet


@dataclass(frozen=True, slots=True)
class Trouble:
    """What one row says: of which shipment, what is wrong there, by which clock; ``url`` where it leads elsewhere."""

    shipment_id: int | None
    subject: str
    what: str
    zone: tzinfo
    url: str = ""

    @classmethod
    def of(cls, shipment: Shipment, what: str, *, url: str = "") -> Self:
        return cls(shipment.id, shipment.reference, what, shipment.zone, url)


@dataclass(frozen=True, slots=True)
class Scope:
    """Among which shipments to look, whether these are all there are, and at which moment."""

    shipments: ShipmentQuerySet
    is_everything: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Matter:
    """A kind of trouble, and who may see it.

    ``find`` looks for it; its rows have an ``id`` and ``since``, and ``read`` puts one of them into words.
    """

    name: str
    title: Promise
    may: May
    find: Callable[[Scope], QuerySet[Any]]
    read: Callable[[Any], Trouble]
