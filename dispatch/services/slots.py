"""The only writer of slots' days and bookings: what is open, who gets the last place, and how it is given back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from dispatch import holidays, slots
from dispatch.models import Booking, Hub, Slot, SlotDay
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

RELEASING: Final = frozenset({Status.CANCELLED, Status.RETURNING, Status.RETURNED, Status.LOST, Status.DAMAGED})
"""Statuses in which nobody will bring a shipment any more."""


class Full(Exception):
    """The last place in this slot is taken."""


class TooLate(Exception):
    """The time to order for this slot is over."""


class NotOffered(Exception):
    """The slot is not offered on this day, or not at this address."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A slot on a day that can still be had: from when to when, until when, for how much, and how many are left."""

    slot: Slot
    day: date
    start: datetime
    end: datetime
    until: datetime
    left: int

    @property
    def price(self) -> Decimal:
        return self.slot.price

    @property
    def key(self) -> str:
        """What it is called in an address or a form; unique among all openings."""
        return key_of(self.slot.pk, self.day)


def openings(hub: Hub, *, postcode: str, days: Sequence[date], at: datetime) -> list[Opening]:
    """List what can be had from a hub at a postcode on these days, earliest first. Two queries."""
    known = {(row.slot_id, row.day): row.left for row in SlotDay.objects.filter(slot__hub=hub, day__in=days)}
    found = [
        replace(opening, left=known.get((opening.slot.pk, opening.day), opening.left))
        for opening in all_openings(hub, days=days)
        if slots.reaches(opening.slot.area, postcode)
    ]
    return [opening for opening in found if opening.left > 0 and opening.until > at]


def all_openings(hub: Hub, *, days: Sequence[date]) -> list[Opening]:
    """List the slots of a hub on these days, earliest first, each with all of its room. One query."""
    found = [_opening(slot, hub, day, left=slot.room) for slot in hub.slots.all() for day in days]
    return sorted(
        (opening for opening in found if opening), key=lambda opening: (opening.start, opening.end, opening.slot.pk)
    )


def key_of(slot_id: int, day: date) -> str:
    """Name a slot on a day."""
    return f"{slot_id}-{day:%Y%m%d}"


def read_key(key: str) -> tuple[Slot, date]:
    """Find the slot and the day that the key of an opening names.

    Raises ``NotOffered`` where there is no such slot.
    """
    number, _, day = key.partition("-")
    try:
        return Slot.objects.select_related("hub").get(pk=int(number)), date.fromisoformat(day)
    except (ValueError, Slot.DoesNotExist) as error:
        raise NotOffered from error


@transaction.atomic
def book(shipment: Shipment, slot: Slot, day: date, *, at: datetime) -> Booking:
    """Give a shipment a place in a slot, in exchange for the one it had. Twice for the same slot changes nothing.

    Of two who want the last place the one whose row is written first gets it.

    Raises ``Full``, ``TooLate``, or ``NotOffered``; nothing has changed then.
    """
    Shipment.objects.select_for_update(of=("self",)).get(pk=shipment.pk)
    opening = _opening(slot, slot.hub, day, left=slot.room)
    if opening is None or not slots.reaches(slot.area, shipment.postcode):
        raise NotOffered
    if opening.until <= at:
        raise TooLate
    wanted, _ = SlotDay.objects.get_or_create(slot=slot, day=day, defaults={"capacity": slot.room, "counted_at": at})
    had = Booking.objects.filter(shipment=shipment, released_at=None).first()
    if had is not None and had.slot_day_id == wanted.pk:
        return had
    # In one order, so that two who swap their slots do not wait for each other for ever.
    touched = {wanted.pk, *([had.slot_day_id] if had else [])}
    list(SlotDay.objects.select_for_update().filter(pk__in=touched).order_by("pk"))
    if had is not None:
        _give_back(had, at=at)
    if not SlotDay.objects.filter(pk=wanted.pk, taken__lt=F("capacity")).update(taken=F("taken") + 1):
        raise Full
    return Booking.objects.create(slot_day=wanted, shipment=shipment, price=slot.price, booked_at=at)


@transaction.atomic
def release(shipment: Shipment, *, at: datetime) -> bool:
    """Give back the place that a shipment has, if it has one. Says whether it had; twice is harmless."""
    Shipment.objects.select_for_update(of=("self",)).get(pk=shipment.pk)
    had = Booking.objects.filter(shipment=shipment, released_at=None).first()
    return had is not None and _give_back(had, at=at)


def set_capacity(slot: Slot, day: date, capacity: int, *, at: datetime) -> SlotDay:
    """Write down how many a slot can take on a day, no more than its room; who has a place keeps it."""
    possible = min(capacity, slot.room)
    row, is_new = SlotDay.objects.get_or_create(slot=slot, day=day, defaults={"capacity": possible, "counted_at": at})
    if not is_new:
        SlotDay.objects.filter(pk=row.pk).update(capacity=Greatest(F("taken"), Value(possible)), counted_at=at)
        row.refresh_from_db()
    return row


def booked(shipments: Iterable[Shipment]) -> dict[int, Booking]:
    """Find the places that shipments have, by shipment id. One query."""
    rows = Booking.objects.filter(shipment__in=shipments, released_at=None).select_related("slot_day__slot__hub")
    return {row.shipment_id: row for row in rows}


def _give_back(booking: Booking, *, at: datetime) -> bool:
    if not Booking.objects.filter(pk=booking.pk, released_at=None).update(released_at=at):
        return False
    SlotDay.objects.filter(pk=booking.slot_day_id).update(taken=F("taken") - 1)
    return True


def _opening(slot: Slot, hub: Hub, day: date, *, left: int) -> Opening | None:
    """Say when a slot is on a day; ``None`` where it is not offered."""
    is_holiday = holidays.is_holiday(day, country=hub.country, subdivision=hub.subdivision)
    if not slots.is_offered(slot.weekdays, day, is_holiday=is_holiday, is_on_holidays=slot.is_on_holidays):
        return None
    times = slots.span(day, slot.starts, slot.ends, zone=hub.zone)
    if times is None:
        return None
    until = slots.cutoff(day, days_before=slot.days_before, until=slot.until, zone=hub.zone)
    return Opening(slot, day, *times, until=min(until, times[0]), left=left)
