"""The way in for drivers: one answer to a wrong, an old and a revoked link, and one device for each."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from driving.models import DriveLink
from driving.services import links
from driving.services.links import LINGERS, NoSuchLink
from tracking.links import limits
from tracking.links.limits import TooManyMisses
from tracking.views import entrance

P = ParamSpec("P")

COOKIE: Final = "drive"


class OtherDevice(Exception):
    """Another device drives with this link, or none yet."""


def find(
    request: HttpRequest, token: str, *, at: datetime, among: Sequence[Callable[..., DriveLink]] = (links.find,)
) -> DriveLink:
    """Find the link of a token; one that is over opens to its own device alone.

    Raises ``NoSuchLink``, and ``TooManyMisses`` where the address has guessed too often.
    """
    for look in among:
        with suppress(NoSuchLink):
            link = look(token, at=at)
            if links.is_open(link) or is_here(request, link):
                return link
    limits.count_miss(entrance.address_of(request), at=at)
    raise NoSuchLink


def find_here(request: HttpRequest, token: str, *, at: datetime) -> DriveLink:
    """Find the link of a token for the device that drives with it.

    Raises ``NoSuchLink``, ``TooManyMisses``, and ``OtherDevice``.
    """
    return _require_here(request, find(request, token, at=at))


def find_former(request: HttpRequest, token: str, *, at: datetime) -> DriveLink:
    """Find the link of a token, or for its own device also one that was revoked within the last day.

    Raises ``NoSuchLink``, and ``TooManyMisses``.
    """
    return find(request, token, at=at, among=(links.find, links.find_revoked))


def find_former_here(request: HttpRequest, token: str, *, at: datetime) -> DriveLink:
    """Find the link of a token for the device that drives with it, or did until it was revoked.

    Raises ``NoSuchLink``, ``TooManyMisses``, and ``OtherDevice``.
    """
    return _require_here(request, find_former(request, token, at=at))


def _require_here(request: HttpRequest, link: DriveLink) -> DriveLink:
    if not is_here(request, link):
        raise OtherDevice
    return link


def is_here(request: HttpRequest, link: DriveLink) -> bool:
    """Say whether a request comes from the device that drives with a link."""
    return links.is_device(link, request.COOKIES.get(COOKIE, ""))


def keep_here(response: HttpResponse, link: DriveLink, key: str) -> None:
    """Let this device be the one that drives: a cookie that goes to this page and no other."""
    response.set_cookie(
        COOKIE,
        key,
        max_age=link.shift.ends_at - link.shift.starts_at + 2 * LINGERS,
        path=reverse("driving:page", args=[link.token]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _handing(
    look: Callable[..., DriveLink],
) -> Callable[[Callable[Concatenate[HttpRequest, DriveLink, P], HttpResponse]], Callable[..., HttpResponse]]:
    """Hand a view the link of its token, found like this; answer 404 where there is none, 429 to guessing.

    Where another device asks than the one that drives, and that matters, the answer is 403.
    """

    def decorate(
        view: Callable[Concatenate[HttpRequest, DriveLink, P], HttpResponse],
    ) -> Callable[..., HttpResponse]:
        @entrance.private
        @wraps(view)
        def found(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                link = look(request, token, at=timezone.now())
            except (NoSuchLink, OtherDevice, TooManyMisses) as refusal:
                return refuse(request, refusal)
            return view(request, link, *args, **kwargs)

        return found

    return decorate


with_link: Final = _handing(find)
with_device: Final = _handing(find_here)
with_former_link: Final = _handing(find_former)
with_former_device: Final = _handing(find_former_here)


def refuse(request: HttpRequest, refusal: Exception) -> HttpResponse:
    """Turn somebody away, as a page or as JSON; what is wrong is the same whatever the link once was."""
    if isinstance(refusal, TooManyMisses):
        return entrance.too_many(request, refusal)
    is_taken = isinstance(refusal, OtherDevice)
    status = 403 if is_taken else 404
    if wants_page(request):
        template = "driving/taken.html" if is_taken else "driving/closed.html"
        return render(request, template, {"phone": settings.DISPATCH_PHONE}, status=status)
    return refuse_in_words(_("Another phone uses this link.") if is_taken else _("This link leads nowhere."), status)


def refuse_in_words(told: str, status: int, **more: Any) -> JsonResponse:
    """Say as JSON what is wrong."""
    return JsonResponse({"error": told, **more}, status=status, json_dumps_params={"ensure_ascii": False})


def wants_page(request: HttpRequest) -> bool:
    """Say whether a person's browser is asking, and not the page's own scripts or a program."""
    return request.method in {"GET", "HEAD"} or "text/html" in request.headers.get("Accept", "")
