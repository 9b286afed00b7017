"""What shoppers wrote beside their stars, on a page and as CSV; it is kept who read and who took it."""

from typing import Final, NamedTuple

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk import access, audit
from desk.insight import questions, sheets
from desk.insight.questions import Question
from desk.models import Deed
from desk.roles import May
from feedback.insight import reports
from feedback.models import Rating
from tracking.admin import showing

MOST_SHOWN: Final = 100
MOST_EXPORTED: Final = 10_000


class Said(NamedTuple):
    """What somebody wrote, and when by the clock of where they are."""

    rating: Rating
    rated: str


@require_safe
@access.page(May.ACT)
def show(request: HttpRequest) -> HttpResponse:
    """Show what was written, the newest first: to our own people, because shoppers did not write it to a carrier."""
    asked = questions.read(request)
    found = _find(asked)
    shown = list(found[:MOST_SHOWN])
    audit.note(request, Deed.SAW, "words", details={"reason": asked.reason, "shown": len(shown)})
    context = {
        **admin.site.each_context(request),
        "title": _("What shoppers wrote"),
        "asked": asked,
        "query": request.GET.urlencode(),
        "said": [Said(rating, showing.local(rating.rated_at, rating.shipment.zone)) for rating in shown],
        "count": found.count(),
    }
    return render(request, "desk/words.html", context)


@require_safe
@access.page(May.EXPORT)
def sheet(request: HttpRequest) -> HttpResponse:
    """Give what was written as CSV."""
    asked = questions.read(request)
    found = list(_find(asked)[:MOST_EXPORTED])
    audit.note(request, Deed.EXPORTED, "words", details={"reason": asked.reason, "rows": len(found)})
    rows = [
        (
            rating.shipment.reference,
            rating.rated_at.isoformat(),
            rating.score,
            rating.recommends,
            " ".join(rating.reasons),
            rating.words,
        )
        for rating in found
    ]
    return sheets.answer([("reference", "rated_at", "score", "recommends", "reasons", "words"), *rows], name="words")


def _find(asked: Question) -> QuerySet[Rating]:
    return reports.words(asked.found, asked.reason).select_related("shipment")
