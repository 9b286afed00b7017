"""An offer as the courier sees it who is asked: to look at it changes nothing, and each answer is a tap of its own."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from carriers.models.crowd import Answer, Invitation, OfferState
from carriers.services import crowd
from carriers.services.crowd import Late, NotForYou, Why, laying, refusing, wording
from carriers.views import entrance


@require_safe
@entrance.with_invitation
def show(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Show what there is to bring, while it can be had; what has become of it, afterwards."""
    return render(request, "carriers/offer.html", _context(invitation))


@require_POST
@entrance.with_invitation
def accept(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Take it; 409 where somebody was faster, or it cannot be had any more."""
    try:
        crowd.accept(invitation, at=timezone.now())
    except NotForYou as refusal:
        invitation.refresh_from_db()
        return render(request, "carriers/offer.html", _context(invitation, why=refusal.why), status=409)
    return redirect("crowd_offer", invitation.token)


@require_POST
@entrance.with_invitation
def decline(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Note that they do not want it."""
    crowd.decline(invitation, at=timezone.now())
    return redirect("crowd_offer", invitation.token)


@require_POST
@entrance.with_invitation
def give_back(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Let somebody else bring it after all; 409 once it is on board."""
    try:
        crowd.give_back(invitation, at=timezone.now())
    except Late:
        messages.error(request, _("It is loaded already. Please call us if you cannot bring it."))
        return render(request, "carriers/offer.html", _context(invitation), status=409)
    return redirect("crowd_offer", invitation.token)


def _context(invitation: Invitation, *, why: Why | None = None) -> dict[str, Any]:
    offer, at = invitation.offer, timezone.now()
    is_theirs = invitation.answer == Answer.ACCEPTED
    can_accept = (
        why is None
        and invitation.answer == Answer.ASKED
        and offer.state == OfferState.OPEN
        and min(invitation.expires_at, offer.open_until) > at
    )
    return {
        "invitation": invitation,
        "offer": offer,
        "phone": settings.DISPATCH_PHONE,
        "can_accept": can_accept,
        "is_theirs": is_theirs,
        "is_done": is_theirs and offer.state == OfferState.DONE,
        "page": laying.page_of(offer.shift) if is_theirs and offer.shift else "",
        "load_by": wording.clock(offer, offer.load_by) if is_theirs and offer.load_by else "",
        "until": wording.clock(offer, invitation.expires_at),
        "said": "" if can_accept or is_theirs else refusing.say_of(invitation, why),
        "area": wording.area(offer),
        "load": wording.load(offer),
        "when": wording.when(offer, at=at),
        "pay": wording.pay(offer),
        "sum": wording.sum_of(offer),
    }
