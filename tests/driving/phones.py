"""A driver's phone for tests: it opens a link as a browser does, and tells what was done."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, Final
from uuid import uuid4

from django.test import Client
from django.utils import timezone
from PIL import Image

from driving.models import DriveLink
from driving.services import links
from tests.factories import make_brand, make_route, make_shipment
from tracking.changes.models import Action, Asker, Change
from tracking.rounds import services as rounds
from tracking.rounds.models import Route
from tracking.rounds.services import StopPlan
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment, StatusEvent

DOORS: Final = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
MINUTE: Final = timedelta(minutes=1)


class Phone:
    """A phone with the page of a link open on it."""

    def __init__(self, link: DriveLink) -> None:
        self.link = link
        self.client = Client()
        self.address = f"/drive/{link.token}/"

    def begin(self) -> int:
        """Become the phone that drives; gives the status."""
        return self.client.post(f"{self.address}device/").status_code

    def tell(self, kind: str, *, status: int = 200, **said: Any) -> dict[str, Any]:
        """Tell one thing that was done, as the page's worker does."""
        answer = self.client.post(f"{self.address}actions/", {"key": str(uuid4()), "kind": kind, **said})
        assert answer.status_code == status, answer.content
        told: dict[str, Any] = answer.json()
        return told

    def tell_json(self, said: Any) -> tuple[int, dict[str, Any]]:
        """Tell something as JSON; gives the status and the answer."""
        answer = self.client.post(f"{self.address}actions/", said, content_type="application/json")
        return answer.status_code, answer.json()


def make_phone(route: Route, *, at: datetime | None = None) -> Phone:
    """Make a link for the shift of a route, and the phone that drives with it."""
    phone = Phone(links.issue(route.shift, at=at or timezone.now()))
    assert phone.begin() == 302
    return phone


def make_day(*, asks_for_pin: bool = False) -> tuple[Route, list[Shipment]]:
    """Make a driver on the road since an hour ago, with three shipments to bring, in order."""
    brand = make_brand(asks_for_pin=asks_for_pin)
    return make_round(brand)


def make_round(brand: Brand) -> tuple[Route, list[Shipment]]:
    route = make_route(DOORS, brand=brand, at=timezone.now() - 60 * MINUTE)
    return route, list(Shipment.objects.filter(stop__route=route).order_by("stop__sequence"))


def make_loading_day(parcels: int = 2) -> tuple[Route, Shipment]:
    """Make a driver at the hub, with one shipment of some parcels that is planned for their route."""
    on_the_road = make_route([])
    shift = on_the_road.shift
    Route.objects.filter(id=on_the_road.id).delete()
    at = timezone.now()
    route = rounds.plan_route(shift, hub=on_the_road.hub, departs_at=at, stops=[StopPlan(*DOORS[0])])
    numbers = [f"JJ{route.id}-{number}" for number in range(parcels)]
    shipment = make_planned(route, numbers)
    return route, shipment


def make_planned(route: Route, numbers: list[str]) -> Shipment:
    """Make a shipment that is planned for the first stop of a route."""
    shipment = make_shipment(status=Status.PLANNED, parcel_numbers=numbers)
    services.assign(shipment, route.stops.get(), at=timezone.now())
    return shipment


def bound_long_ago(phone: Phone) -> Phone:
    """Let a phone have begun an hour ago, so that it can tell of what was done since."""
    DriveLink.objects.filter(id=phone.link.id).update(bound_at=timezone.now() - 60 * MINUTE)
    return phone


def photo(size: tuple[int, int] = (40, 20)) -> BytesIO:
    """Take a picture."""
    made = BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(made, "JPEG")
    made.seek(0)
    made.name = "photo.jpg"
    return made


def json_action(kind: str, **said: Any) -> Mapping[str, Any]:
    """Write one thing that was done as JSON has it."""
    return {"key": str(uuid4()), "kind": kind, **said}


def statuses(shipments: list[Shipment]) -> list[str]:
    """Read where shipments stand."""
    return [Shipment.objects.get(id=shipment.id).status for shipment in shipments]


def driver_events() -> list[StatusEvent]:
    """Read what drivers have reported, in the order in which it happened."""
    return list(StatusEvent.objects.filter(source="driver").order_by("occurred_at"))


def make_change(
    shipment: Shipment, action: Action, *, at: datetime | None = None, undone_at: datetime | None = None, **details: Any
) -> Change:
    """Make what a shopper asked for by their link, and cannot undo any more; just now unless told otherwise."""
    moment = at or timezone.now()
    return Change.objects.create(
        shipment=shipment,
        action=action,
        asked_by=Asker.LINK,
        asked_at=moment,
        undo_until=moment,
        undone_at=undone_at,
        details=details,
    )
