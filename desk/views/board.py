"""The dispatcher's page: look at a day, have it planned, change a plan by hand, publish it.

Every brand's shipments are on it, so that whoever may see one brand or carrier alone has no such page.
"""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from atlas import drawing
from desk import access, audit
from desk.board import driving, page
from desk.board.forms import AskForm, DayForm, MoveForm
from desk.board.page import Board
from desk.insight import sheets
from desk.models import Deed
from desk.roles import May
from dispatch import accounts, emissions
from dispatch.models import Duty, Plan, PlanState
from dispatch.services import plans, publishing, replanning
from dispatch.services.plans import NotReady
from dispatch.services.working import Faulty
from tracking.views import picture


@require_safe
@access.page(May.SEE, of_everybodys=True)
def show(request: HttpRequest) -> HttpResponse:
    """Show a day; 422 with the page where the question makes no sense."""
    return _show(request, DayForm(request.GET))


@require_POST
@access.page(May.LEAD, of_everybodys=True)
def ask(request: HttpRequest) -> HttpResponse:
    """Have a day planned."""
    form = AskForm(request.POST)
    if not form.is_valid():
        return _show(request, DayForm(request.GET), asked=form)
    known = form.cleaned_data
    plan = plans.ask(
        known["day"],
        known["hubs"],
        by=access.user_of(request),
        at=timezone.now(),
        seconds=known["seconds"],
        is_again=known["is_again"],
    )
    _note(request, "ask_plan", plan)
    return _to(plan)


@require_POST
@access.page(May.LEAD, of_everybodys=True)
def draft(request: HttpRequest) -> HttpResponse:
    """Make a plan of what is on the road, to be changed by hand."""
    form = AskForm(request.POST)
    if not form.is_valid():
        return _show(request, DayForm(request.GET), asked=form)
    known = form.cleaned_data
    plan = plans.draft(known["day"], known["hubs"], by=access.user_of(request), at=timezone.now())
    _note(request, "draft_plan", plan)
    return _to(plan)


