"""The only writer of standing wishes: kept for whoever can read what is sent to an address, and applied later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.crypto import salted_hmac

from tracking.changes import rules, services
from tracking.changes.models import Action, Asker, Change, Preference
from tracking.changes.services import Author, NotOffered, TooLate
from tracking.shipments.models import Shipment


class NotStanding(Exception):
    """This cannot be wished for once and for all."""


class Nobody(Exception):
    """The order names no address by which its recipient could be known again."""


@transaction.atomic
def wish(shipment: Shipment, action: Action, details: Mapping[str, Any], *, at: datetime) -> Preference:
    """Keep a wish for all that comes from this brand to this recipient, who has proved who they are by a code.

    Raises ``NotStanding`` and ``Nobody``.
    """
    if action not in rules.STANDING:
        raise NotStanding
    known = _known_as(shipment)
    if not known:
        raise Nobody
    rivals = rules.rivals(action) - {action}
    Preference.objects.filter(brand=shipment.brand_id, who=known, action__in=rivals).delete()
    preference, _ = Preference.objects.update_or_create(
        brand_id=shipment.brand_id, who=known, action=action, defaults={"details": dict(details), "set_at": at}
    )
    return preference


def forget(shipment: Shipment, action: Action) -> bool:
    """Delete a wish of a shipment's recipient. Says whether there was one."""
    wishes = Preference.objects.filter(brand=shipment.brand_id, who=_known_as(shipment), action=action)
    return bool(wishes.delete()[0])


def of(shipment: Shipment) -> list[Preference]:
    """List what a shipment's recipient wishes for all of this brand's deliveries. One query."""
    return list(Preference.objects.filter(brand=shipment.brand_id, who=_known_as(shipment)).order_by("id"))


def apply(shipment: Shipment, *, at: datetime) -> list[Change]:
    """Let the standing wishes of a shipment's recipient hold for it, as far as they are possible.

    What its recipient decided about this one before, undone or not, is left alone; so twice is harmless.
    """
    decided = set(Change.objects.filter(shipment=shipment).values_list("action", flat=True))
    applied = []
    for preference in of(shipment):
        action = Action(preference.action)
        if decided.isdisjoint(rules.rivals(action)):
            try:
                author = Author(Asker.STANDING)
                applied.append(services.ask(shipment, action, preference.details, by=author, at=at))
            except (NotOffered, TooLate):
                continue
    return applied


def _known_as(shipment: Shipment) -> str:
    """Hash the address by which a recipient is known: the one that a code goes to, and no other; empty without one."""
    address = "".join((shipment.phone or shipment.email).split()).casefold()
    return salted_hmac("tracking.changes.preferences", address, algorithm="sha256").hexdigest() if address else ""
