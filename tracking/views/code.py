"""A code as second factor: sent on request to the address in the order, and to no other."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tracking.forms import CodeRequestForm
from tracking.links import services as links
from tracking.links.codes import TooManyCodes
from tracking.links.models import TrackingLink
from tracking.views import entrance, page
from tracking.words import codes


@require_POST
@entrance.with_link
def request_code(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Send a code and lead back to where it is typed, whether it can go anywhere or not; 429 after too many.

    A link that takes the postcode needs none and is sent none.
    """
    if link.takes_postcode:
        return redirect("tracking:page", link.token)
    form = CodeRequestForm(request.POST)
    try:
        links.request_code(link, at=timezone.now())
    except TooManyCodes as refusal:
        form.add_error(None, codes.too_many(refusal.retry_after_seconds))
        response = page.show(request, link, form=form, status=429)
        response["Retry-After"] = str(refusal.retry_after_seconds)
        return response
    return redirect(f"{reverse('tracking:page', args=[link.token])}#second-factor")
