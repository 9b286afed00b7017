"""What went wrong, and what comes of it: the shopper's side of a case, on the link they have.

What was said is read by whoever was sent the link. Who came by the lookup shows the second factor first.
"""

from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from feedback import services
from feedback.forms import ComplaintForm, MessageForm
from feedback.models import Case, CaseKind, CaseMessage, CasePhoto
from feedback.services import Complaint, TooMuch
from tracking import looks
from tracking.links.models import TrackingLink
from tracking.proof.models import Evidence
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.views import door, entrance
from tracking.words import evidence


@require_safe
@entrance.with_link
def show(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Show what was said and how it stands, and take in what is new."""
    return _show(request, link)


@require_POST
@entrance.with_link
def complain(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Open a case; 422 with the page where something is missing, 429 where it is too much."""
    form = ComplaintForm(request.POST, request.FILES, is_delivered=_is_delivered(link))
    if not form.is_valid():
        return _show(request, link, form=form)
    said = form.cleaned_data
    complaint = Complaint(said["kind"], said["words"], photos=said["photos"])
    try:
        services.open_case(link.shipment, complaint, at=timezone.now())
    except TooMuch:
        return _ask_to_wait(request, link)
    messages.success(request, _("Thank you for telling us. We look into it."))
    return redirect("feedback:case", link.token)


@require_POST
@entrance.with_link
def say(request: HttpRequest, link: TrackingLink, key: str) -> HttpResponse:
    """Say more in a case of this shipment; 422 with the page where nothing was said, 429 where it is too much."""
    case = get_object_or_404(Case, shipment=link.shipment, key=key)
    form = MessageForm(request.POST, request.FILES)
    if not _may_read(request, link) or not form.is_valid():
        return _show(request, link, reply=(case, form))
    said = form.cleaned_data
    try:
        services.say(case, Complaint(CaseKind(case.kind), said["words"], photos=said["photos"]), at=timezone.now())
    except TooMuch:
        return _ask_to_wait(request, link)
    messages.success(request, _("We have your message."))
    return redirect("feedback:case", link.token)


@require_safe
@entrance.with_link
def photo(request: HttpRequest, link: TrackingLink, key: str) -> HttpResponse:
    """Show a photo that was sent about this shipment."""
    if not _may_read(request, link):
        raise Http404
    found = get_object_or_404(CasePhoto, message__case__shipment=link.shipment, key=key)
    with found.image.open() as image:
        return HttpResponse(image.read(), content_type="image/jpeg")


def _show(
    request: HttpRequest,
    link: TrackingLink,
    *,
    form: ComplaintForm | None = None,
    reply: tuple[Case, MessageForm] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    shipment = link.shipment
    context: dict[str, Any] = {
        "token": link.token,
        "brand": shipment.brand.name,
        "look": looks.of(shipment.brand),
        "may_read": _may_read(request, link),
        "cases": [(case, reply[1] if reply and reply[0] == case else MessageForm()) for case in _cases(link)],
        "attempts": partial(_attempts, shipment),
        "form": form or ComplaintForm(is_delivered=_is_delivered(link)),
        "is_new": form is not None,
    }
    refused = HTTPStatus.UNPROCESSABLE_ENTITY if form or reply else status
    with timezone.override(shipment.zone):
        return render(request, "feedback/case.html", context, status=refused)


def _ask_to_wait(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    messages.error(request, _("You have written a lot today. We read it all first. Please come back tomorrow."))
    return _show(request, link, status=HTTPStatus.TOO_MANY_REQUESTS)


def _may_read(request: HttpRequest, link: TrackingLink) -> bool:
    return link.takes_postcode or door.opened(request, link) is not None


def _attempts(shipment: Shipment) -> list[tuple[Evidence, str]]:
    """Read what the attempts of a shipment rest on, and say it."""
    known = Evidence.objects.filter(event__shipment=shipment).select_related("event").order_by("event__occurred_at")
    return [(each, evidence.tell(each)) for each in known]


def _is_delivered(link: TrackingLink) -> bool:
    return link.shipment.status == Status.DELIVERED


def _cases(link: TrackingLink) -> QuerySet[Case]:
    """Read the cases of a shipment as its shopper may: nothing that staff said among themselves. Three queries."""
    public = CaseMessage.objects.filter(is_internal=False).exclude(body="", photos=None).prefetch_related("photos")
    return Case.objects.filter(shipment=link.shipment).order_by("id").prefetch_related(Prefetch("messages", public))
