"""What the second factor opens, on this device and for this link alone: the full address and the exact place."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tracking.links.models import TrackingLink
from tracking.shipments.services.addresses import Address

COOKIE: Final = "door"
LASTS: Final = timedelta(days=1)
SALT: Final = "tracking.views.door"


def opened(request: HttpRequest, link: TrackingLink) -> Address | None:
    """Give the door, if this device has shown the second factor for this link within the day."""
    token = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=LASTS)
    return Address.of(link.shipment) if token == link.token else None


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
