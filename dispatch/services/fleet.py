"""The only writer of duties: who works when, with what, from where."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from dispatch import slots
from dispatch.models import Duty, Hub, Skill, VehicleType
from tracking.rounds import services as rounds
from tracking.rounds.models import Driver, RouteState, Shift


class Overlapping(Exception):
    """The driver works at that time already."""


class UnderWay(Exception):
    """The shift has begun, or has a route that has set off."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A break that begins from ``since`` to ``until`` and lasts for ``seconds``."""

    since: datetime
    until: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class Work:
    """What a driver works with: from which hub, in which vehicle, with which skills."""

    hub: Hub
    vehicle_type: VehicleType
    skills: Collection[Skill] = ()


@transaction.atomic
def enter(driver: Driver, work: Work, *, starts_at: datetime, ends_at: datetime, pause: Pause | None = None) -> Duty:
    """Enter a shift of a driver, at any hour of any day, with all that a plan needs to know of it.

    Raises ``Overlapping``; nothing has changed then.
    """
    Driver.objects.select_for_update().get(id=driver.id)
    if is_at_work(driver, starts_at, ends_at):
        raise Overlapping(f"Driver {driver.id} works at that time already.")
    return equip(rounds.plan_shift(driver, starts_at=starts_at, ends_at=ends_at), work, pause=pause)


@transaction.atomic
def equip(shift: Shift, work: Work, *, pause: Pause | None = None) -> Duty:
    """Say of a shift that was entered elsewhere what it is worked with.

    Raises ``django.db.IntegrityError`` where that was said before.
    """
    duty = Duty.objects.create(
        shift=shift,
        hub=work.hub,
        vehicle_type=work.vehicle_type,
        pause_from=pause.since if pause else None,
        pause_until=pause.until if pause else None,
        pause_seconds=pause.seconds if pause else 0,
    )
    duty.skills.set(work.skills)
    return duty


def is_at_work(driver: Driver, starts_at: datetime, ends_at: datetime) -> bool:
    """Say whether a driver has a shift at any moment between these two."""
    return Shift.objects.filter(driver=driver, starts_at__lt=ends_at, ends_at__gt=starts_at).exists()


def repeat(duty: Duty, days: Iterable[date]) -> list[Duty]:
    """Enter the same duty on other days, by the clock of the hub; a day on which the driver works already is left out.

    The duty was fetched with its shift and hub. A day of another length keeps the hours on the clock.
    """
    zone = duty.hub.zone
    work = Work(duty.hub, duty.vehicle_type, list(duty.skills.all()))
    first = duty.shift.starts_at.astimezone(zone).date()

    def on(day: date, moment: datetime) -> datetime:
        local = moment.astimezone(zone)
        return slots.moment(day + (local.date() - first), local.time(), zone=zone)

    entered = []
    for day in days:
        pause = None
        if duty.pause_from and duty.pause_until:
            pause = Pause(on(day, duty.pause_from), on(day, duty.pause_until), duty.pause_seconds)
        span = {"starts_at": on(day, duty.shift.starts_at), "ends_at": on(day, duty.shift.ends_at)}
        try:
            entered.append(enter(duty.shift.driver, work, pause=pause, **span))
        except Overlapping:
            continue
    return entered


@transaction.atomic
def cancel(duty: Duty) -> None:
    """Take a duty out of the calendar before it begins, with its shift and the routes that nothing is on.

    Raises ``UnderWay`` where it has begun, or where a route of it has stops to come.
    """
    shift = Shift.objects.select_for_update().get(id=duty.shift_id)
    is_used = shift.routes.exclude(state=RouteState.PLANNED).exists() or shift.routes.filter(stops__state="pending")
    if shift.started_at is not None or is_used:
        raise UnderWay(f"Shift {shift.id} has begun, or has stops to come.")
    rounds.cancel_shift(shift)
