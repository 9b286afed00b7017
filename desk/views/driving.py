"""The drivers' links: who drives on a day, and the address that each of them opens on their phone.

An address is a key to a shift, so that whoever may not lead has no such page, and that it was looked at is in the book.
"""

from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from desk import access, audit
from desk.board import driving, page
from desk.board.forms import DayForm
from desk.models import Deed
from desk.roles import May
from driving.services import links


@require_safe
@access.page(May.LEAD, of_everybodys=True)
def show(request: HttpRequest) -> HttpResponse:
    """Show the links of a day."""
    form = DayForm(request.GET)
    hubs = page.hubs()
    day = (form.is_valid() and form.cleaned_data["day"]) or page.today(hubs, at=timezone.now())
    ways = driving.read(day, hubs)
    audit.note(request, Deed.SAW, "drivers", details={"day": day.isoformat(), "rows": len(ways)})
    context = {
        **admin.site.each_context(request),
        "title": _("Drivers' links"),
        "form": form if form.errors else DayForm(initial={"day": day}),
        "day": day,
        "zone": page.zone_of(hubs),
        "ways": ways,
        "missing": sum(way.link is None for way in ways),
    }
    return render(request, "desk/board/drivers.html", context, status=422 if form.errors else 200)


@require_POST
@access.page(May.LEAD, of_everybodys=True)
def issue(request: HttpRequest) -> HttpResponse:
    """Make the links of a day that are missing; a second click makes none."""
    form, at = DayForm(request.POST), timezone.now()
    hubs = page.hubs()
    day = (form.is_valid() and form.cleaned_data["day"]) or page.today(hubs, at=at)
    issued = links.issue_missing((way.shift for way in driving.read(day, hubs)), at=at)
    if issued:
        details = {"day": day.isoformat(), "links": [link.pk for link in issued]}
        audit.note(request, Deed.ACTED, "issue_drive_links", details=details)
        told = ngettext("%(n)d link is made. Send it on.", "%(n)d links are made. Send them on.", len(issued))
        messages.success(request, told % {"n": len(issued)})
    return redirect(f"{reverse('desk:drivers')}?{urlencode({'day': day.isoformat()})}")
