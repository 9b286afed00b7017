"""The way in for couriers: their links open in their own language, and a wrong one is answered like an old one."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from carriers.models.crowd import Courier, Invitation
from tracking.links import limits
from tracking.links.limits import TooManyMisses
from tracking.views import entrance
from tracking.words import languages

P = ParamSpec("P")

LONGEST_TOKEN: Final = 40


def with_invitation(
    view: Callable[Concatenate[HttpRequest, Invitation, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Hand a view the invitation of its token; answer 404 where there is none, 429 to guessing."""

    @entrance.private
    @wraps(view)
    def found(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        offered = Invitation.objects.select_related("offer__hub", "offer__carrier", "offer__shift", "courier__driver")
        invitation = offered.filter(token=token).first() if is_token(token) else None
        if invitation is None:
            return refuse(request)
        with languages.speaking(invitation.courier.language):
            return view(request, invitation, *args, **kwargs)

    return found


def with_courier(view: Callable[Concatenate[HttpRequest, Courier, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand a view the courier of its token; answer 404 where there is none, 429 to guessing."""

    @entrance.private
    @wraps(view)
    def found(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        known = Courier.objects.select_related("driver__carrier")
        courier = known.filter(token=token).first() if is_token(token) else None
        if courier is None:
            return refuse(request)
        with languages.speaking(courier.language):
            return view(request, courier, *args, **kwargs)

    return found


def is_token(token: str) -> bool:
    """Say whether something may be a token, so that no database is asked what it cannot read."""
    return 0 < len(token) <= LONGEST_TOKEN and token.isascii() and "\0" not in token


def refuse(request: HttpRequest) -> HttpResponse:
    """Say that a link leads nowhere, and count that somebody tried it."""
    try:
        limits.count_miss(entrance.address_of(request), at=timezone.now())
    except TooManyMisses as refusal:
        return entrance.too_many(request, refusal)
    return render(request, "carriers/nowhere.html", {"phone": settings.DISPATCH_PHONE}, status=404)
