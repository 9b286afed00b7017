"""The only writer of demands: what each shipment asks of a plan.

Everybody has one from the start, with what is usual; whoever knows better (a checkout, a shopper, the desk) says so.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from atlas import projection
from dispatch import holidays, slots
from dispatch.models import Demand, Hub
from dispatch.models.plans import Way
from tracking.rounds.models import CarrierKind, Place, PlaceKind
from tracking.shipments.models import Shipment, ShipmentQuerySet

PARCEL_MASS_G: Final = 1_000
PARCEL_VOLUME_ML: Final = 8_000
"""Of a parcel that nobody weighed."""

AT_ONCE: Final = 500


def ours(path: str = "") -> Q:
    """Say which shipments are ours to bring, and no partner's; ``path`` leads to them."""
    carrier = f"{path}carrier"
    kinds = [CarrierKind.OWN_FLEET, CarrierKind.CROWD]
    return Q(**{carrier: None}) | Q(**{f"{carrier}__kind__in": kinds}) | ~Q(**{f"{carrier}__fleet": None})


def unheard() -> ShipmentQuerySet:
    """Find the shipments that are ours to bring and have no demand yet."""
    # Not by status: what is open is found by its index, among all that ever was.
    return Shipment.objects.filter(ours(), finished_at=None, demand=None)


def take_in(shipment: Shipment, *, at: datetime) -> Demand | None:
    """Write down what a shipment asks for, as far as its own row says; ``None`` where a carrier sees to it.

    Brought from the nearest hub, within what was promised or told, or on the next working day. Twice is harmless:
    what is known already stays, also while a carrier sees to it.
    """
    known = Demand.objects.filter(ours("shipment__"), shipment=shipment).first()
    if known is not None or not unheard().filter(id=shipment.id).exists():
        return known
    demand = assume(shipment, hub_for(shipment, Hub.objects.select_related("place")), at=at)
    fields = ("hub", "mass_g", "volume_ml", "earliest", "latest")
    defaults = {field: getattr(demand, field) for field in fields}
    return Demand.objects.get_or_create(shipment=shipment, defaults=defaults)[0]


def assume(shipment: Shipment, hub: Hub | None, *, at: datetime) -> Demand:
    """Make up what a shipment asks for that nobody said anything of. Not written down."""
    earliest, latest = _usual_time(shipment, hub, at=at)
    parcels = max(1, len(shipment.parcels.all()))
    return Demand(
        shipment=shipment,
        hub=hub,
        mass_g=parcels * PARCEL_MASS_G,
        volume_ml=parcels * PARCEL_VOLUME_ML,
        earliest=earliest,
        latest=latest,
    )


def take_in_missing(*, at: datetime) -> int:
    """Take in whatever nobody was told of; gives how many that were."""
    found = unheard().order_by("id")[:AT_ONCE]
    return sum(take_in(shipment, at=at) is not None for shipment in found)


def hub_for(shipment: Shipment, hubs: Iterable[Hub]) -> Hub | None:
    """Choose the hub that a shipment leaves from: where it is, or else the nearest that reaches it."""
    known = {hub.place_id: hub for hub in hubs}
    if shipment.hub_id in known:
        return known[shipment.hub_id]
    if shipment.latitude is None or shipment.longitude is None:
        return None
    here = (shipment.latitude, shipment.longitude)
    away = {hub_id: away_m(hub, here) for hub_id, hub in known.items()}
    reaching = [hub_id for hub_id, hub in known.items() if away[hub_id] <= hub.reach_m]
    return known[min(reaching, key=lambda hub_id: away[hub_id])] if reaching else None


def away_m(hub: Hub, point: tuple[float, float]) -> float:
    """Measure the crow's flight from a hub to a point."""
    return float(projection.distance_m(hub.place.latitude, hub.place.longitude, *point))


@transaction.atomic
def aim(demand: Demand, *, earliest: datetime, latest: datetime) -> Demand:
    """Bring it at another time from now on."""
    demand.earliest, demand.latest = earliest, latest
    demand.save(update_fields=["earliest", "latest"])
    return demand


def measure(demand: Demand, *, mass_g: int | None = None, volume_ml: int | None = None) -> None:
    """Write down how heavy and how large it is, as far as somebody says so."""
    known = {"mass_g": mass_g, "volume_ml": volume_ml}
    said = {name: value for name, value in known.items() if value is not None}
    if said:
        Demand.objects.filter(pk=demand.pk).update(**said)


def leave_from(demand: Demand, hub: Hub) -> None:
    """Bring it from this hub from now on."""
    Demand.objects.filter(pk=demand.pk).update(hub=hub)


@transaction.atomic
def turn(demand: Demand, pickup_point: Place | None, *, kept_until: datetime | None = None) -> Demand:
    """Bring it to a pickup point from now on, or to the door again; to a hub it is not brought, but collected there.

    A hub keeps it until ``kept_until``.
    """
    demand.pickup_point, demand.way = pickup_point, _way_to(pickup_point)
    demand.kept_until = kept_until if demand.way == Way.COLLECT else None
    demand.save(update_fields=["pickup_point", "way", "kept_until"])
    return demand


@transaction.atomic
def take_time(demand: Demand, seconds: int | None) -> Demand:
    """Stay so long at its door from now on; without a number as long as is usual there."""
    demand.service_seconds = seconds
    demand.save(update_fields=["service_seconds"])
    return demand


def expect(shipments: Iterable[Shipment], *, ready_at: datetime) -> None:
    """Let shipments leave their hub at a moment, and not before."""
    Demand.objects.filter(shipment__in=shipments).update(ready_at=ready_at)


def open_span(day: date, *, zone_of: Shipment, hub: Hub | None) -> tuple[datetime, datetime]:
    """Say from when to when things are brought on a day: while the hub is open, or else all day long."""
    if hub is not None:
        span = slots.span(day, hub.opens_at, hub.closes_at, zone=hub.zone)
        if span is not None:
            return span
    midnight = slots.moment(day, time(), zone=zone_of.zone)
    return midnight, slots.moment(day + timedelta(days=1), time(), zone=zone_of.zone)


def _way_to(pickup_point: Place | None) -> Way:
    if pickup_point is None:
        return Way.HOME
    return Way.COLLECT if pickup_point.kind == PlaceKind.HUB else Way.PICKUP


def _usual_time(shipment: Shipment, hub: Hub | None, *, at: datetime) -> tuple[datetime, datetime]:
    for said in (shipment.promise, shipment.window):
        if said is not None and said.span is not None:
            return said.span
    if shipment.window is not None:
        return open_span(shipment.window.date, zone_of=shipment, hub=hub)
    country, subdivision = (hub.country, hub.subdivision) if hub else ("", "")
    tomorrow = at.astimezone(shipment.zone).date() + timedelta(days=1)
    day = holidays.working_days_after(tomorrow, 0, country=country, subdivision=subdivision)
    return open_span(day, zone_of=shipment, hub=hub)
