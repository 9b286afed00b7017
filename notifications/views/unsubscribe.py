"""The end of a brand's mails, and the way back: for who holds the link in one, and for their mail provider.

Opening the link changes nothing: scanners and previews do that before the reader. A mail provider posts what RFC 8058
says, with no cookie and no token of a form; that the key is in the address proves as much as those would.
"""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import addresses, unsubscribing
from notifications.models import ConsentSource
from notifications.services import consent
from notifications.triggers import Channel
from notifications.unsubscribing import NoSuchKey
from tracking import looks
from tracking.models import Brand
from tracking.views import entrance

STOP: Final = ("List-Unsubscribe", "One-Click")
"""The field of RFC 8058, which our own button sends as well."""

AGAIN: Final = ("mails", "again")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@entrance.private
def unsubscribe(request: HttpRequest, key: str) -> HttpResponse:
    """Show what is so, and change it when asked to; a provider that asks is answered directly, never redirected."""
    try:
        brand_id, address = unsubscribing.read_key(key)
        brand = Brand.objects.get(id=brand_id)
    except (NoSuchKey, Brand.DoesNotExist):
        return render(request, "404.html", status=404)
    is_understood = request.method != "POST" or _obey(request, brand, address)
    return _show(request, brand, address, status=200 if is_understood else 422)


def _obey(request: HttpRequest, brand: Brand, address: str) -> bool:
    """Do what a form says. Says whether it said anything."""
    for (field, value), act in ((STOP, consent.withhold), (AGAIN, consent.give)):
        if request.POST.get(field) == value:
            act(Channel.EMAIL, address, source=ConsentSource.UNSUBSCRIBE, at=timezone.now(), brand=brand)
            return True
    return False


def _show(request: HttpRequest, brand: Brand, address: str, *, status: int) -> HttpResponse:
    context = {
        "brand": brand.name,
        "look": looks.of(brand),
        "address": addresses.masked(Channel.EMAIL, address),
        "is_withheld": consent.is_withheld(Channel.EMAIL, address, brand=brand),
        "stop": STOP,
        "again": AGAIN,
    }
    return render(request, "notifications/unsubscribe.html", context, status=status)
