"""The second factor: the postcode, or a code where that was spent; five tries an hour."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tracking.forms import CodeForm, PostcodeForm
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.links.services import TooManyTries
from tracking.views import door, entrance, page
from tracking.words import codes

BACK_TO: Final = {
    "attempt": "tracking:attempt",
    "options": "tracking:options",
    "preferences": "tracking:preferences",
    "proof": "tracking:proof",
    "share": "tracking:share",
}
"""The pages beside the delivery's own that may ask for the second factor, and are led back to."""


@require_POST
@entrance.with_link
def unlock(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Take the factor and open the door to this device; 422 with the page where it is wrong, 429 after too many."""
    form = PostcodeForm(request.POST) if link.takes_postcode else CodeForm(request.POST)
    (field,) = form.fields
    if not form.is_valid():
        return page.show(request, link, form=form, status=422)
    try:
        refusal = _try(link, form)
    except TooManyTries:
        form.add_error(field, _("Too many tries. Please wait an hour and try again."))
        response = page.show(request, link, form=form, status=429)
        response["Retry-After"] = str(int(links.TRIES_LAST.total_seconds()))
        return response
    if refusal:
        form.add_error(field, refusal)
        return page.show(request, link, form=form, status=422)
    response = redirect(BACK_TO.get(request.POST.get("to", ""), "tracking:page"), link.token)
    door.keep_open(response, link)
    return response


def _try(link: TrackingLink, form: PostcodeForm | CodeForm) -> str:
    """Try what was typed; says what is wrong with it, if anything is.

    Raises ``TooManyTries`` where there were too many.
    """
    at = timezone.now()
    if isinstance(form, PostcodeForm):
        is_right = links.unlock(link, postcode=form.cleaned_data["postcode"], at=at)
        return "" if is_right else _("This is not the postcode of this delivery.")
    is_right = links.unlock_by_code(link, code=form.cleaned_data["code"], at=at)
    return "" if is_right else codes.wrong()
