"""The page of a shipment at the desk, and what is done there."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from desk import access, actions, audit, dossier
from desk.actions import ACTIONS, Action, NotPossible
from desk.actions.forms import ReasonForm
from desk.choosing import sums
from desk.dossier import Dossier
from desk.models import Deed
from desk.roles import May
from tracking.proof.receipts import keys
from tracking.shipments.lifecycle import Status


@require_safe
@access.page(May.SEE)
def show(request: HttpRequest, shipment_id: int) -> HttpResponse:
    """Show all that is known of a shipment, and keep who looked."""
    return _answer(request, _find(access.user_of(request), shipment_id))


@require_POST
@access.page(May.ACT)
def act(request: HttpRequest, shipment_id: int, name: str) -> HttpResponse:
    """Do something about a shipment, and keep who did it and why; 422 with the form where that cannot be."""
    user = access.user_of(request)
    known = _find(user, shipment_id)
    action = ACTIONS.get(name)
    if action is None or not action.is_possible(known):
        raise Http404
    form = action.form(request.POST, dossier=known, name=name)
    if form.is_valid() and _carry_out(request, user, action, form, name=name):
        return redirect("desk:shipment", shipment_id)
    return _answer(request, known, name=name, filled=form)


def _find(user: User, shipment_id: int) -> Dossier:
    shipment = get_object_or_404(dossier.fetch(access.shipments_of(user)), id=shipment_id)
    return dossier.gather(shipment, is_for_carrier=not user.has_perm(May.ACT))


def _carry_out(request: HttpRequest, user: User, action: Action, form: ReasonForm, *, name: str) -> bool:
    """Let the service do it, with the line that keeps it; says whether it could, and where not the form says why."""
    shipment, given = form.dossier.shipment, form.cleaned_data
    try:
        with transaction.atomic():
            done = action.carry_out(shipment, given, by=user, at=timezone.now())
            audit.note(request, Deed.ACTED, name, shipment=shipment, reason=given["reason"], details=done.details)
    except NotPossible as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, done.told)
    return True


def _answer(request: HttpRequest, known: Dossier, *, name: str = "", filled: ReasonForm | None = None) -> HttpResponse:
    shipment = known.shipment
    audit.note(request, Deed.SAW, "shipment", shipment=shipment)
    may_act = request.user.has_perm(May.ACT)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"{shipment.reference}: {shipment.get_status_display()}",
        "shipment": shipment,
        "dossier": known,
        "lines": dossier.LINES,
        "may_act": may_act,
        "has_receipt": shipment.status == Status.DELIVERED and bool(keys.public()),
        "actions": actions.offered(known, name=name, filled=filled) if may_act else {},
        "choices": sums.tell(shipment) if may_act else [],
    }
    return render(request, "desk/shipment.html", context, status=422 if filled else 200)
