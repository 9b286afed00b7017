"""The page of a case: what was said, by whom, what it is about, and what may be done."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from desk import access, audit, cases, visits
from desk.cases import DEEDS, NotPossible, listing, macros
from desk.cases.forms import CaseForm, OpenForm
from desk.models import Deed, Look
from desk.roles import May
from feedback import services
from feedback.models import Case, CasePhoto, Rating, Via
from feedback.services import Complaint

DONE: Final[Mapping[str, Promise]] = {
    "case_open": gettext_lazy("opened by hand"),
    "case_take": gettext_lazy("taken"),
    "case_hand_over": gettext_lazy("handed over"),
    "case_resolve": gettext_lazy("resolved"),
    "case_reopen": gettext_lazy("opened again"),
}
"""What the page says of what was done, by the name under which it is kept."""


@require_safe
@access.page(May.ACT)
def show(request: HttpRequest, case_id: int) -> HttpResponse:
    """Show all that is known of a case; ``?macro=3`` begins the answer with a ready text."""
    return _answer(request, _find(request, case_id))


@require_POST
@access.page(May.ACT)
def act(request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """Do something about a case, and keep who did it and why; 422 with the page where something is missing."""
    user, case = access.user_of(request), _find(request, case_id)
    if name not in DEEDS:
        raise Http404
    if not DEEDS[name].is_allowed(case, user):
        raise PermissionDenied
    form = DEEDS[name].form(request.POST, case=case, by=user, name=name)
    if not form.is_valid():
        return _answer(request, case, filled=(name, form))
    _carry_out(request, name, form)
    return redirect("desk:case", case_id)


@require_safe
@access.page(May.ACT)
def photo(request: HttpRequest, case_id: int, key: str) -> HttpResponse:
    """Show a photo that a shopper sent, and keep who looked."""
    case = _find(request, case_id)
    found = get_object_or_404(CasePhoto, message__case=case, key=key)
    audit.note(request, Deed.SAW, "case_photo", shipment=case.shipment, details={"case": case.id, "photo": found.id})
    with found.image.open() as image:
        return HttpResponse(image.read(), content_type="image/jpeg")


@require_http_methods(["GET", "HEAD", "POST"])
@access.page(May.ACT)
def begin(request: HttpRequest, shipment_id: int) -> HttpResponse:
    """Open a case by hand; where one of its kind is open already, the words go into that."""
    user = access.user_of(request)
    shipment = get_object_or_404(access.shipments_of(user).select_related("brand"), id=shipment_id)
    form = OpenForm(request.POST or None, label_suffix="")
    if form.is_valid():
        complaint = Complaint(form.cleaned_data["kind"], form.cleaned_data["text"], via=Via.DESK)
        with transaction.atomic():
            case = services.open_case(shipment, complaint, at=timezone.now(), by=user)
            audit.note(request, Deed.ACTED, "case_open", shipment=shipment, details={"case": case.id})
        return redirect("desk:case", case.id)
    title = _("Open a case for %(reference)s") % {"reference": shipment.reference}
    context = {**admin.site.each_context(request), "title": title, "shipment": shipment, "form": form}
    return render(request, "desk/open_case.html", context, status=422 if form.is_bound else 200)


def _find(request: HttpRequest, case_id: int) -> Case:
    visible = cases.visible(access.user_of(request))
    return get_object_or_404(visible.select_related("shipment__brand", "shipment__carrier", "owner"), id=case_id)


def _carry_out(request: HttpRequest, name: str, form: CaseForm) -> None:
    """Let the service do it, with the line that keeps it, and tell how it went."""
    deed, case = DEEDS[name], form.case
    try:
        with transaction.atomic():
            kept = {"case": case.id, **deed.carry_out(form, at=timezone.now())}
            reason = form.cleaned_data.get("reason", "")
            audit.note(request, Deed.ACTED, f"case_{name}", shipment=case.shipment, reason=reason, details=kept)
    except NotPossible as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, str(deed.told))


def _answer(request: HttpRequest, case: Case, *, filled: tuple[str, CaseForm] | None = None) -> HttpResponse:
    user, at, shipment = access.user_of(request), timezone.now(), case.shipment
    audit.note(request, Deed.SAW, "case", shipment=shipment, details={"case": case.id})
    ready = macros.find(case)
    chosen = next((macro.text for macro in ready if str(macro.id) == request.GET.get("macro")), "")
    offered = cases.offered(case, user, text=chosen)
    if filled is not None:
        offered[filled[0]] = DEEDS[filled[0]], filled[1]
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"{case.get_kind_display()}: {shipment.reference}",
        "case": case,
        "shipment": shipment,
        "line": listing.Line(case, case.is_overdue(at), listing.due(case, at=at)),
        "thread": case.messages.select_related("author").prefetch_related("photos"),
        "visits": visits.gather(shipment, shipment.events.select_related("evidence"))
        if case.is_about_an_attempt
        else [],
        "rating": Rating.objects.filter(shipment=shipment).first(),
        "deeds": offered,
        "macros": ready,
        "macro": request.GET.get("macro", ""),
        "history": _history(case),
    }
    return render(request, "desk/case.html", context, status=422 if filled else 200)


def _history(case: Case) -> list[tuple[Look, Promise]]:
    """Find what was done about a case, and why; what was said in it stands in the conversation."""
    looks = Look.objects.filter(shipment=case.shipment, deed=Deed.ACTED, details__case=case.id, what__in=DONE)
    return [(look, DONE[look.what]) for look in looks.select_related("user").order_by("at", "id")]
