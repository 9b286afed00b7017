"""A mail's HTML as a document of its own, which may do nothing but look: styles, and pictures of ours."""

from typing import Final

from django.http import HttpResponse
from django.urls import reverse

from notifications.gateways.outcomes import LOGO
from tracking.models import Brand

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; sandbox"


def show(html: str, *, brand: Brand) -> HttpResponse:
    """Answer with a document that runs nothing, sends nothing, and is framed by our own pages alone.

    The logo that came along in the mail is shown from its address.
    """
    if brand.logo:
        html = html.replace(f"cid:{LOGO}", reverse("tracking:logo", args=[brand.logo]))
    return HttpResponse(html, headers={"Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN"})
