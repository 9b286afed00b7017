"""Which of our parcels a partner means by a tracking number: the one place that knows where these numbers are kept."""

from collections.abc import Collection

from django.db.models.functions import Upper

from carriers.models import Account
from tracking.shipments.models import Parcel


def find(account: Account, numbers: Collection[str]) -> dict[str, Parcel]:
    """Find the parcels of the account's carriers by number, in capitals; with their shipments. One query.

    Carriers use numbers again after a year or two: of several parcels it is the one that was sent last.
    """
    found = (
        Parcel.objects.annotate(known_as=Upper("number"))
        .filter(known_as__in={spell(number) for number in numbers}, shipment__carrier__accounts=account)
        .select_related("shipment")
        .order_by("id")
    )
    return {spell(parcel.number): parcel for parcel in found}


def spell(number: str) -> str:
    """Write a tracking number in the way in which all are compared."""
    return number.upper()
