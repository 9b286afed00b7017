"""Rows for tests, made through the real services; every default can be overruled."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from django.contrib.auth.models import User

from desk.models import Member, Role
from notifications.models import Policy, PushSubscription, Rule
from notifications.triggers import Channel, Trigger
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.rounds import services as rounds
from tracking.rounds.models import Carrier, CarrierKind, Device, Driver, Place, PlaceKind, Route, ShiftState, Vehicle
from tracking.rounds.services import StopPlan
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment
from tracking.shipments.services import Recipient

NOON: Final = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
"""Noon in Helsinki, on a Sunday in winter."""

HUB: Final = (60.1699, 24.9384)

_numbers = count(1)

WAY_TO: Final[dict[Status, Sequence[Status]]] = {
    Status.CREATED: [],
    Status.IN_TRANSIT: [Status.IN_TRANSIT],
    Status.AT_HUB: [Status.AT_HUB],
    Status.PLANNED: [Status.AT_HUB, Status.PLANNED],
    Status.OUT_FOR_DELIVERY: [Status.AT_HUB, Status.OUT_FOR_DELIVERY],
    Status.ATTEMPTED: [Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.ATTEMPTED],
    Status.ON_HOLD: [Status.AT_HUB, Status.ON_HOLD],
    Status.READY_FOR_PICKUP: [Status.AT_HUB, Status.READY_FOR_PICKUP],
    Status.DELIVERED: [Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.DELIVERED],
    Status.RETURNING: [Status.AT_HUB, Status.RETURNING],
    Status.RETURNED: [Status.AT_HUB, Status.RETURNING, Status.RETURNED],
    Status.DAMAGED: [Status.AT_HUB, Status.DAMAGED],
    Status.LOST: [Status.IN_TRANSIT, Status.LOST],
    Status.CANCELLED: [Status.CANCELLED],
}


def make_brand(**fields: object) -> Brand:
    """Make a shop called Kauppa, unless told otherwise."""
    number = next(_numbers)
    return Brand.objects.create(**{"slug": f"kauppa-{number}", "name": "Kauppa", **fields})


def make_shipment(
    *,
    status: Status = Status.CREATED,
    brand: Brand | None = None,
    parcel_numbers: Sequence[str] | None = None,
    at: datetime = NOON - timedelta(days=1),
    recipient: Recipient | None = None,
) -> Shipment:
    """Make a shipment of one parcel to Maija Meikäläinen, and take it step by step to a status."""
    number = next(_numbers)
    shipment = services.create(
        brand or make_brand(),
        reference=f"DS-{number}",
        recipient=recipient or make_recipient(),
        parcel_numbers=[f"P{number}-1"] if parcel_numbers is None else parcel_numbers,
        at=at,
    )
    for minutes, step in enumerate(WAY_TO[status], start=1):
        services.record(shipment, step, at=at + timedelta(minutes=minutes))
    shipment.refresh_from_db()
    return shipment


def make_recipient(latitude: float | None = 60.1689, longitude: float | None = 24.9455) -> Recipient:
    """Make Maija Meikäläinen of Aleksanterinkatu, whom no test should find in a public place."""
    return Recipient(
        name="Maija Meikäläinen",
        street="Aleksanterinkatu 13 B 7",
        postcode="00100",
        city="Helsinki",
        timezone="Europe/Helsinki",
        latitude=latitude,
        longitude=longitude,
        email="maija@example.org",
        phone="+358401234567",
        access_code="4711B",
    )


def make_link(shipment: Shipment | None = None, *, at: datetime = NOON - timedelta(days=1)) -> TrackingLink:
    """Make a link as it is sent to the recipient."""
    return links.issue(shipment or make_shipment(), at=at)


def make_driver(**fields: object) -> Driver:
    """Make Aino Virtanen with a van, of the own fleet."""
    carrier, _ = Carrier.objects.get_or_create(
        slug="own", defaults={"name": "Own fleet", "kind": CarrierKind.OWN_FLEET}
    )
    known = {"carrier": carrier, "given_name": "Aino", "family_name": "Virtanen", "vehicle": Vehicle.VAN}
    return Driver.objects.create(**{**known, **fields})


def make_device(driver: Driver | None = None, *, at: datetime = NOON) -> Device:
    """Make an address for a driver's positions."""
    return rounds.issue_device(driver or make_driver(), at=at)


def make_route(
    doors: Sequence[tuple[float, float]],
    *,
    driver: Driver | None = None,
    brand: Brand | None = None,
    at: datetime = NOON,
    is_active: bool = True,
) -> Route:
    """Make a route with a shipment out for delivery at each of these doors, in order; the driver is at work."""
    driver = driver or make_driver()
    brand = brand or make_brand()
    shift = rounds.plan_shift(driver, starts_at=at - timedelta(hours=1), ends_at=at + timedelta(hours=8))
    rounds.move_shift(shift, ShiftState.WORKING, at=at - timedelta(hours=1))
    hub, _ = Place.objects.get_or_create(
        slug="kamppi",
        defaults={
            "name": "Kamppi",
            "kind": PlaceKind.HUB,
            "address": "Kampinkuja 1",
            "latitude": HUB[0],
            "longitude": HUB[1],
        },
    )
    plans = [StopPlan(latitude=latitude, longitude=longitude) for latitude, longitude in doors]
    route = rounds.plan_route(shift, hub=hub, departs_at=at, stops=plans)
    for stop in route.stops.all():
        recipient = make_recipient(latitude=stop.latitude, longitude=stop.longitude)
        shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, brand=brand, recipient=recipient)
        services.assign(shipment, stop, at=at - timedelta(minutes=30))
    if is_active:
        services.set_off(route, at=at)
    route.refresh_from_db()
    return route


def make_policy(brand: Brand, **fields: object) -> Policy:
    """Make what a brand has decided about all of its messages."""
    return Policy.objects.create(**{"brand": brand, **fields})


def make_rule(brand: Brand, trigger: Trigger, channel: Channel, **fields: object) -> Rule:
    """Make what a brand has decided about one kind of news on a channel: that it is told, unless told otherwise."""
    return Rule.objects.create(**{"brand": brand, "trigger": trigger, "channel": channel, **fields})


def make_browser(shipment: Shipment, **fields: object) -> PushSubscription:
    """Make a browser that wants to be told of a shipment."""
    number = next(_numbers)
    known = {"p256dh": "p", "auth": "a", "language": "fi", "created_at": NOON}
    endpoint = f"https://push.example.org/{number}"
    return PushSubscription.objects.create(**{"shipment": shipment, "endpoint": endpoint, **known, **fields})


def make_member(role: Role, **limits: object) -> User:
    """Make somebody who works at the desk."""
    user = User.objects.create(username=f"{role}-{next(_numbers)}", is_staff=True)
    Member.objects.create(user=user, role=role, **limits)
    return user


def make_partner(carrier: Carrier | None = None) -> User:
    """Make somebody of a carrier, who sees its shipments alone."""
    return make_member(Role.PARTNER, carrier=carrier or make_driver().carrier)
