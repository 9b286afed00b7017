"""From a request to the line in the book: who, when, from where, what."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from desk import services
from desk.models import Deed, Look
from tracking.shipments.models import Shipment
from tracking.views import entrance


def note(
    request: HttpRequest,
    deed: Deed,
    what: str,
    *,
    shipment: Shipment | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down what the signed-in member of staff who makes this request saw or did.

    ``what`` is the name of the page or the action; ``details`` hold no personal data.
    """
    if isinstance(request.user, User):
        services.note(
            Look(
                user=request.user,
                at=timezone.now(),
                deed=deed,
                what=what,
                shipment=shipment,
                reason=reason,
                details=dict(details or {}),
                address=entrance.address_of(request) or None,
            )
        )
