"""Having a shipment handed over, and calling that off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from carriers import signals
from carriers.gateways import BOOKABLE
from carriers.models import BookingState, BookingTry, Contract, PartnerBooking, TryState
from carriers.services.handing_over import turns
from tracking.changes import services as changes
from tracking.rounds.models import Carrier
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.services import versions
from tracking.shipments.services.laying import MAY_BE_LAID
from tracking.shipments.services.steps import OWN_SOURCE

MAY_BE_HANDED_OVER: Final = MAY_BE_LAID
"""Where nobody of ours has it with them."""

NOT_TO_BE_BROUGHT: Final = frozenset({Status.CANCELLED, Status.RETURNING, Status.RETURNED})


class NotToBeHandedOver(Exception):
    """A shipment is where nobody can fetch it: with a driver, or at its end."""


class AlreadyHandedOver(Exception):
    """A partner has the shipment, or is being asked."""


class NobodyToAsk(Exception):
    """With none of these carriers there is a contract that can be booked by."""


def bookable() -> list[Contract]:
    """List the contracts that can be booked by."""
    usable = Contract.objects.filter(account__is_active=True, account__format__in=BOOKABLE).exclude(account__api_url="")
    return list(usable.select_related("account", "carrier").order_by("carrier__name", "id"))


@transaction.atomic
def ask(shipment: Shipment, carriers: Sequence[Carrier], *, at: datetime, by: User | None = None) -> PartnerBooking:
    """Have a shipment handed over to the first of these carriers that takes it; it comes off its route.

    Raises ``NotToBeHandedOver``, ``AlreadyHandedOver``, ``NobodyToAsk``; nothing has changed then.
    """
    locked = versions.lock(shipment)
    if locked.status not in MAY_BE_HANDED_OVER:
        raise NotToBeHandedOver
    if PartnerBooking.objects.live().filter(shipment=locked).exists():
        raise AlreadyHandedOver
    by_carrier = {contract.carrier_id: contract for contract in reversed(bookable())}
    contracts = [by_carrier[carrier.id] for carrier in dict.fromkeys(carriers) if carrier.id in by_carrier]
    if not contracts:
        raise NobodyToAsk
    shipments.withdraw(locked, at=at)
    if locked.status == Status.PLANNED:
        shipments.record(locked, Status.AT_HUB, at=at, by=by)
    changes.offer(locked, [], at=at)
    booking = PartnerBooking.objects.create(shipment=locked, carrier_before=locked.carrier, by=by, asked_at=at)
    BookingTry.objects.bulk_create(
        BookingTry(booking=booking, contract=contract, rank=rank) for rank, contract in enumerate(contracts)
    )
    turns.go_on(booking, at=at)
    return booking


@transaction.atomic
def call_off(booking: PartnerBooking, *, at: datetime) -> bool:
    """Call a booking off, whatever has come of it; says whether there was anything to call off.

    Whoever has booked it by now, or turns out to have, is told so; whoever carried it before does so again.
    """
    shipment = versions.lock(booking.shipment)
    locked = PartnerBooking.objects.select_for_update().get(id=booking.id)
    if not locked.is_live:
        return False
    tries = BookingTry.objects.filter(booking=locked)
    if tries.filter(state=TryState.BOOKED).update(state=TryState.UNWANTED, due_at=at, calls=0):
        transaction.on_commit(lambda: signals.booking_due.send_robust(PartnerBooking))
    uncalled = Q(state=TryState.WAITING) | Q(state=TryState.DUE, called_at=None)
    tries.filter(uncalled).update(state=TryState.SPARED, due_at=None, leased_until=None)
    turns.end(locked, BookingState.CANCELLED, shipment, at=at)
    return True


def may_be_called_off(booking: PartnerBooking) -> bool:
    """Say whether a person may still call a booking off: nobody has said that they have the parcels."""
    told = StatusEvent.objects.filter(shipment=booking.shipment_id, received_at__gte=booking.asked_at)
    told = told.exclude(source=OWN_SOURCE).exclude(status__in=["", Status.CREATED])
    return booking.is_live and not told.exists()


def follow(*, at: datetime, shipment_id: int | None = None) -> int:
    """Call off what nobody is to bring any more, or somebody else is to; of one shipment, or of all.

    Somebody else is a driver of ours, whose route it has come onto, or a carrier that was not asked. What a partner
    itself says of its way back calls nothing off. Says how many there were; twice is harmless.
    """
    ours = StatusEvent.objects.filter(
        shipment=OuterRef("shipment"), status=OuterRef("shipment__status"), source=OWN_SOURCE
    )
    was_asked = BookingTry.objects.filter(booking=OuterRef("pk"), contract__carrier=OuterRef("shipment__carrier"))
    is_elsewhere = Q(shipment__stop__isnull=False) | ~Exists(was_asked)
    astray = PartnerBooking.objects.live().filter(
        Q(Exists(ours), shipment__status__in=NOT_TO_BE_BROUGHT) | Q(is_elsewhere, shipment__finished_at=None)
    )
    if shipment_id is not None:
        astray = astray.filter(shipment=shipment_id)
    return sum(call_off(booking, at=at) for booking in astray.select_related("shipment"))
