"""The list of what cannot wait, by itself, and longer than on the first page."""

from typing import Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk import access, attention
from desk.roles import May

FIRST: Final = 50


@require_safe
@access.page(May.SEE)
def show(request: HttpRequest) -> HttpResponse:
    """List what needs attention."""
    found = attention.find(access.user_of(request), at=timezone.now(), first=FIRST)
    context = {**admin.site.each_context(request), "title": _("Needs attention"), "attention": found}
    return render(request, "desk/attention.html", context)
