"""Drivers, their devices and routes, and where they are: for the installation's own systems, never for a brand's."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Self

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from tracking.api import fields, paging, problems
from tracking.api.access import AsyncBearer, Bearer, Keyed
from tracking.api.paging import Page, Paging
from tracking.api.problems import Mistake, Problem
from tracking.api.repeating import once
from tracking.api.shapes import Taken
from tracking.keys.models import Scope
from tracking.live import drivers, positions
from tracking.live.positions import TooFast
from tracking.rounds import protocols, services
from tracking.rounds.fixes import RawFix, Verdict
from tracking.rounds.models import Carrier, Driver, Route, RouteState, Stop, StopState, Vehicle

FUTURE: Final = "It was recorded more than 5 minutes in the future."
READ: Final = Bearer(Scope.FLEET_READ)
WRITE: Final = Bearer(Scope.FLEET_WRITE)
REPORT: Final = AsyncBearer(Scope.POSITIONS_WRITE)

router = Router(tags=["fleet"])

MOST_ID: Final = 2**53
Id = Annotated[int, Field(ge=1, le=MOST_ID)]


class DriverTaken(Taken):
    """Somebody who brings parcels for a carrier."""

    carrier: Annotated[fields.Named, Field(min_length=1)]
    given_name: Annotated[fields.Text, Field(min_length=1, max_length=60)]
    family_name: Annotated[fields.Text, Field(max_length=60)] = ""
    vehicle: Vehicle = Vehicle.VAN


class DriverSaid(Schema):
    """Somebody who brings parcels."""

    id: int
    carrier: str
    given_name: str
    family_name: str
    vehicle: Vehicle

    @classmethod
    def of(cls, driver: Driver) -> Self:
        """Say a driver who was fetched with the carrier."""
        return cls(
            id=driver.id,
            carrier=driver.carrier.slug,
            given_name=driver.given_name,
            family_name=driver.family_name,
            vehicle=Vehicle(driver.vehicle),
        )


class DeviceSaid(Schema):
    """The address to which a driver's phone reports; whoever has it can say where the driver is."""

    positions_url: str


class StopSaid(Schema):
    """One door on a route."""

    sequence: int
    latitude: float
    longitude: float
    state: StopState
    planned_at: datetime | None
    arrived_at: datetime | None
    done_at: datetime | None
    shipments: list[str]

    @classmethod
    def of(cls, stop: Stop) -> Self:
        """Say a stop that was fetched with its shipments."""
        known = {name: getattr(stop, name) for name in cls.model_fields if name != "shipments"}
        return cls(**known, shipments=[str(shipment.uid) for shipment in stop.shipments.all()])


class RouteSaid(Schema):
    """A tour of one driver from a hub, with its stops in order."""

    id: int
    driver: int
    hub: str
    state: RouteState
    departs_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    stops: list[StopSaid]

    @classmethod
    def of(cls, route: Route) -> Self:
        """Say a route that was fetched with hub, shift and stops."""
        return cls(
            id=route.id,
            driver=route.shift.driver_id,
            hub=route.hub.slug,
            state=RouteState(route.state),
            departs_at=route.departs_at,
            started_at=route.started_at,
            finished_at=route.finished_at,
            stops=[StopSaid.of(stop) for stop in route.stops.all()],
        )


class WantedRoutes(Paging):
    """Which routes are listed."""

    state: RouteState | None = None
    driver: Id | None = None


class PositionTaken(Schema):
    """Where a driver was. Speed in metres a second, accuracy in metres, heading in degrees from north."""

    driver: Id
    recorded_at: fields.Moment
    lat: fields.Latitude
    lon: fields.Longitude
    heading: Annotated[float, Field(strict=True, ge=0, le=360)] | None = None
    speed: Annotated[float, Field(strict=True, ge=0)] | None = None
    accuracy: Annotated[float, Field(strict=True, ge=0)] | None = None


class PositionsTaken(Taken):
    """Where drivers were; each position is judged by itself."""

    positions: Annotated[
        list[Annotated[Any, fields.judged_as(PositionTaken)]],
        Field(min_length=1, max_length=protocols.MOST_FIXES),
    ]


class PositionMistake(Schema):
    """What is wrong with one position."""

    index: int
    error: str


class PositionsSaid(Schema):
    """How many positions were kept, and what is wrong with the others."""

    kept: int
    errors: list[PositionMistake]


@router.get("/drivers", auth=READ, response=Page[DriverSaid], summary="List drivers", operation_id="list_drivers")
def list_drivers(request: Keyed, asked: Query[Paging]) -> Page[DriverSaid]:
    """List drivers, the newest first."""
    rows, following = paging.piece(Driver.objects.select_related("carrier"), asked)
    return Page[DriverSaid](items=[DriverSaid.of(driver) for driver in rows], next=following)


