"""The only writer of the desk's own tables."""

from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from desk import sheets, signals
from desk.models import Import, Look
from dispatch.services import demands
from tracking.shipments import services as shipments
from tracking.shipments.models import Brand, Shipment
from tracking.shipments.services import Recipient

ROWS_AT_ONCE: Final = 50

MEASURES: Final = ("weight_kg", "volume_l")
"""What a row says of a shipment for who plans, rather than of its recipient."""


def note(look: Look) -> Look:
    """Write down that somebody looked at personal data, or did something. Never changed afterwards."""
    look.save(force_insert=True)
    return look


def bring_in(name: str, content: bytes, *, brand: Brand, by: User, at: datetime) -> Import:
    """Read a file of shipments and keep what was found: the good rows, and what is wrong with the others."""
    sheet = sheets.read(content, brand)
    return Import.objects.create(
        brand=brand,
        name=name[:200],
        rows=sheet.rows,
        mistakes=[asdict(mistake) for mistake in sheet.mistakes],
        total=len(sheet.rows),
        uploaded_by=by,
        uploaded_at=at,
    )


@transaction.atomic
def begin(brought: Import, *, is_silent: bool, at: datetime) -> bool:
    """Have the good rows of a file taken in. Says whether this was the first click; twice is harmless."""
    unbegun = Import.objects.filter(id=brought.id, taken_in_at=None, total__gt=0)
    if not unbegun.update(taken_in_at=at, is_silent=is_silent):
        return False
    transaction.on_commit(lambda: signals.import_begun.send_robust(Import, import_id=brought.id))
    return True


@transaction.atomic
def take_some_in(import_id: int, *, at: datetime) -> bool:
    """Make shipments of the next rows of a file; says whether there are more.

    Rows and position are written together, so that whoever is killed in between has done nothing, and two at once do it
    one after the other. A reference that somebody has used meanwhile becomes a mistake. What is taken in is not kept.
    """
    brought = Import.objects.unfinished().select_for_update(of=("self",)).filter(id=import_id).first()
    if brought is None:
        return False
    rows = brought.rows[:ROWS_AT_ONCE]
    with shipments.silently() if brought.is_silent else nullcontext():
        for row in rows:
            if _make(brought.brand, row, at=at):
                brought.taken_in += 1
            else:
                reason = f"There is a shipment {row['reference']} already."
                brought.mistakes.append({"line": None, "column": "reference", "reason": reason})
    brought.position += len(rows)
    brought.rows = brought.rows[ROWS_AT_ONCE:]
    brought.save(update_fields=["taken_in", "position", "rows", "mistakes"])
    return not brought.is_finished


def _make(brand: Brand, row: dict[str, Any], *, at: datetime) -> bool:
    """Make a shipment of a row; says whether its reference was still free."""
    fields = {name: value for name, value in row.items() if name not in {"reference", "parcels", "promise", *MEASURES}}
    try:
        with transaction.atomic():
            shipment = shipments.create(
                brand,
                reference=row["reference"],
                recipient=Recipient(**fields),
                parcel_numbers=row["parcels"],
                at=at,
            )
            if row.get("promise"):
                start, end = map(datetime.fromisoformat, row["promise"])
                shipments.promise(shipment, start=start, end=end, at=at)
                shipment.refresh_from_db()
            _measure(shipment, row, at=at)
    except IntegrityError:
        return False
    return True


def _measure(shipment: Shipment, row: dict[str, Any], *, at: datetime) -> None:
    """Let who plans know how heavy and how large it is, where the row says so."""
    grams, millilitres = (round(row[name] * 1000) if row.get(name) else None for name in MEASURES)
    if grams is None and millilitres is None:
        return
    demand = demands.take_in(shipment, at=at)
    if demand is not None:
        demands.measure(demand, mass_g=grams, volume_ml=millilitres)
