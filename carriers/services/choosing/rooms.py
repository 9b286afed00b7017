"""How many deliveries carriers still take on a day. Reads only."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Count, F

from carriers.models.choices import Choice, Profile
from carriers.scoring.scales import TO_FIGURES, Figure
from dispatch.models import Duty
from tracking.shipments.lifecycle import Status

HOUR: Final = timedelta(hours=1)
AROUND: Final = timedelta(days=2)
"""By so much a day of some place on earth may lie beside the same day of UTC, and a little more."""

Key = tuple[int, date]
"""A carrier's id and a day."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many deliveries carriers take on days, as far as anybody knows, and how many of these are gone."""

    places: Mapping[Key, int]
    taken: Counter[Key] = field(default_factory=Counter)

    def figure(self, carrier_id: int, day: date) -> Figure:
        """Give the share of a day's room that is free; nothing where nobody knows of any limit."""
        places = self.places.get((carrier_id, day))
        if places is None:
            return Figure()
        free = max(0, places - self.taken[carrier_id, day])
        return Figure((Decimal(free) / max(1, places)).quantize(TO_FIGURES))

    def is_full(self, carrier_id: int, day: date) -> bool:
        """Say whether a carrier takes nothing more on a day."""
        places = self.places.get((carrier_id, day))
        return places is not None and self.taken[carrier_id, day] >= places


def of(profiles: Iterable[Profile], days: Collection[date], *, without: int | None = None) -> Room:
    """Find the room that carriers have on days, less what was chosen for them and is theirs still. Two queries.

    ``without`` is a shipment that takes up none.
    """
    known = list(profiles)
    hours = _hours(days)
    places = {
        (profile.carrier_id, day): limit
        for profile in known
        for day in days
        if (limit := _limit(profile, hours.get((profile.carrier_id, day), timedelta()))) is not None
    }
    theirs = Choice.objects.filter(day__in=days, carrier=F("shipment__carrier")).exclude(shipment=without)
    still = theirs.exclude(shipment__status=Status.CANCELLED).order_by().values_list("carrier", "day")
    taken = {(carrier, day): n for carrier, day, n in still.annotate(n=Count("shipment", distinct=True))}
    return Room(places, Counter(taken))


def _limit(profile: Profile, worked: timedelta) -> int | None:
    if profile.deliveries_a_day is not None:
        return profile.deliveries_a_day
    return None if profile.deliveries_an_hour is None else worked * profile.deliveries_an_hour // HOUR


def _hours(days: Collection[date]) -> dict[Key, timedelta]:
    """Add up the shifts of each carrier that begin on each day, by the clock of their hub."""
    if not days:
        return {}
    first, last = (datetime.combine(pick(days), time(), UTC) for pick in (min, max))
    duties = Duty.objects.filter(shift__starts_at__gte=first - AROUND, shift__starts_at__lt=last + AROUND)
    found: dict[Key, timedelta] = {}
    rows = duties.values_list("shift__driver__carrier", "shift__starts_at", "shift__ends_at", "hub__timezone")
    for carrier_id, starts_at, ends_at, zone in rows:
        key = carrier_id, starts_at.astimezone(ZoneInfo(zone)).date()
        found[key] = found.get(key, timedelta()) + (ends_at - starts_at)
    return found
