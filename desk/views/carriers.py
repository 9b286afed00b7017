"""Which carriers are chosen: what a brand looks at, what that would have done, who is benched.

Every brand's shipments take up the room of carriers, so that whoever may see one brand or carrier alone has no such
page.
"""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from carriers.criteria import Criterion
from carriers.models.choices import Bench, Weighing
from carriers.services import benching, choosing
from carriers.services.choosing import foreseeing, weighing
from carriers.services.choosing.market import Market
from desk import access, audit
from desk.choosing import effect, listing
from desk.choosing.forms import BrandForm, LiftForm, WeighingForm
from desk.models import Deed
from desk.roles import May
from feedback.insight import reports
from feedback.insight.reports import Selection
from tracking.shipments.models import Brand

SAVES: Final = "save"
"""What the button is called that does more than look."""


@require_safe
@access.page(May.LEAD, of_everybodys=True)
def show(request: HttpRequest) -> HttpResponse:
    """Show who there is to choose from, and what a brand looks at; 422 where there is no such brand."""
    form = BrandForm(request.GET or None)
    if request.GET and not form.is_valid():
        return _answer(request, None, brands=form)
    brand = form.cleaned_data["brand"] if request.GET else Brand.objects.order_by("name", "slug").first()
    return _answer(request, brand)


@require_POST
@access.page(May.LEAD, of_everybodys=True)
def weigh(request: HttpRequest) -> HttpResponse:
    """Let a brand look at something else, or show what that would have done with the last month."""
    brands, form = BrandForm(request.POST), WeighingForm(request.POST)
    if not brands.is_valid() or not form.is_valid():
        brand = brands.cleaned_data["brand"] if brands.is_valid() else None
        return _answer(request, brand, brands=brands, form=form)
    brand = brands.cleaned_data["brand"]
    if request.POST.get("do") != SAVES:
        return _answer(request, brand, form=form, foreseen=_foresee(brand, form))
    changed = weighing.weigh(brand, form.cleaned_data, at=timezone.now())
    audit.note(request, Deed.ACTED, "weigh", details={"brand": brand.slug, **changed._asdict()})
    messages.success(request, _("Saved. It holds for what comes in from now on."))
    return redirect(f"{reverse('desk:carriers')}?{urlencode({'brand': brand.pk})}")


@require_POST
@access.page(May.LEAD, of_everybodys=True)
def lift(request: HttpRequest, bench_id: int) -> HttpResponse:
    """Let a benched carrier be chosen again, with the reason; a second click changes nothing."""
    bench = get_object_or_404(Bench.objects.select_related("carrier"), pk=bench_id)
    form = LiftForm(request.POST)
    if not form.is_valid():
        return _answer(request, Brand.objects.order_by("name", "slug").first(), lifted=(bench, form))
    why = form.cleaned_data["why"]
    try:
        benching.lift(bench, why=why, by=access.user_of(request), at=timezone.now())
    except benching.AlreadyLifted:
        messages.info(request, _("Somebody has done so already."))
    else:
        audit.note(request, Deed.ACTED, "lift_bench", reason=why, details={"carrier": bench.carrier.slug})
        messages.success(request, _("%(name)s can be chosen again.") % {"name": bench.carrier.name})
    return redirect("desk:carriers")


def _answer(
    request: HttpRequest,
    brand: Brand | None,
    *,
    brands: BrandForm | None = None,
    form: WeighingForm | None = None,
    foreseen: dict[str, Any] | None = None,
    lifted: tuple[Bench, LiftForm] | None = None,
) -> HttpResponse:
    at = timezone.now()
    known = choosing.weighing_of(brand.pk, at=at) if brand else None
    market = Market.open([at.date()])
    context = {
        **admin.site.each_context(request),
        "title": _("Choice of carriers"),
        "brand": brand,
        "brands": brands or BrandForm(initial={"brand": brand}),
        "form": form or (WeighingForm.of(known) if known else None),
        "is_on": known is not None and known.is_on,
        "carriers": listing.rows(market, on=at.date()),
        "benched": [(row, _lift_form(row.bench, lifted)) for row in listing.benched()],
        "floors": listing.floors(),
        "foreseen": foreseen,
    }
    is_wrong = any(each is not None and each.errors for each in (brands, form, lifted and lifted[1]))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK
    return render(request, "desk/carriers.html", context, status=status)


def _lift_form(bench: Bench, lifted: tuple[Bench, LiftForm] | None) -> LiftForm:
    """Give the form that lets somebody back, or the one that was refused."""
    if lifted and lifted[0] == bench:
        return lifted[1]
    return LiftForm(auto_id=f"bench-{bench.pk}-%s")


def _foresee(brand: Brand, form: WeighingForm) -> dict[str, Any]:
    """Work out the last month by what is saved and by what is filled in."""
    at = timezone.now()
    saved = choosing.weighing_of(brand.pk, at=at)
    tried = Weighing(brand=brand, changed_at=at, **form.cleaned_data)
    weighings = [tried] if _is_same(saved, tried) else [saved, tried]
    found = foreseeing.foresee(brand.pk, weighings, at=at)
    given = reports.deliveries(Selection(found.since.date(), found.until.date(), brand_id=brand.pk))
    headings = [_("As it was"), _("By the weights as saved"), _("By these weights")]
    return {
        "effect": found,
        "headings": headings if len(weighings) > 1 else [headings[0], headings[-1]],
        "rows": effect.rows(found, reports.total(given).stars),
        "days": foreseeing.DAYS,
    }


def _is_same(saved: Weighing, tried: Weighing) -> bool:
    fields = [*(criterion.value for criterion in Criterion), "dear", "dirty_g"]
    return all(getattr(saved, field) == getattr(tried, field) for field in fields)
