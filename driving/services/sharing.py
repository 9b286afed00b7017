"""When sharing a driver's position ends at the latest, and the end of shifts that somebody forgot to end."""

from datetime import datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.conf import settings

from tracking.live import audience
from tracking.rounds import services as rounds
from tracking.rounds.models import Shift, ShiftState
from tracking.rounds.services import IllegalShiftStep
from tracking.shipments.models import Shipment


def ends_at(began_at: datetime, *, clock: time, zone: tzinfo) -> datetime:
    """Say when a clock in this zone shows a time next, after a shift has begun."""
    begun = began_at.astimezone(zone)
    ends = datetime.combine(begun.date(), clock, tzinfo=zone)
    return ends if ends > begun else datetime.combine(begun.date() + timedelta(days=1), clock, tzinfo=zone)


def limit(shift: Shift) -> None:
    """Set the end of sharing for a shift by the clock where its parcels go, if it has any. Twice is harmless."""
    zone = Shipment.objects.filter(stop__route__shift=shift).values_list("timezone", flat=True).first()
    if zone is not None:
        began_at = shift.started_at or shift.starts_at
        until = ends_at(began_at, clock=settings.SHARING_ENDS, zone=ZoneInfo(zone))
        rounds.limit_sharing(shift, until=until)


def sweep(*, at: datetime) -> None:
    """Limit the sharing of every open shift, hide whose is over, and end those whose planned end is over too."""
    for shift in Shift.objects.open().filter(shares_until=None):
        limit(shift)
    for driver_id in Shift.objects.open().filter(shares_until__lte=at).values_list("driver_id", flat=True):
        audience.refresh(driver_id, at=at)
    for shift in Shift.objects.open().filter(shares_until__lte=at, ends_at__lte=at):
        try:
            rounds.move_shift(shift, ShiftState.ENDED, at=at)
        except IllegalShiftStep:
            # The driver has ended it this very moment.
            continue