@router.post("/drivers", auth=WRITE, response={201: DriverSaid}, summary="Add a driver", operation_id="create_driver")
@once
def add_driver(request: Keyed, taken: DriverTaken) -> Status[DriverSaid]:
    """Add a driver to a carrier."""
    try:
        carrier = Carrier.objects.get(slug=taken.carrier)
    except Carrier.DoesNotExist as error:
        mistakes = [Mistake(where=["body", "carrier"], what="There is no such carrier.")]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "There is no such carrier.", mistakes=mistakes) from error
    known = taken.model_dump(exclude={"carrier"})
    return Status(201, DriverSaid.of(Driver.objects.create(carrier=carrier, **known)))


@router.get("/drivers/{driver_id}", auth=READ, response=DriverSaid, summary="Read a driver", operation_id="read_driver")
def read_driver(request: Keyed, driver_id: Id) -> DriverSaid:
    """Read a driver."""
    return DriverSaid.of(_driver(driver_id))


@router.post(
    "/drivers/{driver_id}/devices",
    auth=WRITE,
    response={201: DeviceSaid},
    summary="Give a driver an address for positions",
    operation_id="create_device",
)
@once
def add_device(request: Keyed, driver_id: Id) -> Status[DeviceSaid]:
    """Give a driver's phone an address to report to: for OsmAnd, Traccar Client, OwnTracks or GPSLogger."""
    device = services.issue_device(_driver(driver_id), at=timezone.now())
    return Status(201, DeviceSaid(positions_url=settings.BASE_URL + reverse("tracking:gps", args=[device.key])))


@router.get("/routes", auth=READ, response=Page[RouteSaid], summary="List routes", operation_id="list_routes")
def list_routes(request: Keyed, wanted: Query[WantedRoutes]) -> Page[RouteSaid]:
    """List routes with their stops, the newest first."""
    found = _routes()
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.driver:
        found = found.filter(shift__driver=wanted.driver)
    rows, following = paging.piece(found, wanted)
    return Page[RouteSaid](items=[RouteSaid.of(route) for route in rows], next=following)


@router.get("/routes/{route_id}", auth=READ, response=RouteSaid, summary="Read a route", operation_id="read_route")
def read_route(request: Keyed, route_id: Id) -> RouteSaid:
    """Read a route with its stops."""
    route = _routes().filter(id=route_id).first()
    if route is None:
        raise problems.missing("route")
    return RouteSaid.of(route)


@router.post(
    "/positions",
    auth=REPORT,
    response=PositionsSaid,
    summary="Say where drivers are",
    operation_id="report_positions",
)
async def report(request: Keyed, taken: PositionsTaken) -> PositionsSaid:
    """Say where drivers are, in batches. A bad position does not keep the others out. Twice is harmless."""
    at = timezone.now()
    mistakes: dict[int, str] = {}
    fixes: dict[int, list[tuple[int, RawFix]]] = {}
    known = await drivers.known({_driver_named(sent) for sent in taken.positions})
    for index, sent in enumerate(taken.positions):
        item, driver_id = protocols.own_item(sent, at=at), _driver_named(sent)
        if not isinstance(item, RawFix):
            mistakes[index] = str(item)
        elif driver_id not in known:
            mistakes[index] = "There is no such driver."
        else:
            fixes.setdefault(driver_id, []).append((index, item))
    for driver_id, sent_fixes in fixes.items():
        mistakes |= await _accept(driver_id, sent_fixes, at=at)
    return _judged(len(taken.positions), mistakes)


def _judged(sent: int, mistakes: dict[int, str]) -> PositionsSaid:
    """Say what became of so many positions.

    Raises ``Problem`` where none was good.
    """
    if len(mistakes) == sent:
        found = [Mistake(where=["body", "positions", index], what=mistakes[index]) for index in sorted(mistakes)]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "None of these positions could be kept.", mistakes=found)
    errors = [PositionMistake(index=index, error=mistakes[index]) for index in sorted(mistakes)]
    return PositionsSaid(kept=sent - len(mistakes), errors=errors)


async def _accept(driver_id: int, sent: list[tuple[int, RawFix]], *, at: datetime) -> dict[int, str]:
    """Take one driver's fixes in; gives what is wrong with which."""
    try:
        verdicts = await positions.accept(driver_id, [fix for _, fix in sent], at=at)
    except TooFast as haste:
        return {index: f"Too many requests. {haste}" for index, _ in sent}
    judged = zip(sent, verdicts, strict=True)
    return {index: FUTURE for (index, _), verdict in judged if verdict is Verdict.REFUSED}


def _driver_named(sent: Any) -> int:
    """Read which driver a position is of; a number that is nobody's, where it does not say."""
    named = sent.get("driver") if isinstance(sent, dict) else None
    if not isinstance(named, int) or isinstance(named, bool):
        return 0
    return named if named <= MOST_ID else 0


def _driver(driver_id: int) -> Driver:
    driver = Driver.objects.select_related("carrier").filter(id=driver_id).first()
    if driver is None:
        raise problems.missing("driver")
    return driver


def _routes() -> QuerySet[Route]:
    return Route.objects.select_related("hub", "shift").prefetch_related("stops__shipments")
