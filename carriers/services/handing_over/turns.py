"""Whose turn it is to be asked, and how a booking ends."""

from datetime import datetime

from django.db import transaction

from carriers import signals
from carriers.models import BookingState, BookingTry, PartnerBooking, TryState
from tracking.shipments import services as shipments
from tracking.shipments.models import Shipment


def go_on(booking: PartnerBooking, *, at: datetime) -> None:
    """Let the next carrier be asked for a locked booking that is open; with nobody left, and none in doubt, it ends."""
    following = booking.tries.filter(state=TryState.WAITING).select_related("contract__carrier").first()
    if following is not None:
        BookingTry.objects.filter(id=following.id).update(state=TryState.DUE, due_at=at)
        shipments.carry(booking.shipment, following.contract.carrier, at=at)
        transaction.on_commit(lambda: signals.booking_due.send_robust(PartnerBooking))
    elif not booking.tries.filter(state__in=[TryState.DUE, TryState.UNKNOWN]).exists():
        end(booking, BookingState.NOBODY, booking.shipment, at=at)


def end(booking: PartnerBooking, state: BookingState, shipment: Shipment, *, at: datetime) -> None:
    """End a locked booking, and let whoever carried the shipment before carry it again, unless it has moved on."""
    booking.state, booking.ended_at = state, at
    booking.save(update_fields=["state", "ended_at"])
    if not shipment.is_finished and booking.tries.filter(contract__carrier=shipment.carrier_id).exists():
        shipments.carry(shipment, booking.carrier_before, at=at)
