"""The queue of cases. It shows no personal data, so that nobody is noted for looking at it every ten seconds."""

from typing import Any, Final

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk import access, cases
from desk.cases import View
from desk.cases.forms import FilterForm
from desk.roles import May
from tracking.models import Brand

ROWS: Final = 50


@require_safe
@access.page(May.ACT)
def show(request: HttpRequest) -> HttpResponse:
    """List the cases that somebody may see and asks for."""
    user, at = access.user_of(request), timezone.now()
    visible = cases.visible(user)
    form = FilterForm(request.GET, brands=_brands(request))
    found = Paginator(cases.narrow(visible, form.asked(), user=user, at=at), ROWS).get_page(request.GET.get("page"))
    counted = cases.count(visible, user=user, at=at)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Cases"),
        "form": form,
        "views": [(view, counted[view], _with(request, view=view.value)) for view in View],
        "view": form.asked().get("view") or View.ALL,
        "lines": cases.lines(found, at=at),
        "page": found,
        "earlier": _with(request, page=found.previous_page_number()) if found.has_previous() else "",
        "later": _with(request, page=found.next_page_number()) if found.has_next() else "",
    }
    return render(request, "desk/cases.html", context)


def _brands(request: HttpRequest) -> QuerySet[Brand]:
    member = access.member_of(access.user_of(request))
    brands = Brand.objects.order_by("name")
    return brands.filter(id=member.brand_id) if member and member.brand_id else brands


def _with(request: HttpRequest, **changed: str | int) -> str:
    """Write the address of this list with something else asked for; another view begins on its first page."""
    asked = request.GET.copy()
    asked.pop("page", None)
    for name, value in changed.items():
        asked[name] = str(value)
    return f"?{asked.urlencode()}"
