"""What the readers of a shipment were told at any minute: its rows as they were then, read as they are read now.

What is written once and dated is as it was: events by when they were received, parcels and status as these have it, the
ledger of the window, when a driver set off, came near and was done at a door. What is overwritten and not dated is a
``Doubt``, which says what may have been told instead.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from tracking.facts import gathering
from tracking.facts.allowed import Facts
from tracking.facts.gathering import Record
from tracking.proof import showing
from tracking.rounds.models import RouteState, ShiftState, Stop, StopState
from tracking.shipments import lifecycle
from tracking.shipments.lifecycle import FINISHED, Status
from tracking.shipments.models import Parcel, Shipment, StatusEvent, WindowChange
from tracking.shipments.services import stops
from tracking.visibility import Fix

KEEP_HANDOVER: Final = frozenset({Status.DELIVERED, Status.RETURNING, Status.RETURNED})
"""Statuses in which it is still known who had taken it."""


class NotYet(Exception):
    """The shipment was not known to us at that moment."""


class Doubt(TextChoices):
    """What cannot be known of a moment that has gone by, in the words the desk reads."""

    PROMISE = "promise", _("When a promise was given or changed is not kept: the one of now is shown.")
    HANDOVER = "handover", _("Who had taken it is not kept, because the delivery was corrected since.")
    ROUND = "round", _("Which round it was on is not kept: stops and driver are left out.")
    SAME_ROUND = "same_round", _("It is taken for granted that it was on the round that it is on now.")
    STOPS = "stops", _("When a stop was taken out is not kept: it may have counted, and hidden the driver near it.")
    BREAK = "break", _("When the driver had a break is not kept: nobody saw them meanwhile.")


@dataclass(frozen=True, slots=True)
class Past:
    """A shipment as it was at one moment, the ledger of its window by then (newest first), and what is in doubt."""

    record: Record
    ledger: Sequence[WindowChange]
    doubts: frozenset[Doubt]

    @property
    def shipment(self) -> Shipment:
        return self.record.shipment

    def facts(self, *, fix: Fix | None, at: datetime) -> Facts:
        """Tell what was told then; ``fix`` is the last one that had been published to the readers."""
        return gathering.read(self.record, fix=fix, at=at)


class _Step(NamedTuple):
    """What the receipt of an event did to the status."""

    at: datetime
    before: Status
    after: Status

    @property
    def is_off_the_round(self) -> bool:
        return stops.is_off_the_round(self.before, self.after)


def recall(shipment: Shipment, *, at: datetime) -> Past:
    """Put the rows of a shipment that was fetched ``with_round`` together as they were. At most seven queries.

    Where anything has changed since, the version is 0 and its moment the last that is dated: no page shows either.

    Raises ``NotYet``.
    """
    if at < shipment.created_at:
        raise NotYet
    parcels = list(shipment.parcels.all())
    received = sorted(shipment.events.all(), key=lambda event: (event.received_at, event.id))
    steps = _steps(received, parcels)
    events = [event for event in received if event.received_at <= at]
    ledger = list(shipment.window_changes.filter(at__lte=at).order_by("-at", "-id"))
    then = copy(shipment)
    then.status = _status(events, parcels)
    if shipment.changed_at > at:
        then.version, then.changed_at = 0, max(moment for moment in _dated(events, ledger))
    _put_window(then, ledger, [step for step in steps if step.at <= at])
    doubts = {*_put_handover(then, [step for step in steps if step.at > at]), *_put_round(then, steps, at=at)}
    if then.promised_end is not None:
        doubts.add(Doubt.PROMISE)
    round_stops, missing = _put_stops(then, at=at)
    known = [_parcel(parcel, events) for parcel in parcels]
    shown, collected = showing.look_up(events, by=at), gathering.collected_as(then, at=at)
    record = Record(then, known, events, round_stops, shown=shown, collected=collected)
    return Past(record, ledger, frozenset(doubts | missing))


def round_of(driver_id: int, *, at: datetime) -> list[Stop]:
    """List the doors that a driver had at a moment, each as it was; one that was taken out since is as it is."""
    of_driver = Stop.objects.filter(route__shift__driver=driver_id, route__started_at__lte=at)
    under_way = of_driver.filter(Q(route__finished_at=None) | Q(route__finished_at__gt=at))
    return [_stop(stop, at=at) for stop in under_way.select_related("route__shift")]


def _dated(events: Iterable[StatusEvent], ledger: Iterable[WindowChange]) -> list[datetime]:
    return [*(event.received_at for event in events), *(line.at for line in ledger)]


def _steps(received: Sequence[StatusEvent], parcels: Sequence[Parcel]) -> list[_Step]:
    """Say what each event did when it was received."""
    statuses = [_status(received[:known], parcels) for known in range(len(received) + 1)]
    return [_Step(event.received_at, *statuses[number : number + 2]) for number, event in enumerate(received)]


def _status(events: Sequence[StatusEvent], parcels: Sequence[Parcel]) -> Status:
    """Say where a shipment stands of which these events are known."""
    if not parcels:
        return lifecycle.fold(events)
    return lifecycle.combine(Status(_parcel(parcel, events).status) for parcel in parcels)


def _parcel(parcel: Parcel, events: Iterable[StatusEvent]) -> Parcel:
    then = copy(parcel)
    then.status = lifecycle.fold(event for event in events if event.parcel_id in (None, parcel.id))
    return then


def _put_window(then: Shipment, ledger: Sequence[WindowChange], steps: Iterable[_Step]) -> None:
    """Set the window that was told last, unless the shipment has left its round since without an end."""
    told = ledger[0] if ledger else None
    if told and any(step.at > told.at and step.is_off_the_round and step.after not in FINISHED for step in steps):
        told = None
    then.window_date, then.window_cause = (told.date, told.cause) if told else (None, "")
    then.window_start, then.window_end = (told.start, told.end) if told else (None, None)


def _put_handover(then: Shipment, later: Iterable[_Step]) -> set[Doubt]:
    if then.status != Status.DELIVERED or all(step.after in KEEP_HANDOVER for step in later):
        return set()
    then.handover = ""
    return {Doubt.HANDOVER}


def _put_round(then: Shipment, steps: Sequence[_Step], *, at: datetime) -> set[Doubt]:
    """Set the stop as it was, where it can be told that this was the stop."""
    if not then.is_out_for_delivery:
        then.stop = None
        return set()
    left = [step.at for step in steps if step.is_off_the_round]
    if then.stop is None or _is_of_another_day(then.stop, left, at=at):
        then.stop = None
        return {Doubt.ROUND}
    then.stop = _stop(then.stop, at=at)
    if then.stop.state == StopState.REMOVED:
        then.stop.state = StopState.PENDING
    return {Doubt.SAME_ROUND}


def _is_of_another_day(stop: Stop, left: Sequence[datetime], *, at: datetime) -> bool:
    """Say whether the shipment may have got this stop only after it had left another one."""
    started_at = stop.route.started_at
    if stop.state == StopState.REMOVED and any(moment <= at for moment in left):
        return True
    return any(moment > at and (started_at is None or moment < started_at) for moment in left)


def _put_stops(then: Shipment, *, at: datetime) -> tuple[list[Stop], set[Doubt]]:
    """List the doors of the round; gives also what is in doubt because some were taken out."""
    own = then.stop
    if own is None:
        return [], set()
    known = {stop.id: stop for stop in round_of(own.route.shift.driver_id, at=at)}
    if own.id in known:
        known[own.id] = own
    kept = [stop for stop in known.values() if stop.state != StopState.REMOVED]
    return kept, {Doubt.BREAK, *([Doubt.STOPS] if len(kept) < len(known) else [])}


def _stop(stop: Stop, *, at: datetime) -> Stop:
    """Give a stop, its route and its shift as they were."""
    then, route, shift = copy(stop), copy(stop.route), copy(stop.route.shift)
    known_at = stop.settled_at or stop.done_at
    if stop.state == StopState.DONE and known_at is not None and known_at > at:
        then.state, then.done_at = StopState.PENDING, None
    if stop.approached_at is not None and stop.approached_at > at:
        then.approached_at = None
    if route.started_at is None or route.started_at > at:
        route.state = RouteState.PLANNED
    elif route.finished_at is not None and route.finished_at > at:
        route.state = RouteState.ACTIVE
    if shift.started_at is None or shift.started_at > at:
        shift.state = ShiftState.PLANNED
    elif shift.ended_at is not None and shift.ended_at > at:
        shift.state = ShiftState.WORKING
    then.route, route.shift = route, shift
    return then
