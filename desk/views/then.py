"""See what the customer saw: the tracking page's own words at any minute, and what of them cannot be known any more."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from desk import access, audit
from desk.models import Deed
from desk.roles import May
from tracking import surroundings
from tracking.facts import past
from tracking.facts.past import Doubt, NotYet, Past
from tracking.live import replay
from tracking.shipments.models import Shipment
from tracking.views import page

WRITTEN: Final = "%Y-%m-%dT%H:%M"
MINUTE: Final = timedelta(minutes=1)


class MomentForm(forms.Form):
    """A minute, by the clock of the destination; not one that its clock shows twice in autumn, or never in spring."""

    at = forms.DateTimeField(
        label=gettext_lazy("Day and time"),
        input_formats=[WRITTEN],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=WRITTEN),
    )


@require_safe
@access.page(May.SEE)
def show(request: HttpRequest, shipment_id: int) -> HttpResponse:
    """Show what the readers of a shipment were told at a minute; without one, what they are told now."""
    shipments = access.shipments_of(access.user_of(request)).with_round()
    shipment = get_object_or_404(shipments, id=shipment_id)
    now = timezone.now()
    with timezone.override(shipment.zone):
        form = MomentForm(request.GET if "at" in request.GET else {"at": f"{timezone.localtime(now):{WRITTEN}}"})
        at = _end_of(form.cleaned_data["at"], shipment.zone, now) if form.is_valid() else None
    audit.note(request, Deed.SAW, "then", shipment=shipment, details={"at": at.isoformat()} if at else {})
    context = {
        **admin.site.each_context(request),
        "title": _("What the customer saw"),
        "shipment": shipment,
        "form": form,
        **(_told(shipment, at=at, now=now) if at else {}),
    }
    return render(request, "desk/then.html", context, status=HTTPStatus.OK if at else HTTPStatus.UNPROCESSABLE_ENTITY)


def _end_of(minute: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    """Give the last moment of a minute, because what happened within it was told by its end; never one to come."""
    return (minute + MINUTE - timedelta(microseconds=1) if minute < now - MINUTE else now).astimezone(zone)


def _told(shipment: Shipment, *, at: datetime, now: datetime) -> dict[str, Any]:
    """Put what was told at a moment into the page's own words."""
    try:
        memory = past.recall(shipment, at=at)
    except NotYet:
        return {"at": at, "is_not_yet": True}
    known = memory.facts(fix=replay.last_fix_for(memory, at=at), at=at)
    goal = surroundings.goal(shipment.latitude, shipment.longitude, is_exact=False)
    return {
        "at": at,
        "whereabouts": page.whereabouts_of(memory.shipment, known, goal, at=at) if known.driver else None,
        "doubts": _doubts(memory, has_driver=known.driver is not None, at=at, now=now),
        **page.sentences(memory.shipment, known, memory.ledger[: page.CHANGES_READ], now=at),
    }


def _doubts(memory: Past, *, has_driver: bool, at: datetime, now: datetime) -> list[str]:
    """Say what cannot be known, in the order of the list of doubts."""
    said = [str(doubt.label) for doubt in Doubt if doubt in memory.doubts]
    if has_driver and at < now - timedelta(days=settings.POSITION_DAYS):
        said.append(_("Where the driver was is deleted after %(days)s days.") % {"days": settings.POSITION_DAYS})
    elif has_driver:
        said.append(_("Where the driver was is found again from what their phone reported: outages are left out."))
    return said
