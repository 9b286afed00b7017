"""How good the windows of the last 30 days were, for everybody to see."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from dispatch import accuracy
from dispatch.accuracy import Accuracy, Share


@require_safe
@cache_control(public=True, max_age=accuracy.FRESH_SECONDS)
def show(request: HttpRequest) -> HttpResponse:
    """Show it in words and a table."""
    whole, *hubs = accuracy.of_windows(at=timezone.now())
    context = {
        "whole": whole,
        "hubs": hubs,
        "days": accuracy.DAYS,
        "fewest": accuracy.FEWEST,
        "aim_shown": round(100 * accuracy.AIM_SHOWN),
        "aim_promised": round(100 * accuracy.AIM_PROMISED),
    }
    return render(request, "dispatch/accuracy.html", context)


@require_safe
@cache_control(public=True, max_age=accuracy.FRESH_SECONDS)
def show_json(request: HttpRequest) -> HttpResponse:
    """Give the same for programs; ``null`` where too few deliveries speak."""
    whole, *hubs = accuracy.of_windows(at=timezone.now())
    facts = {
        "days": accuracy.DAYS,
        "fewest": accuracy.FEWEST,
        "aims": {"shown": accuracy.AIM_SHOWN, "promised": accuracy.AIM_PROMISED},
        **_facts(whole),
        "hubs": [{"name": hub.hub, **_facts(hub)} for hub in hubs],
    }
    return JsonResponse(facts)


def _facts(found: Accuracy) -> dict[str, Any]:
    return {
        "shown_an_hour_before": _share(found.shown),
        "promised": _share(found.promised),
        "median_minutes_wide": found.minutes_wide,
    }


def _share(share: Share) -> dict[str, Any]:
    return {"deliveries": share.n, "inside": round(share.hits / share.n, 3) if share.is_enough else None}
