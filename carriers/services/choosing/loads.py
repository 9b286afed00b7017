"""What is to be carried, as far as whoever carries it has to know: from where, whereto, how much, when. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from dispatch.models import Level
from dispatch.services.demands import PARCEL_MASS_G
from tracking.shipments.models import Parcel, ShipmentQuerySet

Point = tuple[float, float]

AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Load:
    """What one shipment asks of its carrier. ``quoted`` is what a checkout reckoned that our own vans add for it.

    ``day`` is when it may be brought first, by the clock of where it goes.
    """

    shipment_id: int
    carrier_id: int | None
    origin: Point | None
    point: Point | None
    postcode: str
    parcels: int
    mass_g: int
    level: str
    day: date
    quoted: Decimal | None


def of(shipments: ShipmentQuerySet, *, at: datetime | None = None) -> Iterator[Load]:
    """Read what shipments ask of whoever carries them, in their order; as of ``at``, or of when each came in."""
    boxes = Parcel.objects.filter(shipment=OuterRef("pk")).order_by().values("shipment").annotate(n=Count("id"))
    rows = shipments.annotate(boxes=Coalesce(Subquery(boxes.values("n")), 0)).values(*_FIELDS)
    for row in rows.iterator(chunk_size=AT_ONCE):
        yield _load(row, at=at)


_FIELDS: Final = (
    "id", "carrier", "latitude", "longitude", "postcode", "timezone", "created_at", "boxes", "hub__latitude",
    "hub__longitude", "demand__mass_g", "demand__level", "demand__earliest", "demand__hub__place__latitude",
    "demand__hub__place__longitude", "quote__taken", "quote__offers",
)  # fmt: skip


def _load(row: dict[str, Any], *, at: datetime | None) -> Load:
    parcels = max(1, row["boxes"])
    moments = [at or row["created_at"], *filter(None, [row["demand__earliest"]])]
    known = [_point(row["hub__latitude"], row["hub__longitude"])]
    known.append(_point(row["demand__hub__place__latitude"], row["demand__hub__place__longitude"]))
    return Load(
        shipment_id=row["id"],
        carrier_id=row["carrier"],
        origin=next(filter(None, known), None),
        point=_point(row["latitude"], row["longitude"]),
        postcode=row["postcode"],
        parcels=parcels,
        mass_g=row["demand__mass_g"] or parcels * PARCEL_MASS_G,
        level=row["demand__level"] or Level.STANDARD.value,
        day=max(moments).astimezone(ZoneInfo(row["timezone"])).date(),
        quoted=_quoted(row["quote__taken"], row["quote__offers"]),
    )


def _point(latitude: float | None, longitude: float | None) -> Point | None:
    return None if latitude is None or longitude is None else (latitude, longitude)


def _quoted(taken: str | None, offers: list[dict[str, Any]] | None) -> Decimal | None:
    """Find what the offer that was taken adds to the tours of the hub that it is brought from."""
    offer = next((offer for offer in offers or [] if offer["key"] == taken), None)
    lines = offer["sum"] if offer else []
    money = next((line.get("money") for line in lines if offer and line["hub"] == offer["hub"]), None)
    return None if money is None else Decimal(money)
