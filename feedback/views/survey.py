"""How was it? One tap stores the stars; more may follow. A GET shows and stores nothing."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from feedback import services, stars
from feedback.forms import MoreForm, StarsForm
from feedback.models import Rating, Source
from feedback.services import Closed, NotDelivered, NotRated
from tracking import looks
from tracking.links.models import TrackingLink
from tracking.shipments.lifecycle import Status
from tracking.views import entrance


@require_safe
@entrance.with_link
def survey(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Ask for stars, and for more once they are given; ``?score=4`` in a message's link only points at a star."""
    return _show(request, link)


@require_POST
@entrance.with_link
def rate(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Store the stars at once; 422 with the page where there is nothing to rate, or no longer."""
    form = StarsForm(request.POST)
    if not form.is_valid():
        return _show(request, link, problem=_("Please choose one to five stars."))
    try:
        services.rate(link.shipment, score=form.cleaned_data["score"], source=Source.PAGE, at=timezone.now())
    except (NotDelivered, Closed) as refusal:
        return _show(request, link, problem=_say(refusal))
    return redirect("feedback:survey", link.token)


@require_POST
@entrance.with_link
def elaborate(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Store what was said beside the stars; 422 with the page where it cannot be read, or comes too late."""
    rating = Rating.objects.filter(shipment=link.shipment).first()
    if rating is None:
        return _show(request, link, problem=_say(NotRated()))
    form = MoreForm(request.POST, rating=rating, brand=link.shipment.brand.name)
    if not form.is_valid():
        return _show(request, link, form=form, problem=_("Please look at the answers below once more."))
    said = form.cleaned_data
    try:
        services.elaborate(
            link.shipment,
            given=said["reasons"],
            words=said["words"],
            recommends=said["recommends"],
            source=Source.PAGE,
            at=timezone.now(),
        )
    except (NotRated, Closed) as refusal:
        return _show(request, link, problem=_say(refusal))
    messages.success(request, _("We have your answer. It helps us to do better."))
    return redirect("feedback:survey", link.token)


def _show(request: HttpRequest, link: TrackingLink, *, form: MoreForm | None = None, problem: str = "") -> HttpResponse:
    shipment = link.shipment
    rating = Rating.objects.filter(shipment=shipment).first()
    is_open = rating is not None and timezone.now() < rating.open_until
    context: dict[str, Any] = {
        "token": link.token,
        "brand": shipment.brand.name,
        "look": looks.of(shipment.brand),
        "is_delivered": shipment.status == Status.DELIVERED,
        "rating": rating,
        "is_open": is_open,
        "stars": stars.choices(),
        "pointed_at": stars.read(request.GET.get("score", "")) if rating is None else None,
        "form": (form or MoreForm(rating=rating, brand=shipment.brand.name)) if rating and is_open else None,
        "problem": problem,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, "feedback/survey.html", context, status=status)


def _say(refusal: Exception) -> str:
    """Say in the shopper's words why something was not stored."""
    if isinstance(refusal, NotDelivered):
        return _("Your delivery has not arrived yet. Once it has, you can tell us here how it went.")
    if isinstance(refusal, Closed):
        return _("Your answer is a day old and stays as it is.")
    return _("Please choose your stars first.")
