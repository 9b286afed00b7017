"""From the rows of a shipment to what its readers may know of it, at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from tracking import visibility
from tracking.changes import rules
from tracking.changes import services as changes
from tracking.changes.models import Action, Change, OfferedAction
from tracking.facts import history
from tracking.facts.allowed import DriverFact, Facts, ParcelFact, PickupFact, PositionFact, WindowFact
from tracking.proof import showing
from tracking.proof.showing import Shown
from tracking.rounds.models import RouteState, Stop, Vehicle
from tracking.shipments import window
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Parcel, Shipment, StatusEvent
from tracking.shipments.window import Cause, Window
from tracking.visibility import Door, Fix, Sight

AWAITED: Final = frozenset({Status.CREATED, Status.IN_TRANSIT, Status.AT_HUB, Status.PLANNED, Status.OUT_FOR_DELIVERY})
"""Statuses in which a time of delivery means something."""


@dataclass(frozen=True, slots=True)
class Record:
    """The rows that facts are read from: a shipment ``with_round``, every door that its driver has, what is offered.

    ``shown`` is what there is about the visits to its door, ``collected`` the choice of where it is collected.
    """

    shipment: Shipment
    parcels: Sequence[Parcel]
    events: Sequence[StatusEvent]
    round_stops: Sequence[Stop]
    offered: Sequence[OfferedAction] = ()
    shown: Shown = showing.NOTHING
    collected: Change | None = None


def gather(shipment: Shipment, *, fix: Fix | None, at: datetime) -> Facts:
    """Collect the facts of a shipment that was fetched ``with_round``.

    Four queries, however long its history; one more once somebody was at the door, and one while nobody is on the way.
    ``fix`` is the last fix that was published to this shipment's readers, and is judged once more here.
    """
    events = list(shipment.events.all())
    offered = changes.offered(shipment, at=at)
    parcels = list(shipment.parcels.all())
    shown, collected = showing.look_up(events), collected_as(shipment, at=at)
    record = Record(shipment, parcels, events, _round_stops(shipment), offered, shown, collected)
    return read(record, fix=fix, at=at)


def collected_as(shipment: Shipment, *, at: datetime) -> Change | None:
    """Find the choice of where a shipment is collected, if its shopper chose that and nobody is on the way with it."""
    if shipment.status not in rules.STILL:
        return None
    return changes.in_force_at(shipment, Action.PICKUP_POINT, at=at)


def read(record: Record, *, fix: Fix | None, at: datetime) -> Facts:
    """Read the facts off the rows of a shipment; no query."""
    shipment, round_stops = record.shipment, record.round_stops
    stop = shipment.stop
    stops_before = count_stops_before(stop, round_stops) if stop else None
    driver = _driver(shipment, stops_before, round_stops, fix=fix, at=at)
    position = driver.position if driver else None
    told = told_window(shipment, at=at)
    is_for_today = told is None or told.date == at.astimezone(shipment.zone).date()
    is_delayed = not shipment.is_finished and window.is_late(told or shipment.window, shipment.promised_end)
    as_of = max(shipment.changed_at, position.recorded_at) if position else shipment.changed_at
    return Facts(
        reference=shipment.reference,
        version=shipment.version,
        status=Status(shipment.status),
        status_label=_label(shipment.status, is_for_today=is_for_today),
        conditions=_conditions(shipment, stops_before, position, is_delayed=is_delayed),
        handover=shipment.handover if shipment.handover and shipment.status == Status.DELIVERED else None,
        window=_window(shipment, told) if told else None,
        stops_before=stops_before if shipment.is_out_for_delivery else None,
        driver=driver,
        parcels=tuple(_parcel(parcel, is_for_today=is_for_today) for parcel in record.parcels),
        events=history.tell(shipment, record.events),
        actions=_actions(record),
        as_of=as_of.astimezone(shipment.zone),
        pickup=_pickup(shipment, record.collected) if record.collected else None,
    )


def count_stops_before(stop: Stop, round_stops: Sequence[Stop]) -> int | None:
    """Count the stops that the driver still makes before this one; ``None`` where they are not coming to it.

    Stops of another route of theirs do not count.
    """
    if not stop.is_pending or stop.route.state != RouteState.ACTIVE:
        return None
    of_route = (other for other in round_stops if other.route_id == stop.route_id)
    return sum(other.is_pending and other.sequence < stop.sequence for other in of_route)


def sight_of(shipment: Shipment, stops_before: int | None, *, at: datetime) -> Sight:
    """Say what the rule of visibility needs to know of a shipment that was fetched ``with_round``."""
    return Sight(
        status=Status(shipment.status),
        stops_before=stops_before,
        window_start=shipment.window_start,
        from_stops=shipment.brand.shows_driver_from_stops,
        from_minutes=shipment.brand.shows_driver_from_minutes,
        is_driver_working=shipment.stop is not None and shipment.stop.route.shift.is_shared(at=at),
    )


def told_window(shipment: Shipment, *, at: datetime) -> Window | None:
    """Say when it comes, as it is told now: as it was told last, or else promised, but never past."""
    told = shipment.window or shipment.promise
    if told is None or shipment.status not in AWAITED:
        return None
    return window.not_past(told, at=at, zone=shipment.zone)


def doors_of(round_stops: Sequence[Stop]) -> list[Door]:
    """List the doors of a round that a position must not give away."""
    return [Door(stop.id, stop.latitude, stop.longitude) for stop in round_stops]


def _round_stops(shipment: Shipment) -> list[Stop]:
    """List every door that the driver of a shipment on its way has, on whichever route."""
    if shipment.stop is None or not shipment.is_out_for_delivery:
        return []
    return list(Stop.objects.kept().of_driver(shipment.stop.route.shift.driver_id))


def _driver(
    shipment: Shipment, stops_before: int | None, round_stops: Sequence[Stop], *, fix: Fix | None, at: datetime
) -> DriverFact | None:
    if shipment.stop is None or stops_before is None or not shipment.is_out_for_delivery:
        return None
    driver = shipment.stop.route.shift.driver
    position = None
    if (
        fix is not None
        and visibility.is_driver_visible(sight_of(shipment, stops_before, at=at), at=at)
        and visibility.is_shown(fix, doors_of(round_stops), shipment.stop.id, at=at)
    ):
        recorded_at = fix.recorded_at.astimezone(shipment.zone)
        is_stale = at - recorded_at > visibility.STALE_AFTER
        position = PositionFact(fix.latitude, fix.longitude, fix.heading, recorded_at, is_stale)
    return DriverFact(driver.given_name, Vehicle(driver.vehicle).value, position)


def _conditions(
    shipment: Shipment, stops_before: int | None, position: PositionFact | None, *, is_delayed: bool
) -> tuple[str, ...]:
    is_next = shipment.is_out_for_delivery and stops_before == 0
    is_near = shipment.stop is not None and shipment.stop.approached_at is not None
    holds = {
        "delayed": is_delayed,
        "next": is_next,
        "arriving": is_next and is_near,
        "stale": position is not None and position.is_stale,
    }
    return tuple(condition for condition, is_true in holds.items() if is_true)


def _pickup(shipment: Shipment, chosen: Change) -> PickupFact:
    said = chosen.details
    until = datetime.fromisoformat(said["kept_until"]).astimezone(shipment.zone) if "kept_until" in said else None
    return PickupFact(said.get("name", ""), said.get("address", ""), "–".join(said.get("opens", [])), until)


def _window(shipment: Shipment, told: Window) -> WindowFact:
    def local(moment: datetime | None) -> datetime | None:
        return moment and moment.astimezone(shipment.zone)

    return WindowFact(
        date=told.date,
        start=local(told.start),
        end=local(told.end),
        timezone=shipment.timezone,
        promised_start=local(shipment.promised_start),
        promised_end=local(shipment.promised_end),
        reason=str(Cause(shipment.window_cause).label) if shipment.window_cause else "",
    )


def _parcel(parcel: Parcel, *, is_for_today: bool) -> ParcelFact:
    return ParcelFact(parcel.number, parcel.status, _label(parcel.status, is_for_today=is_for_today))


def _label(status: str, *, is_for_today: bool) -> str:
    """Name a status; a plan is for today only where it is."""
    return _("Planned") if status == Status.PLANNED and not is_for_today else str(Status(status).label)


def _actions(record: Record) -> tuple[str, ...]:
    """Name what can be done from the link now, in the words of the public JSON."""
    shipment, offered = record.shipment, {row.action for row in record.offered}
    possible = {
        **{action.value: action in offered for action in Action},
        "preferences": not shipment.is_finished,
        "share": not shipment.is_finished,
        "feedback": shipment.status == Status.DELIVERED,
        "case": True,
        "dispute": _is_disputable(record),
        "proof": _is_proved(record),
    }
    return tuple(action for action, is_possible in possible.items() if is_possible)


def _is_disputable(record: Record) -> bool:
    attempt = showing.last_attempt(record.shipment, record.events)
    return attempt is not None and attempt.id not in record.shown.disputed


def _is_proved(record: Record) -> bool:
    delivered = showing.last_delivery(record.events)
    return delivered is not None and delivered.id in record.shown.proved