@require_POST
@access.page(May.LEAD, of_everybodys=True)
def cancel(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Give a plan up."""
    plan = get_object_or_404(Plan, pk=plan_id)
    if plans.cancel(plan):
        _note(request, "cancel_plan", plan)
        messages.success(request, _("The plan was given up. Nothing on the road has changed."))
    return _to(plan)


@require_POST
@access.page(May.LEAD, of_everybodys=True)
def publish(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Put a plan on the road; a second click changes nothing."""
    plan = get_object_or_404(Plan, pk=plan_id)
    try:
        if publishing.publish(plan, by=access.user_of(request), at=timezone.now()):
            _note(request, "publish_plan", plan)
            messages.success(request, _("The plan is published, and the shoppers are told."))
    except NotReady:
        messages.error(request, _("This plan can no longer be published."))
        return _to(plan)
    return redirect(f"{reverse('desk:board')}?{urlencode({'day': plan.day.isoformat()})}")


@require_POST
@access.page(May.LEAD, of_everybodys=True)
def move(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Put a shipment on another place of a plan. What that breaks is said, not refused."""
    plan = get_object_or_404(Plan, pk=plan_id)
    form = MoveForm(request.POST)
    form.offer(plan)
    if not form.is_valid():
        return _show(request, DayForm({"day": plan.day, "plan": plan.pk}), moved=form)
    known = form.cleaned_data
    try:
        faults = plans.move(plan, known["shipment"], duty=known["duty"], place=known["place"], at=timezone.now())
    except (NotReady, LookupError):
        messages.error(request, _("The day has changed meanwhile. Nothing was moved; please plan it again."))
        return _to(plan)
    _note(request, "move_in_plan", plan)
    if faults:
        told = ngettext("Moved. %(n)d rule is broken by it.", "Moved. %(n)d rules are broken by it.", len(faults))
        messages.warning(request, told % {"n": len(faults)})
    return _to(plan)


@require_POST
@access.page(May.LEAD, of_everybodys=True)
def replan_van(request: HttpRequest, duty_id: int) -> HttpResponse:
    """Put what one driver has left to do into the best order, at once where that breaks no promise."""
    duty = get_object_or_404(Duty.objects.select_related("shift", "hub__place"), pk=duty_id)
    try:
        plan = replanning.van(duty, at=timezone.now())
    except Faulty:
        messages.error(request, _("No order was found that breaks no rule. Nothing has changed."))
        plan = None
    else:
        audit.note(request, Deed.ACTED, "replan_van", details={"duty": duty.pk})
    if plan is not None and plan.state == PlanState.READY:
        return _to(plan)
    if plan is not None:
        messages.success(request, _("The driver has a better order now. No promise is broken by it."))
    else:
        messages.info(request, _("Their order stays as it is: none is worth the change."))
    day = duty.shift.starts_at.astimezone(duty.hub.zone).date()
    return redirect(f"{reverse('desk:board')}?{urlencode({'day': day.isoformat(), 'is_live': 'on'})}")


@require_safe
@access.page(May.SEE, of_everybodys=True)
def show_emissions(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Show what a plan does to the air, tour by tour and shipment by shipment, for paper too."""
    plan = get_object_or_404(Plan, pk=plan_id)
    found = accounts.of_plan(plan)
    context = {
        **admin.site.each_context(request),
        "title": _("Emissions"),
        "plan": plan,
        "accounts": found,
        "total": emissions.say_kg(accounts.total_mg(found)),
    }
    return render(request, "desk/board/emissions.html", context)


@require_safe
@access.page(May.SEE, of_everybodys=True)
def emissions_sheet(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Give the same as CSV, a row a shipment."""
    plan = get_object_or_404(Plan, pk=plan_id)
    rows: list[Sequence[str]] = [("driver", "shipment", "mass_kg", "tonne_km", "kg_co2e")]
    found = accounts.of_plan(plan)
    for one in found:
        driver = str(one.tour.duty.shift.driver)
        *carried, _sum = one.account.rows()
        rows += [(driver, *row) for row in carried]
    rows.append(("", "", "", "", emissions.say_kg(accounts.total_mg(found))))
    return sheets.answer(rows, name=f"emissions-{plan.day}")


def _show(
    request: HttpRequest, form: DayForm, *, asked: AskForm | None = None, moved: MoveForm | None = None
) -> HttpResponse:
    """Show a day with its forms, those that were refused among them."""
    at = timezone.now()
    known = form.cleaned_data if form.is_valid() else {}
    hubs = page.hubs(known["hub"].pk if known.get("hub") else None)
    plan = known.get("plan")
    day = plan.day if plan else known.get("day") or page.today(hubs, at=at)
    if plan is None and not known.get("is_live"):
        plan = page.waiting(day, hubs)
    board = page.read(day, hubs, plan, at=at)
    may_lead = request.user.has_perm(May.LEAD)
    is_under_way = any(tour.is_under_way for tour in board.tours)
    initial = {"day": day, "hubs": [hub.place_id for hub in hubs], "is_again": is_under_way}
    context = {
        **admin.site.each_context(request),
        "title": _("The day"),
        "form": form if form.errors else DayForm(initial={"day": day, "hub": known.get("hub")}),
        "board": board,
        "waiting_drivers": driving.waiting(day, hubs) if may_lead else 0,
        "ask": asked or AskForm(initial=initial),
        "move": moved or _move_form(request, board, known.get("move")),
        "tiles": picture.tiles(),
        "map_source": drawing.ATTRIBUTION,
        "map_source_url": drawing.ATTRIBUTION_URL,
    }
    is_wrong = any(each is not None and each.errors for each in (form, asked, moved))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK
    return render(request, "desk/board.html", context, status=status)


def _move_form(request: HttpRequest, board: Board, shipment_id: int | None) -> MoveForm | None:
    """Offer to change a plan by hand, to who may and where it can be."""
    if board.plan is None or not board.is_ready or not request.user.has_perm(May.LEAD):
        return None
    form = MoveForm(initial={"shipment": shipment_id, "place": 1})
    form.offer(board.plan)
    return form


def _to(plan: Plan) -> HttpResponse:
    return redirect(f"{reverse('desk:board')}?{urlencode({'plan': plan.pk})}")


def _note(request: HttpRequest, what: str, plan: Plan) -> None:
    audit.note(request, Deed.ACTED, what, details={"plan": plan.pk, "day": plan.day.isoformat()})
