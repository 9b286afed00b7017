"""For how long news is true, and which news makes other news unnecessary."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from notifications.rules.calling import ELSEWHERE
from notifications.triggers import Trigger
from tracking.shipments.lifecycle import Status

BEFORE_THE_ROUND: Final = frozenset({Status.CREATED, Status.IN_TRANSIT, Status.AT_HUB, Status.PLANNED})
ON_THE_ROUND: Final = frozenset({Status.OUT_FOR_DELIVERY})

TRUE_IN: Final[dict[Trigger, frozenset[Status]]] = {
    Trigger.CREATED: BEFORE_THE_ROUND,
    Trigger.SHIPPED: BEFORE_THE_ROUND - {Status.CREATED},
    Trigger.PLANNED: BEFORE_THE_ROUND,
    Trigger.ON_THE_WAY: ON_THE_ROUND,
    Trigger.STOPS_AWAY: ON_THE_ROUND,
    Trigger.ARRIVING_SOON: ON_THE_ROUND,
    Trigger.ARRIVED: ON_THE_ROUND,
    Trigger.DELIVERED: frozenset({Status.DELIVERED}),
    Trigger.DELIVERED_ELSEWHERE: frozenset({Status.DELIVERED}),
    Trigger.FAILED_ATTEMPT: BEFORE_THE_ROUND - {Status.CREATED} | {Status.ATTEMPTED, Status.ON_HOLD},
    Trigger.DELAYED: BEFORE_THE_ROUND | ON_THE_ROUND,
    Trigger.READY_FOR_PICKUP: frozenset({Status.READY_FOR_PICKUP}),
    Trigger.PICKUP_REMINDER: frozenset({Status.READY_FOR_PICKUP}),
    Trigger.RETURNED: frozenset({Status.RETURNED}),
    Trigger.CANCELLED: frozenset({Status.CANCELLED}),
    Trigger.SURVEY: frozenset({Status.DELIVERED}),
}
"""The statuses of a shipment in which each kind of news still holds."""

SOON_TOLERANCE: Final = timedelta(minutes=5)
"""By how much an arrival that was to be soon may have moved away since."""

SAYS_MORE: Final = (
    Trigger.CREATED,
    Trigger.SHIPPED,
    Trigger.PLANNED,
    Trigger.ON_THE_WAY,
    Trigger.DELAYED,
    Trigger.STOPS_AWAY,
    Trigger.ARRIVING_SOON,
    Trigger.ARRIVED,
    Trigger.FAILED_ATTEMPT,
    Trigger.READY_FOR_PICKUP,
    Trigger.DELIVERED,
    Trigger.DELIVERED_ELSEWHERE,
    Trigger.RETURNED,
    Trigger.CANCELLED,
)
"""Each of these says more than those before it. A reminder and a survey say something else."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a shipment stands at one moment, as far as the truth of a message depends on it.

    ``today`` and ``day`` (on which it is to come) are dates where it goes. ``stops_before`` is ``None`` where no driver
    is on the road to it; ``late_by`` is what the brand calls late.
    """

    at: datetime
    today: date
    status: Status
    handover: str
    day: date | None
    window_start: datetime | None
    window_end: datetime | None
    predicted_end: datetime | None
    promised_end: datetime | None
    late_by: timedelta
    stops_before: int | None = None
    has_arrived: bool = False


def is_late(standing: Standing) -> bool:
    """Say whether the end that is predicted lies beyond the promised one by what the brand calls late."""
    if standing.predicted_end is None or standing.promised_end is None:
        return False
    return standing.predicted_end - standing.promised_end >= standing.late_by


def is_still_true(trigger: Trigger, standing: Standing, details: Mapping[str, Any]) -> bool:
    """Say whether news holds that was called for with these details; what is no news holds always."""
    if trigger not in TRUE_IN:
        return True
    return standing.status in TRUE_IN[trigger] and _MORE_CONDITIONS.get(trigger, _holds)(standing, details)


def overtakes(later: Trigger, earlier: Trigger) -> bool:
    """Say whether one kind of news says more than another, so that nobody needs both at once."""
    if later not in SAYS_MORE or earlier not in SAYS_MORE:
        return False
    return SAYS_MORE.index(later) > SAYS_MORE.index(earlier)


def _holds(standing: Standing, details: Mapping[str, Any]) -> bool:
    return True


def _is_still_to_come(standing: Standing, details: Mapping[str, Any]) -> bool:
    """Say whether it is planned for the same day as before, and that time has not come yet."""
    has_begun = standing.window_start is not None and standing.window_start <= standing.at
    is_same_day = standing.day is not None and standing.day.isoformat() == details.get("date")
    return is_same_day and not has_begun and standing.day is not None and standing.today <= standing.day


def _are_stops_left(standing: Standing, details: Mapping[str, Any]) -> bool:
    if standing.stops_before is None or standing.has_arrived:
        return False
    return standing.stops_before <= int(details.get("stops", standing.stops_before))


def _is_soon(standing: Standing, details: Mapping[str, Any]) -> bool:
    start, end = standing.window_start, standing.window_end
    if start is None or end is None or standing.stops_before is None or standing.has_arrived:
        return False
    within = timedelta(minutes=int(details.get("minutes", 0))) + SOON_TOLERANCE
    return standing.at < end and start - standing.at <= within


def _is_at_the_stop(standing: Standing, details: Mapping[str, Any]) -> bool:
    return standing.stops_before is not None


def _was_handed_over(standing: Standing, details: Mapping[str, Any]) -> bool:
    return standing.handover not in ELSEWHERE


def _is_elsewhere(standing: Standing, details: Mapping[str, Any]) -> bool:
    return standing.handover in ELSEWHERE


def _is_late(standing: Standing, details: Mapping[str, Any]) -> bool:
    return is_late(standing)


_MORE_CONDITIONS: Final[dict[Trigger, Callable[[Standing, Mapping[str, Any]], bool]]] = {
    Trigger.PLANNED: _is_still_to_come,
    Trigger.STOPS_AWAY: _are_stops_left,
    Trigger.ARRIVING_SOON: _is_soon,
    Trigger.ARRIVED: _is_at_the_stop,
    Trigger.DELIVERED: _was_handed_over,
    Trigger.DELIVERED_ELSEWHERE: _is_elsewhere,
    Trigger.DELAYED: _is_late,
}
