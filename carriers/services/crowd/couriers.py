"""Couriers themselves: who joins a crowd, when they want to be asked, and who is not asked any more."""

from dataclasses import dataclass
from datetime import datetime, time

from django.conf import settings
from django.db import transaction

from carriers.models.crowd import Answer, Courier, Invitation, Offer, OfferState
from carriers.services import places
from dispatch.models import VehicleType
from tracking import contact
from tracking.rounds.models import Carrier, Driver


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is: their names, the number at which they are asked, the language to do it in, and their home."""

    given_name: str
    family_name: str
    phone: str
    home: places.Point
    language: str = "en"


@transaction.atomic
def enrol(carrier: Carrier, person: Person, vehicle_type: VehicleType) -> Courier:
    """Let somebody join a crowd. They are asked once they say that they are available.

    Of their home only the neighbourhood is kept.

    Raises ``contact.Unreadable`` for what is no number, ``django.db.IntegrityError`` for one that somebody has.
    """
    phone = contact.phone(person.phone, region=settings.PHONE_REGION)
    driver = Driver.objects.create(
        carrier=carrier,
        given_name=person.given_name,
        family_name=person.family_name,
        vehicle=vehicle_type.kind,
    )
    return Courier.objects.create(
        driver=driver,
        phone=phone,
        language=person.language,
        vehicle_type=vehicle_type,
        home_cell=places.cell_at(*person.home),
    )


def set_availability(courier: Courier, *, is_available: bool, hours: tuple[time, time] | None) -> None:
    """Write down whether a courier wants to be asked now, and at which hours; without hours at any."""
    since, until = hours or (None, None)
    Courier.objects.filter(id=courier.id).update(is_available=is_available, available_from=since, available_until=until)


@transaction.atomic
def suspend(courier: Courier, *, at: datetime) -> None:
    """Ask a courier no more, and take back what they are asked now. What they have accepted they still bring.

    Twice is harmless.
    """
    Courier.objects.filter(id=courier.id, suspended_at=None).update(suspended_at=at)
    asked = Invitation.objects.filter(courier=courier, answer=Answer.ASKED)
    for offer_id in sorted(set(asked.values_list("offer", flat=True))):
        offer = Offer.objects.select_for_update().get(id=offer_id)
        offer.invitations.filter(courier=courier, answer=Answer.ASKED).update(answer=Answer.WITHDRAWN, answered_at=at)
        if offer.state == OfferState.OPEN and not offer.invitations.waiting(at=at).exists():
            Offer.objects.filter(id=offer.id).update(widens_at=at)


def reinstate(courier: Courier) -> None:
    """Let a courier be asked again. Twice is harmless."""
    Courier.objects.filter(id=courier.id).update(suspended_at=None)
