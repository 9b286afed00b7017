"""What the page shows of a shift: what to load, where to go, and what is asked for there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from driving import wishes
from driving.models import DriveLink
from driving.wishes import FOR_THE_DRIVER, Wish
from tracking.changes import services as changes
from tracking.changes.models import Change
from tracking.rounds.models import Route, RouteState, ShiftState, Stop
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Parcel, Shipment
from tracking.words import times


@dataclass(frozen=True, slots=True)
class Errand:
    """A shipment at a stop, and what its shopper asked for."""

    shipment: Shipment
    parcels: Sequence[Parcel]
    wishes: Sequence[Wish]

    @property
    def is_to_do(self) -> bool:
        return self.shipment.status == Status.OUT_FOR_DELIVERY

    @property
    def status_label(self) -> str:
        return str(Status(self.shipment.status).label)

    @property
    def window(self) -> str:
        """When its shopper expects it, by the clock at the door; empty where they were told no time."""
        told = self.shipment.window or self.shipment.promise
        if told is None or told.start is None or told.end is None:
            return ""
        return "–".join(times.clock(moment.astimezone(self.shipment.zone)) for moment in (told.start, told.end))


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop with its errands, as it stands on the page."""

    stop: Stop
    errands: Sequence[Errand]

    @property
    def is_to_do(self) -> bool:
        return self.stop.is_pending and any(errand.is_to_do for errand in self.errands)

    @property
    def door(self) -> Shipment:
        """Whose address stands for the stop: everybody there has the same door."""
        return self.errands[0].shipment

    @property
    def ways(self) -> Mapping[str, str]:
        """Where a tap takes the driver, by the name of the app that shows the way."""
        point = f"{self.stop.latitude:.6f},{self.stop.longitude:.6f}"
        return {
            "Google Maps": f"https://www.google.com/maps/dir/?{urlencode({'api': 1, 'destination': point})}",
            "Apple Maps": f"https://maps.apple.com/?{urlencode({'daddr': point})}",
            "Waze": f"https://waze.com/ul?{urlencode({'ll': point, 'navigate': 'yes'})}",
            "Geo": f"geo:{point}?{urlencode({'q': point})}",
        }


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a shift's page shows."""

    link: DriveLink
    route: Route | None
    halts: Sequence[Halt]

    @property
    def state(self) -> ShiftState:
        return ShiftState(self.link.shift.state)

    @property
    def is_working(self) -> bool:
        return self.state is ShiftState.WORKING

    @property
    def is_on_break(self) -> bool:
        return self.state is ShiftState.ON_BREAK

    @property
    def is_planned(self) -> bool:
        return self.state is ShiftState.PLANNED

    @property
    def is_loading(self) -> bool:
        """Whether parcels are being loaded for a route that has not set off."""
        return self.is_working and self.route is not None and self.route.state == RouteState.PLANNED

    @property
    def is_driving(self) -> bool:
        return self.route is not None and self.route.state == RouteState.ACTIVE

    @property
    def shares_until(self) -> str:
        """When sharing ends at the latest, by the clock at the doors; empty where there is none."""
        until = self.link.shift.shares_until
        return times.clock(until.astimezone(self.halts[0].door.zone)) if until and self.halts else ""

    @property
    def to_do(self) -> Sequence[Halt]:
        return [halt for halt in self.halts if halt.is_to_do]

    @property
    def done(self) -> Sequence[Halt]:
        return [halt for halt in self.halts if not halt.is_to_do]

    @property
    def ahead(self) -> Sequence[Halt]:
        """Where the van goes once it has left, as far as it stands."""
        return [
            halt for halt in self.halts if halt.stop.is_pending and any(_is_for_the_van(each) for each in halt.errands)
        ]

    @property
    def parcels(self) -> Sequence[Parcel]:
        """What is to be loaded, last stop first: that is the order in which a vehicle is filled."""
        errands = [errand for halt in reversed(self.halts) for errand in halt.errands if _is_for_the_van(errand)]
        return [parcel for errand in errands for parcel in errand.parcels]

    @property
    def loaded(self) -> Sequence[Parcel]:
        return [parcel for parcel in self.parcels if parcel.status == Status.OUT_FOR_DELIVERY]


def gather(link: DriveLink) -> Sheet:
    """Read the sheet of a shift: its route that is on the road, or else the next one. Five queries, however long."""
    routes = link.shift.routes.exclude(state=RouteState.FINISHED).select_related("hub")
    # "active" comes before "planned", as it should.
    route = routes.order_by("state", "departs_at", "id").first()
    if route is None:
        return Sheet(link, None, [])
    stops = list(route.stops.kept())
    shipments = Shipment.objects.filter(stop__in=stops).select_related("brand").prefetch_related("parcels")
    errands = _errands(list(shipments.order_by("id")))
    return Sheet(link, route, [Halt(stop, errands[stop.id]) for stop in stops if stop.id in errands])


def _errands(shipments: Sequence[Shipment]) -> Mapping[int, Sequence[Errand]]:
    by_shipment = _by_shipment(changes.in_force(shipments))
    by_stop: dict[int, list[Errand]] = defaultdict(list)
    for shipment in shipments:
        if shipment.stop_id is not None:
            errand = Errand(shipment, list(shipment.parcels.all()), by_shipment[shipment.id])
            by_stop[shipment.stop_id].append(errand)
    return by_stop


def _by_shipment(asked: Iterable[Change]) -> Mapping[int, Sequence[Wish]]:
    found: dict[int, list[Wish]] = defaultdict(list)
    for change in asked:
        if change.action in FOR_THE_DRIVER:
            found[change.shipment_id].append(wishes.read(change))
    return found


def _is_for_the_van(errand: Errand) -> bool:
    expected = {Status.CREATED, Status.IN_TRANSIT, Status.AT_HUB, Status.PLANNED, Status.OUT_FOR_DELIVERY}
    return errand.shipment.status in expected
