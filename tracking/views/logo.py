"""A brand's logo, from our own address: every page of the brand shows it, and it never changes under its name."""

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from tracking import logos

YEAR_SECONDS: Final = 365 * 24 * 60 * 60


@require_safe
@cache_control(public=True, max_age=YEAR_SECONDS, immutable=True)
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Answer with a logo; 404 where there is none, or no longer."""
    try:
        return HttpResponse(logos.read(name), content_type="image/png")
    except FileNotFoundError as error:
        raise Http404 from error
