"""A courier's own page: whether they want to be asked, what they are asked now, and what they have earned."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from carriers.forms import AvailabilityForm
from carriers.models.crowd import Answer, Courier, Invitation, OfferState
from carriers.services import crowd
from carriers.services.crowd import wording
from carriers.views import entrance

SHOWN: Final = timedelta(days=30)
MOST_EARNINGS: Final = 20


@require_safe
@entrance.with_courier
def show(request: HttpRequest, courier: Courier) -> HttpResponse:
    """Show a courier's page."""
    return render(request, "carriers/courier.html", _context(courier, AvailabilityForm.of(courier)))


@require_POST
@entrance.with_courier
def set_availability(request: HttpRequest, courier: Courier) -> HttpResponse:
    """Write down when they want to be asked."""
    form = AvailabilityForm(request.POST)
    if not form.is_valid():
        return render(request, "carriers/courier.html", _context(courier, form), status=422)
    is_available = form.cleaned_data["is_available"]
    crowd.set_availability(courier, is_available=is_available, hours=form.hours)
    messages.success(request, _("We ask you.") if is_available else _("We ask you no more until you come back."))
    return redirect("crowd_courier", courier.token)


def _context(courier: Courier, form: AvailabilityForm) -> dict[str, Any]:
    at = timezone.now()
    asked = Invitation.objects.filter(courier=courier).select_related("offer__hub")
    waiting = asked.waiting(at=at).filter(offer__state=OfferState.OPEN).order_by("expires_at")
    under_way = asked.filter(answer=Answer.ACCEPTED, offer__state=OfferState.ACCEPTED).first()
    earned = courier.earnings.filter(earned_at__gt=at - SHOWN)
    return {
        "courier": courier,
        "form": form,
        "phone": settings.DISPATCH_PHONE,
        "under_way": under_way,
        "offers": [(invitation, _line(invitation)) for invitation in waiting],
        "earned": wording.money(earned.aggregate(sum=Sum("amount"))["sum"] or Decimal()),
        "earnings": earned[:MOST_EARNINGS],
        "currency": settings.CURRENCY,
    }


def _line(invitation: Invitation) -> dict[str, str]:
    offer = invitation.offer
    return {
        "pay": wording.pay(offer),
        "area": wording.area(offer),
        "until": wording.clock(offer, invitation.expires_at),
    }
