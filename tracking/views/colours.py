"""A brand's colour as a style sheet: the one thing about the look that differs from page to page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from tracking import colours


@require_safe
@cache_control(public=True, max_age=24 * 60 * 60)
def style(request: HttpRequest, colour: str) -> HttpResponse:
    """Answer with the variables of a colour, six hexadecimal digits, by day and by night."""
    day = colours.palette(f"#{colour}", colours.DAY)
    night = colours.palette(f"#{colour}", colours.NIGHT)
    return render(request, "tracking/colours.css", {"day": day, "night": night}, content_type="text/css")
