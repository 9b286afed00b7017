"""Writing down how a call ended, and what follows for the booking.

That a partner has booked counts whoever hears it, and however late. Anything else counts for who still has the row.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from carriers.gateways.outcomes import Booked
from carriers.models import BookingState, BookingTry, PartnerBooking, TrackingNumber, TryState
from carriers.models.bookings import TryQuerySet
from carriers.services.handing_over import turns
from carriers.services.handing_over.claiming import ASK_AFTER
from tracking.shipments import services as shipments
from tracking.shipments.models import Shipment
from tracking.shipments.services import versions
from tracking.shipments.window import Cause, Window

PATIENCE: Final = timedelta(minutes=10)
"""For how long we wait for one partner, from the first call on, before the next is asked."""

LONGEST_WAIT: Final = timedelta(minutes=15)
LEAST_WAIT_SECONDS: Final = 5.0
LONGEST_REASON: Final = 200

_UNDECIDED: Final = (TryState.DUE, TryState.UNKNOWN)


@transaction.atomic
def booked(row: BookingTry, found: Booked, *, at: datetime) -> None:
    """Write down that a partner has booked. Where somebody else has, or nobody is to, it is to be cancelled there."""
    shipment, booking, current = _lock(row)
    if current.reference:
        return
    is_wanted = booking.state == BookingState.OPEN
    current.state = TryState.BOOKED if is_wanted else TryState.UNWANTED
    current.due_at, current.leased_until = None if is_wanted else at, None
    current.reference, current.price, current.currency = found.reference, found.price, found.currency
    current.expected_on, current.booked_at, current.calls = _expected_on(found, shipment, at=at), at, 0
    current.save()
    _number(current, found, shipment)
    if is_wanted:
        _take(booking, current, shipment, at=at)


@transaction.atomic
def refused(row: BookingTry, why: str, *, at: datetime) -> None:
    """Write down that a partner will not carry it; the next one is asked."""
    _give_up(row, TryState.REFUSED, why, at=at)


@transaction.atomic
def unavailable(row: BookingTry, why: str, *, at: datetime, retry_after_seconds: float | None = None) -> None:
    """Let a partner that has certainly not booked be asked again, later each time, and in the end the next one."""
    _, booking, _ = _lock(row)
    if booking.state != BookingState.OPEN or _is_out_of_patience(row, at=at):
        _give_up(row, TryState.SILENT, why, at=at)
    else:
        wait = _wait(row, retry_after_seconds)
        _held(row).update(
            state=TryState.DUE, called_at=None, leased_until=None, due_at=at + wait, why=why[:LONGEST_REASON]
        )


@transaction.atomic
def uncertain(row: BookingTry, why: str, *, at: datetime) -> None:
    """Write down that nobody knows whether a partner has booked; it is asked once it can tell."""
    _held(row).update(
        state=TryState.UNKNOWN, leased_until=None, due_at=F("called_at") + ASK_AFTER, why=why[:LONGEST_REASON]
    )


@transaction.atomic
def not_found(row: BookingTry, *, at: datetime) -> None:
    """Let a partner that knows of nothing be asked again, unless somebody else was meanwhile, or nobody is to be."""
    _, booking, current = _lock(row)
    if not _has(current, row):
        return
    if booking.state == BookingState.OPEN and not current.is_passed and not _is_out_of_patience(row, at=at):
        _held(row).update(state=TryState.DUE, called_at=None, leased_until=None, due_at=at)
    else:
        _give_up(row, TryState.SILENT, current.why, at=at)


@transaction.atomic
def still_unknown(row: BookingTry, why: str, *, at: datetime) -> None:
    """Go on asking a partner that cannot tell now; once it has kept us waiting for too long, ask the next one too."""
    _, booking, current = _lock(row)
    if not _has(current, row):
        return
    is_news = not current.is_passed and _is_out_of_patience(row, at=at)
    _held(row).update(
        leased_until=None,
        due_at=at + _wait(row, None),
        why=why[:LONGEST_REASON],
        is_passed=current.is_passed or is_news,
    )
    if is_news and booking.state == BookingState.OPEN:
        turns.go_on(booking, at=at)


@transaction.atomic
def cancelled(row: BookingTry) -> None:
    """Write down that a partner has called off what it booked."""
    _release(row, state=TryState.CANCELLED)


@transaction.atomic
def kept(row: BookingTry, why: str) -> None:
    """Write down that a partner does not call off what it booked; somebody has to speak with it."""
    _release(row, state=TryState.KEPT, why=why[:LONGEST_REASON])


@transaction.atomic
def still_unwanted(row: BookingTry, why: str, *, at: datetime) -> None:
    """Go on telling a partner that cannot be told now."""
    _held(row).update(leased_until=None, due_at=at + _wait(row, None), why=why[:LONGEST_REASON])


def _take(booking: PartnerBooking, row: BookingTry, shipment: Shipment, *, at: datetime) -> None:
    """Let an open booking be this carrier's; those not asked yet are not, and the shopper is told the day."""
    booking.state = BookingState.BOOKED
    booking.save(update_fields=["state"])
    others = booking.tries.filter(state__in=[TryState.WAITING, TryState.DUE], called_at=None)
    others.update(state=TryState.SPARED, due_at=None, leased_until=None)
    shipments.carry(shipment, row.contract.carrier, at=at)
    told = shipment.window
    if row.expected_on is not None and (told is None or told.span is None):
        shipments.estimate(shipment, Window(row.expected_on), cause=Cause.CARRIER, at=at)


