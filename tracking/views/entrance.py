"""The way in for whoever holds a link: one answer to a wrong, an old and a revoked token, and an end to guessing."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from math import ceil
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tracking.links import limits
from tracking.links import services as links
from tracking.links.limits import TooManyMisses
from tracking.links.models import TrackingLink
from tracking.links.services import NoSuchLink

P = ParamSpec("P")


def find(request: HttpRequest, token: str, *, at: datetime) -> TrackingLink:
    """Find the link that a request's token opens; a miss counts against its address.

    Raises ``NoSuchLink`` where the token opens none, ``TooManyMisses`` where the address has guessed too often.
    """
    try:
        return links.find(token, at=at)
    except NoSuchLink:
        limits.count_miss(address_of(request), at=at)
        raise


def private(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Keep what a view answers out of caches, search engines and other sites' logs."""

    @wraps(view)
    def kept_private(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return kept_private


def with_link(view: Callable[Concatenate[HttpRequest, TrackingLink, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand a page's view the link of its token; answer 404 where there is none, 429 to guessing."""

    @private
    @wraps(view)
    def found(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            link = find(request, token, at=timezone.now())
        except NoSuchLink:
            return render(request, "404.html", status=404)
        except TooManyMisses as refusal:
            return too_many(request, refusal)
        return view(request, link, *args, **kwargs)

    return found


def too_many(request: HttpRequest, refusal: TooManyMisses) -> HttpResponse:
    """Ask somebody who has guessed too often to wait, and say how long."""
    minutes = ceil(refusal.retry_after_seconds / 60)
    response = render(request, "429.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(refusal.retry_after_seconds)
    return response


def address_of(request: HttpRequest) -> str:
    """Name where a request comes from, for counting; empty where the server does not say."""
    return str(request.META.get("REMOTE_ADDR", ""))
