"""The only writer of proof: what drivers took down at doors, PINs they were told, and what speaks for attempts."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from atlas import projection
from tracking.proof import attendance, pins, showing, signals
from tracking.proof.attendance import Attendance
from tracking.proof.images import StoredImage
from tracking.proof.models import NEAR_ENOUGH_M, Evidence, Flag, Kind, Measure, PinDay, Proof
from tracking.proof.pins import PinResult
from tracking.rounds.models import Driver, Position
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.services import versions


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the phone was, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One thing that a driver took down at a door, as the driver's page tells it.

    ``source_key`` is the page's own name of it, at most 64 characters: the same one twice is kept once. A picture comes
    as ``images.store`` made it, a name or a place as ``words``, and a PIN as it was typed (``words`` too; empty where
    none was given): whether it is right is kept, the PIN is not.
    """

    kind: Kind
    source_key: str
    at: datetime
    driver: Driver | None = None
    device: str = ""
    words: str = ""
    image: StoredImage | None = None
    where: Whereabouts | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a driver's page says about an attempt: where the phone was, and for how long it had been near the door."""

    where: Whereabouts
    dwell_seconds: int


class NotAnAttempt(Exception):
    """This event says something else than that somebody was at the door."""


class NothingToDispute(Exception):
    """No attempt of this shipment can be disputed now."""


@transaction.atomic
def keep(event: StatusEvent, taken: Taken, *, at: datetime) -> Proof:
    """Write down what a driver took, for the event it proves. Twice is harmless: the first time stands.

    A PIN is judged by the day on which it was typed. One that was accepted without a signal and is wrong is kept with a
    flag, for the desk to look into.
    """
    shipment = versions.lock(event.shipment)
    known = Proof.objects.filter(event=event, source_key=taken.source_key).first()
    if known is not None:
        return known
    image, where = taken.image, taken.where
    proof = Proof.objects.create(
        event=event,
        kind=taken.kind,
        taken_at=taken.at,
        received_at=at,
        driver=taken.driver,
        device=taken.device,
        source_key=taken.source_key,
        words="" if taken.kind is Kind.PIN else taken.words,
        flag=_judge_pin(shipment, taken) if taken.kind is Kind.PIN else "",
        latitude=where.latitude if where else None,
        longitude=where.longitude if where else None,
        image=image.name if image else "",
        width=image.width if image else None,
        height=image.height if image else None,
        digest=image.digest if image else "",
    )
    versions.touch([shipment.id], at=at)
    ids = {"event_id": event.id, "shipment_id": shipment.id}
    transaction.on_commit(lambda: signals.proof_kept.send_robust(Proof, **ids))
    return proof


@transaction.atomic
def try_pin(shipment: Shipment, typed: str, *, at: datetime) -> PinResult:
    """Try the PIN of a day, one try at a time; after five wrong ones none is right until the day is over."""
    day, _ = PinDay.objects.get_or_create(shipment=shipment, day=pins.day_of(shipment, at=at))
    day = PinDay.objects.select_for_update().get(id=day.id)
    if day.wrong >= pins.MOST_WRONG:
        return PinResult.LOCKED
    if not pins.is_right(shipment, typed, at=at):
        PinDay.objects.filter(id=day.id).update(wrong=F("wrong") + 1)
        return PinResult.WRONG
    PinDay.objects.filter(id=day.id, right_at=None).update(right_at=at)
    return PinResult.RIGHT


@transaction.atomic
def note_attempt(event: StatusEvent, *, driver: Driver | None, claim: Claim | None, at: datetime) -> Evidence:
    """Write down what speaks for an attempt. Twice is harmless: the first time stands.

    Measured by the driver's positions where they were seen around that moment, else by what their page claims. Who was
    too far away or too short there is called to account at once: ``attempt_disputed`` is sent without anybody's tap.

    Raises ``NotAnAttempt``.
    """
    if event.status != Status.ATTEMPTED:
        raise NotAnAttempt
    shipment = versions.lock(event.shipment)
    measured_by, found = _measure(event, shipment, driver, claim)
    evidence, is_new = Evidence.objects.get_or_create(
        event=event,
        defaults={
            "measured_by": measured_by,
            "distance_m": found.distance_m if found else None,
            "dwell_seconds": found.dwell_seconds if found else None,
            "recorded_at": at,
        },
    )
    if is_new and evidence.is_bad:
        _call(event)
    return evidence


@transaction.atomic
def dispute(shipment: Shipment, *, at: datetime) -> Evidence:
    """Let the shopper say that nobody was at their door, about the last attempt.

    Raises ``NothingToDispute`` where there is none, or they have said so before.
    """
    shipment = versions.lock(shipment)
    event = showing.last_attempt(shipment, list(shipment.events.all()))
    if event is None:
        raise NothingToDispute
    evidence, _ = Evidence.objects.get_or_create(
        event=event, defaults={"measured_by": Measure.NOBODY, "recorded_at": at}
    )
    if evidence.disputed_at is not None:
        raise NothingToDispute
    evidence.disputed_at = at
    evidence.save(update_fields=["disputed_at"])
    versions.touch([shipment.id], at=at)
    _call(event)
    return evidence


def _judge_pin(shipment: Shipment, taken: Taken) -> Flag | str:
    if not taken.words:
        return Flag.MISSING
    flags = {PinResult.RIGHT: "", PinResult.WRONG: Flag.WRONG, PinResult.LOCKED: Flag.LOCKED}
    return flags[try_pin(shipment, taken.words, at=taken.at)]


def _measure(
    event: StatusEvent, shipment: Shipment, driver: Driver | None, claim: Claim | None
) -> tuple[Measure, Attendance | None]:
    """Measure an attempt as well as it can be; nobody can where the door is not on the map."""
    if shipment.latitude is None or shipment.longitude is None:
        return Measure.NOBODY, None
    door, moment = (shipment.latitude, shipment.longitude), event.occurred_at
    around = (moment - attendance.LOOKED_BACK, moment)
    seen = Position.objects.filter(driver=driver, recorded_at__range=around).order_by("recorded_at") if driver else []
    found = attendance.measure(list(seen), door, near_m=NEAR_ENOUGH_M, at=moment)
    if found is not None:
        return Measure.POSITIONS, found
    if claim is not None:
        distance = projection.distance_m(claim.where.latitude, claim.where.longitude, *door)
        return Measure.PHONE, Attendance(float(distance), claim.dwell_seconds)
    return Measure.NOBODY, None


def _call(event: StatusEvent) -> None:
    ids = {"event_id": event.id, "shipment_id": event.shipment_id}
    transaction.on_commit(lambda: signals.attempt_disputed.send_robust(Evidence, **ids))
