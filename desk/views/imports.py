"""Bringing in a list of shipments: a file, what was found in it, and the click that takes it in."""

from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from desk import access, audit, services, sheets
from desk.models import Deed, Import
from desk.roles import May
from tracking.shipments.models import Brand

LATEST: Final = 20
SHOWN_MISTAKES: Final = 200


class FileForm(forms.Form):
    """A file, and whose shipments are in it."""

    brand = forms.ModelChoiceField(Brand.objects.none(), label=gettext_lazy("Brand"))
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        allow_empty_file=True,
        widget=forms.ClearableFileInput({"accept": ".csv,.tsv,.txt,text/csv"}),
    )

    def offer(self, brands: QuerySet[Brand]) -> None:
        """Let somebody choose among these brands."""
        self.fields["brand"] = forms.ModelChoiceField(brands, label=gettext_lazy("Brand"))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if (file.size or 0) > sheets.MOST_BYTES:
            limit = {"limit": sheets.MOST_BYTES // 1024**2}
            raise forms.ValidationError(_("The file is larger than %(limit)s MB.") % limit)
        return file


@require_http_methods(["GET", "HEAD", "POST"])
@access.page(May.LEAD)
def begin(request: HttpRequest) -> HttpResponse:
    """Ask for a file, and read it; nothing is taken in yet."""
    user = access.user_of(request)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    form.offer(_brands(user))
    if form.is_valid():
        file, brand = form.cleaned_data["file"], form.cleaned_data["brand"]
        brought = services.bring_in(str(file.name), file.read(), brand=brand, by=user, at=timezone.now())
        _note(request, "read_import", brought)
        return redirect("desk:import", brought.id)
    context = {
        **admin.site.each_context(request),
        "title": _("Bring shipments in"),
        "form": form,
        "columns": [(name, name in sheets.NEEDED) for name in sheets.COLUMNS],
        "latest": _imports(user).select_related("brand", "uploaded_by").order_by("-id")[:LATEST],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "desk/imports.html", context, status=status)


@require_safe
@access.page(May.LEAD)
def show(request: HttpRequest, import_id: int) -> HttpResponse:
    """Show what was found in a file, or how far its rows are taken in."""
    brought = _find(request, import_id)
    context = {
        **admin.site.each_context(request),
        "title": brought.name,
        "import": brought,
        "mistakes": brought.mistakes[:SHOWN_MISTAKES],
        "more": max(len(brought.mistakes) - SHOWN_MISTAKES, 0),
    }
    return render(request, "desk/import.html", context)


@require_POST
@access.page(May.LEAD)
def take_in(request: HttpRequest, import_id: int) -> HttpResponse:
    """Have the good rows taken in; a second click changes nothing."""
    brought = _find(request, import_id)
    if services.begin(brought, is_silent="tell" not in request.POST, at=timezone.now()):
        _note(request, "take_import_in", brought)
    return redirect("desk:import", brought.id)


@require_safe
@access.page(May.LEAD)
def sample(_request: HttpRequest) -> HttpResponse:
    """Give a file to start from."""
    headers = {"Content-Disposition": 'attachment; filename="shipments.csv"'}
    return HttpResponse(sheets.SAMPLE, content_type="text/csv; charset=utf-8", headers=headers)


def _brands(user: User) -> QuerySet[Brand]:
    member = access.member_of(user)
    brands = Brand.objects.order_by("name", "slug")
    return brands.filter(id=member.brand_id) if member and member.brand_id else brands


def _imports(user: User) -> QuerySet[Import]:
    return Import.objects.filter(brand__in=_brands(user).order_by())


def _find(request: HttpRequest, import_id: int) -> Import:
    return get_object_or_404(_imports(access.user_of(request)).select_related("brand"), id=import_id)


def _note(request: HttpRequest, what: str, brought: Import) -> None:
    details = {"import": brought.id, "rows": brought.total, "mistakes": len(brought.mistakes)}
    audit.note(request, Deed.ACTED, what, details=details)
