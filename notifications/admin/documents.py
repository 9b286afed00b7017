"""A mail's HTML as a document of its own, which may do nothing but look: styles, and pictures of ours."""

from typing import Final

from django.http import HttpResponse

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; sandbox"


def show(html: str) -> HttpResponse:
    """Answer with a document that runs nothing, sends nothing, and is framed by our own pages alone."""
    return HttpResponse(html, headers={"Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN"})
