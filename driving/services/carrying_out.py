"""What follows from each thing that a driver does. Every step is called within a transaction, once.

Nothing that happened at a door is ever refused for its order: it is reported to ``shipments`` with its own moment, and
the status follows from all that is known. What has no effect any more says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict, Unpack

from django.db.models import Q

from driving.models import DriveLink, DriverAction, Flag, Kind, Outcome
from driving.said import Said
from driving.services import sharing
from tracking import connection
from tracking.changes import services as changes
from tracking.changes.models import Action
from tracking.live import breadcrumbs
from tracking.proof import services as proof
from tracking.proof.images import StoredImage
from tracking.proof.models import Kind as ProofKind
from tracking.proof.models import Measure
from tracking.proof.pins import PinResult
from tracking.proof.services import Taken
from tracking.rounds import services as rounds
from tracking.rounds.models import RouteState, Shift, ShiftState
from tracking.rounds.services import IllegalShiftStep
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import FINISHED, Handover, Status
from tracking.shipments.models import Parcel, Shipment, StatusEvent
from tracking.shipments.reasons import Reason
from tracking.shipments.services import Report

SOURCE: Final = "driver"

NOT_WANTED: Final = FINISHED | {Status.ON_HOLD, Status.DAMAGED, Status.RETURNING}
"""Statuses in which nobody loads a parcel, although it lies there."""

DEVICE: Final = "driver's page"


class NotYours(Exception):
    """This shipment is not on any route of this shift, and never was loaded for it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is being carried out: the action as it is written down, its link, what was said, the pictures stored."""

    action: DriverAction
    link: DriveLink
    said: Said
    images: Mapping[ProofKind, StoredImage]
    at: datetime

    @property
    def moment(self) -> datetime:
        return self.action.occurred_at


@dataclass(frozen=True, slots=True)
class Result:
    """What became of it."""

    outcome: Outcome = Outcome.DONE
    flags: tuple[Flag, ...] = ()
    shipment: Shipment | None = None
    keeps_pictures: bool = False


def gather_positions() -> None:
    """Have the database know where the driver was a moment ago; without Redis it does already."""
    try:
        breadcrumbs.flush()
    except connection.Away:
        return


def _move(scene: Scene, to: ShiftState) -> Result:
    try:
        rounds.move_shift(scene.link.shift, to, at=scene.moment)
    except IllegalShiftStep:
        return Result(Outcome.OVERTAKEN)
    return Result()


def _start(scene: Scene) -> Result:
    """Begin the shift; one that was forgotten before ends now, because a driver has one at a time."""
    shift = scene.link.shift
    for forgotten in Shift.objects.open().filter(driver=shift.driver_id).exclude(id=shift.id):
        rounds.move_shift(forgotten, ShiftState.ENDED, at=scene.moment)
    result = _move(scene, ShiftState.WORKING)
    shift.refresh_from_db(fields=["state", "started_at"])
    sharing.limit(shift)
    return result


def _scan(scene: Scene) -> Result:
    """Take a parcel on board: from now on it is out for delivery (FEATURES T15)."""
    parcel = _find_parcel(scene)
    if parcel is None:
        is_known = Parcel.objects.filter(number__iexact=scene.said.number).exists()
        return Result(Outcome.REFUSED, (Flag.OTHER_ROUTE if is_known else Flag.UNKNOWN_PARCEL,))
    shipment = parcel.shipment
    if shipment.status in NOT_WANTED:
        return Result(Outcome.REFUSED, (Flag.NOT_WANTED,), shipment)
    if parcel.status == Status.OUT_FOR_DELIVERY:
        return Result(Outcome.OVERTAKEN, (Flag.SCANNED_BEFORE,), shipment)
    _report(scene, shipment, Status.OUT_FOR_DELIVERY, parcel_number=parcel.number, place=_hub_of(shipment))
    return Result(shipment=shipment)


def _set_off(scene: Scene) -> Result:
    """Set the next route off; only one is driven at a time."""
    routes = scene.link.shift.routes.exclude(state=RouteState.FINISHED).order_by("departs_at", "id")
    route = routes.first()
    if route is None or routes.filter(state=RouteState.ACTIVE).exists():
        return Result(Outcome.OVERTAKEN)
    shipments.set_off(route, at=scene.moment)
    return Result()


def _arrive(scene: Scene) -> Result:
    shipment = _find_shipment(scene)
    if shipment.stop is None or not shipment.stop.is_pending:
        return Result(Outcome.OVERTAKEN, shipment=shipment)
    rounds.arrive(shipment.stop, at=scene.moment)
    return Result(shipment=shipment)


def _deliver(scene: Scene) -> Result:
    """Hand a shipment over, and keep the proof. A wrong PIN is refused while that can still be said at the door."""
    shipment = _find_shipment(scene)
    if shipment.status == Status.DELIVERED:
        return Result(Outcome.OVERTAKEN, shipment=shipment)
    flags = _oddities(shipment)
    refusal = None if scene.said.is_late else _try_pin(scene, shipment)
    if refusal is not None:
        return Result(Outcome.REFUSED, (refusal,), shipment)
    event = _report(scene, shipment, Status.DELIVERED, handover=scene.said.handover or Handover.RECIPIENT)
    flags += _keep_proofs(scene, event, shipment)
    shipment.refresh_from_db(fields=["status"])
    outcome = Outcome.DONE if shipment.status == Status.DELIVERED else Outcome.OVERTAKEN
    return Result(outcome, flags, shipment, keeps_pictures=True)


def _attempt(scene: Scene) -> Result:
    """Note that a shipment could not be handed over, and what speaks for it that somebody tried."""
    shipment = _find_shipment(scene)
    if shipment.status in FINISHED:
        return Result(Outcome.OVERTAKEN, shipment=shipment)
    flags = _oddities(shipment)
    event = _report(scene, shipment, Status.ATTEMPTED, reason=scene.said.reason)
    _keep_pictures(scene, event)
    driver = scene.link.shift.driver
    evidence = proof.note_attempt(event, driver=driver, claim=scene.said.claim, at=scene.at)
    if evidence.measured_by == Measure.NOBODY:
        flags += (Flag.NO_EVIDENCE,)
    elif evidence.is_bad:
        flags += (Flag.BAD_EVIDENCE,)
    return Result(flags=flags, shipment=shipment, keeps_pictures=True)


def _pause(scene: Scene) -> Result:
    return _move(scene, ShiftState.ON_BREAK)


def _resume(scene: Scene) -> Result:
    return _move(scene, ShiftState.WORKING)


def _end(scene: Scene) -> Result:
    return _move(scene, ShiftState.ENDED)


STEPS: Final[Mapping[Kind, Callable[[Scene], Result]]] = {
    Kind.START: _start,
    Kind.SCAN: _scan,
    Kind.SET_OFF: _set_off,
    Kind.ARRIVE: _arrive,
    Kind.DELIVER: _deliver,
    Kind.ATTEMPT: _attempt,
    Kind.PAUSE: _pause,
    Kind.RESUME: _resume,
    Kind.END: _end,
}


def _find_parcel(scene: Scene) -> Parcel | None:
    """Find a parcel by its number on the routes that are still to be driven; of two, the one that is not on board."""
    on_routes = Parcel.objects.filter(
        Q(shipment__stop__route__shift=scene.link.shift_id) & ~Q(shipment__stop__route__state=RouteState.FINISHED),
        number__iexact=scene.said.number,
    )
    parcels = list(on_routes.select_related("shipment__stop__route__hub").order_by("id"))
    for parcel in parcels:
        _lock(parcel.shipment)
        parcel.refresh_from_db(fields=["status"])
    waiting = [parcel for parcel in parcels if parcel.status != Status.OUT_FOR_DELIVERY]
    return next(iter(waiting or parcels), None)


def _find_shipment(scene: Scene) -> Shipment:
    """Find and lock the shipment that an action is about.

    Raises ``NotYours`` where it neither is on a route of this shift nor was loaded for one.
    """
    loaded = scene.link.actions.filter(kind=Kind.SCAN, outcome=Outcome.DONE).values("shipment")
    known = Shipment.objects.filter(Q(stop__route__shift=scene.link.shift_id) | Q(id__in=loaded))
    shipment = known.select_related("stop", "brand").filter(id__in=[scene.said.shipment_id]).first()
    if shipment is None:
        raise NotYours
    _lock(shipment)
    return shipment


def _lock(shipment: Shipment) -> None:
    """Let nobody else change a shipment until the end of the transaction; they all lock its route first."""
    if shipment.stop is not None:
        rounds.lock_route(shipment.stop.route_id)
    shipment.refresh_from_db(fields=["status"])


def _hub_of(shipment: Shipment) -> str:
    return shipment.stop.route.hub.name if shipment.stop else ""


def _oddities(shipment: Shipment) -> tuple[Flag, ...]:
    if shipment.status in NOT_WANTED:
        return (Flag.NOT_WANTED,)
    return () if shipment.status in {Status.OUT_FOR_DELIVERY, Status.ATTEMPTED} else (Flag.NOT_LOADED,)


class _Details(TypedDict, total=False):
    handover: Handover
    reason: Reason | None
    place: str
    parcel_number: str


def _report(scene: Scene, shipment: Shipment, status: Status, **details: Unpack[_Details]) -> StatusEvent:
    """Report what happened to a shipment, as an event of this action's own."""
    report = Report(SOURCE, str(scene.action.id), scene.moment, status, **details)
    shipments.ingest(shipment, report, at=scene.at)
    return StatusEvent.objects.get(source=SOURCE, external_id=report.external_id)


