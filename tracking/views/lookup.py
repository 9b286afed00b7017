"""The way to a delivery without a link: its number and its postcode."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tracking.forms import LookupForm
from tracking.links import limits
from tracking.links import services as links
from tracking.links.limits import TooManyMisses
from tracking.links.services import NoSuchLink
from tracking.views import entrance


@require_http_methods(["GET", "HEAD", "POST"])
@entrance.private
def find(request: HttpRequest) -> HttpResponse:
    """Ask for number and postcode, and lead to the page; 422 with the form where the two belong to nothing."""
    if request.method != "POST":
        return render(request, "tracking/find.html", {"form": LookupForm()})
    form = LookupForm(request.POST)
    try:
        token = _look_up(request, form)
    except TooManyMisses as refusal:
        return entrance.too_many(request, refusal)
    if token:
        return redirect("tracking:page", token)
    return render(request, "tracking/find.html", {"form": form}, status=422)


def _look_up(request: HttpRequest, form: LookupForm) -> str:
    """Make a link for what was typed; empty, with the form saying why, where there is no such delivery.

    Raises ``TooManyMisses`` where the address has guessed too often, or anybody about this number.
    """
    at, address = timezone.now(), entrance.address_of(request)
    limits.require_few_misses(address, at=at)
    if not form.is_valid():
        return ""
    number = form.cleaned_data["number"]
    limits.require_few_misses(number, at=at, limit=limits.BY_NUMBER)
    try:
        return links.look_up(number, form.cleaned_data["postcode"], at=at).token
    except NoSuchLink:
        limits.count_miss(address, at=at)
        limits.count_miss(number, at=at, limit=limits.BY_NUMBER)
        form.add_error(None, _("We found no delivery with this number and postcode. Please check both."))
        return ""