def _give_up(row: BookingTry, state: TryState, why: str, *, at: datetime) -> None:
    """End a carrier's turn; with the booking open, and nobody asked meanwhile, it is the next one's."""
    _, booking, _ = _lock(row)
    if _release(row, state=state, why=why[:LONGEST_REASON]) and booking.state == BookingState.OPEN:
        is_alone = not booking.tries.filter(state__in=_UNDECIDED, is_passed=False).exists()
        if is_alone:
            turns.go_on(booking, at=at)


def _number(row: BookingTry, found: Booked, shipment: Shipment) -> None:
    """Keep the partner's numbers, in the order of our parcels; of what has no parcel of ours it is the shipment's."""
    parcels = [*shipment.parcels.all(), *[None] * len(found.labels)]
    TrackingNumber.objects.bulk_create(
        [
            TrackingNumber(booking_try=row, parcel=parcel, number=label.tracking_number, label_url=label.url)
            for label, parcel in zip(found.labels, parcels, strict=False)
        ],
        ignore_conflicts=True,
    )


def _expected_on(found: Booked, shipment: Shipment, *, at: datetime) -> date | None:
    """Say on which day it comes, where the partner says so and that day is not over."""
    today = at.astimezone(shipment.zone).date()
    day = found.expected_on
    if day is None and found.days is not None:
        day = today + timedelta(days=found.days)
    return day if day and day >= today else None


def _lock(row: BookingTry) -> tuple[Shipment, PartnerBooking, BookingTry]:
    """Lock the shipment, the booking and the row, in their order; gives them as they are now."""
    shipment = versions.lock(row.booking.shipment)
    booking = PartnerBooking.objects.select_for_update().get(id=row.booking_id)
    booking.shipment = shipment
    locked = BookingTry.objects.select_for_update(of=("self",)).select_related("contract__carrier").get(id=row.id)
    return shipment, booking, locked


def _has(current: BookingTry, row: BookingTry) -> bool:
    return (current.state, current.leased_until) == (row.state, row.leased_until)


def _held(row: BookingTry) -> TryQuerySet:
    """Find the row, if it is still leased to whoever claimed it as it is here."""
    return BookingTry.objects.filter(id=row.id, state=row.state, leased_until=row.leased_until)


def _release(row: BookingTry, **fields: Any) -> bool:
    return bool(_held(row).update(due_at=None, leased_until=None, **fields))


def _is_out_of_patience(row: BookingTry, *, at: datetime) -> bool:
    return row.first_called_at is not None and at - row.first_called_at >= PATIENCE


def _wait(row: BookingTry, wished_seconds: float | None) -> timedelta:
    seconds = max(LEAST_WAIT_SECONDS * 2.0 ** min(row.calls - 1, 10), wished_seconds or 0.0)
    return min(timedelta(seconds=seconds), LONGEST_WAIT)
