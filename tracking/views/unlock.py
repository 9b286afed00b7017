"""The second factor: the postcode, five tries an hour."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tracking.forms import PostcodeForm
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.links.services import TooManyTries
from tracking.views import door, entrance, page


@require_POST
@entrance.with_link
def unlock(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Take the postcode and open the door to this device; 422 with the page where it is wrong, 429 after too many."""
    form = PostcodeForm(request.POST)
    if not form.is_valid():
        return page.show(request, link, form=form, status=422)
    try:
        is_right = links.unlock(link, postcode=form.cleaned_data["postcode"], at=timezone.now())
    except TooManyTries:
        form.add_error("postcode", _("Too many tries. Please wait an hour and try again."))
        response = page.show(request, link, form=form, status=429)
        response["Retry-After"] = str(int(links.TRIES_LAST.total_seconds()))
        return response
    if not is_right:
        form.add_error("postcode", _("This is not the postcode of this delivery."))
        return page.show(request, link, form=form, status=422)
    response = redirect("tracking:page", link.token)
    door.keep_open(response, link)
    return response
