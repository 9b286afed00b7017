"""Trouble that shoppers told us of: cases that are late, and low scores that are nobody's yet."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from desk.attention.matters import Matter, Scope, Trouble
from desk.roles import May
from feedback.models import Case, CaseKind, CasePolicy, Queue
from feedback.reasons import BEST


def _overdue(scope: Scope) -> QuerySet[Any]:
    """Find cases that wait for us for longer than the brand promised."""
    cases = Case.objects.unresolved().overdue(at=scope.at).filter(shipment__in=scope.shipments)
    return cases.select_related("shipment").annotate(since=F("due_at"))


def _case_of(case: Case) -> Trouble:
    words = {"kind": CaseKind(case.kind).label, "queue": Queue(case.queue).label}
    return Trouble.of(case.shipment, _("%(kind)s, due, with %(queue)s") % words, url=_page_of(case))


def _low_scores(scope: Scope) -> QuerySet[Any]:
    """Find unresolved cases of shoppers who gave few stars, which nobody has taken on."""
    policy = "shipment__brand__case_policy"
    by_default = Q(**{policy: None, "shipment__rating__score__lte": CasePolicy().low_score_up_to})
    by_policy = Q(shipment__rating__score__lte=F(f"{policy}__low_score_up_to"))
    cases = Case.objects.unresolved().filter(by_default | by_policy, shipment__in=scope.shipments, owner=None)
    return cases.select_related("shipment__rating").annotate(since=F("opened_at"))


def _score_of(case: Case) -> Trouble:
    words = {"score": case.shipment.rating.score, "best": BEST, "kind": CaseKind(case.kind).label}
    return Trouble.of(case.shipment, _("%(score)s of %(best)s stars: %(kind)s") % words, url=_page_of(case))


def _page_of(case: Case) -> str:
    return reverse("desk:case", args=[case.id])


PEOPLE: Final[Sequence[Matter]] = (
    Matter("overdue", gettext_lazy("Overdue cases"), May.ACT, _overdue, _case_of),
    Matter("low_scores", gettext_lazy("Low scores without an owner"), May.ACT, _low_scores, _score_of),
)