def _try_pin(scene: Scene, shipment: Shipment) -> Flag | None:
    """Try the PIN while the driver is at the door; without one there is nothing to try."""
    if not (shipment.brand.asks_for_pin and scene.said.pin):
        return None
    refusals = {PinResult.WRONG: Flag.PIN_WRONG, PinResult.LOCKED: Flag.PIN_LOCKED}
    return refusals.get(proof.try_pin(shipment, scene.said.pin, at=scene.moment))


def _keep_proofs(scene: Scene, event: StatusEvent, shipment: Shipment) -> tuple[Flag, ...]:
    """Keep the pictures, the name, the place and the PIN; says what is wrong with the PIN."""
    _keep_pictures(scene, event)
    for kind, words in ((ProofKind.NAME, scene.said.name), (ProofKind.PLACE, scene.said.place)):
        if words:
            proof.keep(event, _taken(scene, kind, words=words), at=scene.at)
    if not shipment.brand.asks_for_pin or _is_nobody_there_to_ask(scene, shipment):
        return ()
    kept = proof.keep(event, _taken(scene, ProofKind.PIN, words=scene.said.pin), at=scene.at)
    return (Flag(f"pin_{kept.flag}"),) if kept.flag else ()


def _is_nobody_there_to_ask(scene: Scene, shipment: Shipment) -> bool:
    """Say whether it was left in a safe place as its shopper had asked, so that nobody could tell a PIN."""
    if scene.said.pin or scene.said.handover != Handover.SAFE_PLACE:
        return False
    return changes.in_force_at(shipment, Action.SAFE_PLACE, at=scene.moment) is not None


def _keep_pictures(scene: Scene, event: StatusEvent) -> None:
    for kind, image in scene.images.items():
        proof.keep(event, _taken(scene, kind, image=image), at=scene.at)


def _taken(scene: Scene, kind: ProofKind, *, words: str = "", image: StoredImage | None = None) -> Taken:
    return Taken(
        kind=kind,
        source_key=f"{scene.action.key}-{kind}",
        at=scene.moment,
        driver=scene.link.shift.driver,
        device=DEVICE,
        words=words,
        image=image,
        where=scene.said.claim.where if scene.said.claim else None,
    )
