"""The search page of the desk."""

from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk import access, audit, search
from desk.models import Deed
from desk.roles import May
from desk.search import Hit
from notifications import addresses
from notifications.services import contacts
from tracking.admin import showing
from tracking.shipments.models import Shipment


class Line(NamedTuple):
    """A shipment that was found, with its addresses as far as they tell it from another one."""

    shipment: Shipment
    created: str
    addresses: Sequence[str]
    kinds: Sequence[str | Promise]


@require_safe
@access.page(May.SEE)
def show(request: HttpRequest) -> HttpResponse:
    """Find shipments by whatever was typed; a single one is led to at once. Kept is what kind of thing it was."""
    text = request.GET.get("q", "")
    terms = search.read(text, region=settings.PHONE_REGION)
    found = search.find(access.shipments_of(access.user_of(request)), terms)
    if terms:
        audit.note(request, Deed.SEARCHED, "search", details={"kinds": list(terms), "found": len(found.hits)})
    if len(found.hits) == 1:
        return redirect("desk:shipment", found.hits[0].shipment.id)
    context = {
        **admin.site.each_context(request),
        "title": _("Find a shipment"),
        "text": text,
        "found": found,
        "lines": [_line(hit) for hit in found.hits],
    }
    return render(request, "desk/search.html", context)


def _line(hit: Hit) -> Line:
    reach = contacts.on_file(hit.shipment)
    return Line(
        shipment=hit.shipment,
        created=showing.local(hit.shipment.created_at, hit.shipment.zone),
        addresses=list(dict.fromkeys(addresses.masked(channel, address) for channel, address in reach.items())),
        kinds=[kind.label for kind in hit.kinds],
    )
