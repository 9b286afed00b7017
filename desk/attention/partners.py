"""Trouble with partners: what their programs and ours do not understand of one another, and who is silent."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.models import Alarm, AlarmKind
from desk.attention.matters import Matter, Scope, Trouble
from desk.roles import May


def _alarms(scope: Scope) -> QuerySet[Any]:
    """Find what is wrong with partners, whose programs speak of everybody's shipments."""
    alarms = Alarm.objects.all() if scope.is_everything else Alarm.objects.none()
    return alarms.filter(settled_at=None).select_related("account").annotate(since=F("first_at"))


def _alarm_of(alarm: Alarm) -> Trouble:
    words = {"what": AlarmKind(alarm.kind).label, "subject": alarm.subject, "times": alarm.times}
    template = _("%(what)s: %(subject)s (%(times)s times)") if alarm.subject else _("%(what)s (%(times)s times)")
    url = reverse("admin:carriers_alarm_change", args=[alarm.id])
    return Trouble(None, alarm.account.name, template % words, UTC, url)


PARTNERS: Final[Sequence[Matter]] = (
    Matter("partners", gettext_lazy("Partners' programs"), May.LEAD, _alarms, _alarm_of),
)
