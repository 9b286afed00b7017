"""What the second factor opens, on this device and for this link alone: the full address and the exact place."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tracking.links.models import TrackingLink
from tracking.shipments.models import Shipment

COOKIE: Final = "door"
LASTS: Final = timedelta(days=1)
SALT: Final = "tracking.views.door"


@dataclass(frozen=True, slots=True)
class Door:
    """The address as written, and its point in degrees where it is known."""

    street: str
    postcode: str
    city: str
    latitude: float | None
    longitude: float | None

    @classmethod
    def of(cls, shipment: Shipment) -> Self:
        return cls(shipment.street, shipment.postcode, shipment.city, shipment.latitude, shipment.longitude)


def opened(request: HttpRequest, link: TrackingLink) -> Door | None:
    """Give the door, if this device has shown the second factor for this link within the day."""
    token = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=LASTS)
    return Door.of(link.shipment) if token == link.token else None


def keep_open(response: HttpResponse, link: TrackingLink) -> None:
    """Let this device see the door of this link for a day: a signed cookie that goes to this page and no other."""
    response.set_signed_cookie(
        COOKIE,
        link.token,
        salt=SALT,
        max_age=LASTS,
        path=reverse("tracking:page", args=[link.token]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
