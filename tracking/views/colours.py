"""A brand's colours and letters as a style sheet: all of the look that differs from page to page but the logo."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from tracking import looks


@require_safe
@cache_control(public=True, max_age=24 * 60 * 60)
def style(request: HttpRequest, colour: str) -> HttpResponse:
    """Answer with the variables of a look by day and by night, and with the rules of the map where they are named."""
    try:
        sheet = looks.read(colour, request.GET)
    except looks.NoSuchLook as error:
        raise Http404 from error
    return render(request, "tracking/colours.css", {"sheet": sheet}, content_type="text/css")
