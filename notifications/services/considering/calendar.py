"""What the calendar calls for: the evening before, the reminder of what waits, and the question how it was."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery

from notifications import rules
from notifications.models import Notification
from notifications.rules import Called, Standing
from notifications.services import policies, standings
from notifications.services.considering import calls, histories
from notifications.services.considering.calls import Call
from notifications.triggers import LATEST, Channel, Trigger
from tracking.models import Brand, Shipment, StatusEvent
from tracking.shipments.lifecycle import Status

SHIPMENTS_AT_ONCE: Final = 500
DAY: Final = timedelta(days=1)
SURVEY_PAGE: Final = "feedback:survey"
LESS_THAN_A_DAY: Final = timedelta(hours=23)
"""Who was told of a day this long ago may have to be told of the next: it was put off."""


def calendar(*, at: datetime) -> frozenset[Channel]:
    """Write down what is to be told by now because of the time. Twice is harmless."""
    channels: frozenset[Channel] = frozenset()
    for trigger, find in _FINDERS.items():
        since = find(at)
        ids = sorted(since)
        for first in range(0, len(ids), SHIPMENTS_AT_ONCE):
            some = ids[first : first + SHIPMENTS_AT_ONCE]
            channels |= _write(trigger, {shipment_id: since[shipment_id] for shipment_id in some}, at=at)
    return channels


def _coming_tomorrow(at: datetime) -> dict[int, datetime]:
    """Find what is to come on the next day where it goes, once the brand's hour has struck there."""
    days = [at.astimezone(UTC).date() + days * DAY for days in range(3)]
    is_told = Q(window_date__in=days)
    is_promised = Q(window_date=None, promised_start__gt=at, promised_start__lt=at + 2 * DAY)
    told = Notification.objects.filter(
        shipment=OuterRef("id"), trigger=Trigger.PLANNED, created_at__gt=at - LESS_THAN_A_DAY
    )
    waiting = Shipment.objects.filter(is_told | is_promised, ~Exists(told), status__in=rules.BEFORE_THE_ROUND)
    found = list(waiting.values_list("id", "brand_id", "timezone", "window_date", "promised_start"))
    terms = policies.of_brands({brand_id for _, brand_id, *_ in found})
    since = {}
    for shipment_id, brand_id, zone, window_date, promised_start in found:
        here = at.astimezone(ZoneInfo(zone))
        day = window_date or (promised_start and promised_start.astimezone(here.tzinfo).date())
        if day == here.date() + DAY and here.time() >= terms[brand_id].policy.evening_before_at:
            since[shipment_id] = at
    return since


def _still_waiting(at: datetime) -> dict[int, datetime]:
    """Find what has been ready for pickup for the days of its brand."""
    readied = StatusEvent.objects.filter(shipment=OuterRef("id"), status=Status.READY_FOR_PICKUP)
    reminded = Notification.objects.filter(
        shipment=OuterRef("id"), trigger=Trigger.PICKUP_REMINDER, created_at__gt=OuterRef("ready_at")
    )
    waiting = (
        Shipment.objects.filter(status=Status.READY_FOR_PICKUP)
        .annotate(ready_at=Subquery(readied.order_by("-occurred_at").values("occurred_at")[:1]))
        .filter(~Exists(reminded), ready_at__lte=at - DAY)
    )
    found = list(waiting.values_list("id", "brand_id", "ready_at"))
    terms = policies.of_brands({brand_id for _, brand_id, _ in found})
    since = {
        shipment_id: ready_at + terms[brand_id].policy.pickup_reminder_days * DAY
        for shipment_id, brand_id, ready_at in found
    }
    return _current(since, Trigger.PICKUP_REMINDER, at)


def _to_be_asked(at: datetime) -> dict[int, datetime]:
    """Find what was delivered some hours ago, of the brands that ask how it was."""
    brands = policies.of_brands(list(Brand.objects.values_list("id", flat=True)))
    terms = {brand_id: own for brand_id, own in brands.items() if own.is_told(Trigger.SURVEY)}
    asked = Notification.objects.filter(shipment=OuterRef("id"), trigger=Trigger.SURVEY)
    delivered = Shipment.objects.filter(
        ~Exists(asked), brand__in=terms, status=Status.DELIVERED, finished_at__gt=at - LATEST[Trigger.SURVEY] - 3 * DAY
    )
    since = {
        shipment_id: finished_at + timedelta(hours=terms[brand_id].policy.survey_after_hours)
        for shipment_id, brand_id, finished_at in delivered.values_list("id", "brand_id", "finished_at")
        if finished_at is not None
    }
    return _current(since, Trigger.SURVEY, at)


def _current(since: Mapping[int, datetime], trigger: Trigger, at: datetime) -> dict[int, datetime]:
    """Keep those whose time has come and is not long over."""
    return {shipment_id: moment for shipment_id, moment in since.items() if at - LATEST[trigger] < moment <= at}


_FINDERS: Final[dict[Trigger, Callable[[datetime], dict[int, datetime]]]] = {
    Trigger.PLANNED: _coming_tomorrow,
    Trigger.PICKUP_REMINDER: _still_waiting,
    Trigger.SURVEY: _to_be_asked,
}


@transaction.atomic
def _write(trigger: Trigger, since: Mapping[int, datetime], *, at: datetime) -> frozenset[Channel]:
    shipments = list(Shipment.objects.with_round().filter(id__in=since).order_by("id"))
    terms = policies.of_brands({shipment.brand_id for shipment in shipments})
    standing = standings.of_shipments(shipments, terms, at=at)
    history = histories.of_shipments(since) if trigger == Trigger.PICKUP_REMINDER else {}
    called = []
    for shipment in shipments:
        version, details = _version(trigger, shipment, standing[shipment.id], history.get(shipment.id, []))
        if rules.is_still_true(trigger, standing[shipment.id], details):
            moment = since[shipment.id]
            called.append(Call(shipment, trigger, since=moment, due_at=moment, version=version, details=details))
    return calls.write(called, terms, at=at)


def _version(
    trigger: Trigger, shipment: Shipment, standing: Standing, history: Sequence[StatusEvent]
) -> tuple[int, dict[str, str]]:
    """Tell apart the days for which it was planned, and the visits to pickup points; lead to the page that asks."""
    if trigger == Trigger.PLANNED and standing.day is not None:
        return standing.day.toordinal(), {"date": standing.day.isoformat()}
    if trigger == Trigger.PICKUP_REMINDER:
        ready = [event for event in history if event.status == Status.READY_FOR_PICKUP]
        visit = rules.called_for(Status.READY_FOR_PICKUP, history, handover="", zone=shipment.zone)
        place = ready[-1].place if ready else ""
        return (visit or Called(trigger)).version, {"place": place} if place else {}
    return 0, {"page": SURVEY_PAGE}
