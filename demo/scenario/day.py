"""The day as it stands when the curtain rises: tours that are over, under way and to come, and everything else."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import Enum
from random import Random
from typing import Final

from django.conf import settings
from django.db import transaction

from atlas.areas import Area
from atlas.streets.graph import Point
from demo.scenario import cast, timetable
from demo.scenario.cast import DriverPart
from demo.scenario.diary import ON_TIME, Diary
from demo.scenario.orders import OrderBook
from demo.scenario.stories import STORIES
from demo.scenario.timetable import Call
from demo.scenario.tours import Drawing, Reach, Visit
from dispatch import signals as dispatch_signals
from driving.services import links as drive_links
from feedback import signals as feedback_signals
from notifications.models import Policy
from tracking.rounds import services as rounds
from tracking.rounds import signals as rounds_signals
from tracking.rounds.models import Carrier, Driver, Place, Route, Shift, ShiftState, Stop
from tracking.shipments import services as shipments
from tracking.shipments import signals as shipments_signals
from tracking.shipments.models import Brand, Shipment

HALF_A_SHIFT: Final = timedelta(hours=4)
EARLIER: Final = timedelta(hours=3, minutes=20)
EARLIER_STOPS: Final = 8
DEPARTS_IN_SECONDS: Final = 12 * 60
LONG: Final = Reach(1_000, 1_300)
LEFT_SECONDS: Final = 210.0
"""How far from the next door, in time, the first driver is when the day begins to be watched."""

LEAST_DRIVEN_SECONDS: Final = 50.0
"""How long since the last door: by then the van is far enough from it to be seen."""

AT_DOOR_SECONDS: Final = 20.0
BREAK_BEGAN: Final = timedelta(seconds=40)

NEVER: Final = time(0)
"""Quiet hours that end when they begin."""

SIGNALS: Final = (
    dispatch_signals.plan_asked,
    dispatch_signals.plan_changed,
    feedback_signals.case_changed,
    feedback_signals.rated,
    rounds_signals.shift_changed,
    shipments_signals.status_changed,
    shipments_signals.stops_changed,
    shipments_signals.window_changed,
)


class Doing(Enum):
    """What a driver is doing when the day begins to be watched."""

    WAITING = "at the hub, before the tour"
    DRIVING = "on the way to a door"
    AT_A_DOOR = "at a door"
    ON_A_BREAK = "on a break, after a door"


@dataclass(frozen=True, slots=True)
class Scene:
    """One driver's tour: how many stops, how many of them done, and what to call the links of those to come.

    ``links`` counts stops from the next one, which is 0.
    """

    driver: DriverPart
    stops: int
    done: int
    doing: Doing = Doing.DRIVING
    has_earlier_tour: bool = False
    late_by: timedelta = ON_TIME
    links: Mapping[int, str] = field(default_factory=dict)


SCENES: Final = (
    Scene(cast.AINO, 11, 5, has_earlier_tour=True, links={0: "Arriving in a few minutes", 2: "Two stops to go"}),
    Scene(cast.ONNI, 11, 4, has_earlier_tour=True, links={1: "One stop to go", 6: "Later today"}),
    Scene(cast.HELMI, 10, 3, Doing.AT_A_DOOR, links={0: "At the door now", 3: "Three stops to go, by bike"}),
    Scene(cast.EETU, 11, 6, late_by=timedelta(minutes=55), links={1: "Running late"}),
    Scene(cast.VENLA, 10, 8, links={1: "The last stop of a tour"}),
    Scene(cast.VAINO, 11, 6, Doing.ON_A_BREAK, links={1: "The driver is on a break"}),
    Scene(cast.SIIRI, 7, 2, links={0: "Next, by a crowd courier"}),
    Scene(cast.LEO, 10, 0, Doing.WAITING, has_earlier_tour=True, links={2: "The van is about to leave"}),
)


class Day:
    """A day in the making. The same seed draws the same day; ``at`` is its middle.

    ``links`` are the shipments whose links are worth showing, each with what to call it.
    """

    def __init__(self, area: Area, *, seed: int, at: datetime) -> None:
        self._at = at
        self._chance = Random(seed)
        self._drawing = Drawing(area, self._chance)
        self._orders = OrderBook(self._chance)
        self._diary = Diary(seed=seed)
        self.links: list[tuple[str, Shipment]] = []

    def write(self) -> None:
        """Write everybody and everything down, all of it or nothing. The database must be empty.

        Nobody is sent a message about what is past by then.
        """
        with unheard(), shipments.silently(), transaction.atomic():
            self._write()

    def _write(self) -> None:
        _write_cast(self._drawing)
        for scene in SCENES:
            self._play(scene)
        for story in STORIES:
            for number in range(story.count):
                order = self._orders.order(self._drawing.door(), parcels=story.parcels)
                shipment = self._diary.tell(story, order, at=self._at)
                if story.about and number == 0:
                    self.links.append((story.about, shipment))

    def _play(self, scene: Scene) -> None:
        """Write down one driver's day so far."""
        driver = Driver.objects.select_related("carrier").get(given_name=scene.driver.given_name)
        shift = rounds.plan_shift(driver, starts_at=self._at - HALF_A_SHIFT, ends_at=self._at + HALF_A_SHIFT)
        rounds.move_shift(shift, ShiftState.WORKING, at=self._at - HALF_A_SHIFT)
        rounds.issue_device(driver, at=self._at - HALF_A_SHIFT)
        drive_links.issue(shift, at=self._at - HALF_A_SHIFT)
        hub = Place.objects.get(slug=scene.driver.hub)
        if scene.has_earlier_tour:
            visits = self._drawing.tour(_point(hub), [Reach()] * EARLIER_STOPS)
            route = self._plan(shift, hub, visits, departs_at=self._at - EARLIER)
            self._diary.set_off(route)
            self._diary.drive(route, timetable.happened(visits, self._chance), until=self._at)
        route = self._play_tour(scene, shift, hub)
        if scene.doing is Doing.ON_A_BREAK:
            rounds.move_shift(shift, ShiftState.ON_BREAK, at=self._at - BREAK_BEGAN)
        stops = list(route.stops.pending())
        self.links += [(about, _first_shipment(stops[ahead])) for ahead, about in scene.links.items()]

    def _play_tour(self, scene: Scene, shift: Shift, hub: Place) -> Route:
        """Write down a driver's tour until now."""
        reaches = [LONG if number == scene.done else Reach() for number in range(scene.stops)]
        visits = self._drawing.tour(_point(hub), reaches)
        calls = timetable.happened(visits, self._chance)
        elapsed = _elapsed_seconds(scene, visits, calls)
        departs_at = self._at - timedelta(seconds=elapsed / settings.SPEED)
        route = self._plan(shift, hub, visits, departs_at=departs_at, late_by=scene.late_by)
        if scene.doing is not Doing.WAITING:
            self._diary.set_off(route)
            self._diary.drive(route, calls, until=self._at)
        return route

    def _plan(
        self,
        shift: Shift,
        hub: Place,
        visits: Sequence[Visit],
        *,
        departs_at: datetime,
        late_by: timedelta = ON_TIME,
    ) -> Route:
        errands = self._orders.errands(visits)
        return self._diary.plan(shift, errands, hub=hub, departs_at=departs_at, late_by=late_by)


@contextmanager
def unheard() -> Iterator[None]:
    """Let no receiver hear what is written meanwhile: it is past, and no page is open yet that could be told."""
    receivers = {signal: signal.receivers for signal in SIGNALS}
    for signal in SIGNALS:
        signal.receivers = []
    try:
        yield
    finally:
        for signal in SIGNALS:
            signal.receivers = receivers[signal]


def _elapsed_seconds(scene: Scene, visits: Sequence[Visit], calls: Sequence[Call]) -> float:
    """Say how long ago, in simulated seconds, a tour departed that is where its scene has it."""
    before = calls[scene.done - 1].leaves_seconds if scene.done else 0.0
    if scene.doing is Doing.WAITING:
        return -DEPARTS_IN_SECONDS
    if scene.doing is Doing.AT_A_DOOR:
        return calls[scene.done].arrives_seconds + AT_DOOR_SECONDS
    if scene.doing is Doing.ON_A_BREAK:
        return before + BREAK_BEGAN.total_seconds()
    return before + max(visits[scene.done].way.duration_seconds - LEFT_SECONDS, LEAST_DRIVEN_SECONDS)


def _first_shipment(stop: Stop) -> Shipment:
    return stop.shipments.order_by("id")[0]


def _point(place: Place) -> Point:
    return place.latitude, place.longitude


def _write_brands() -> None:
    """Write the shops down, which send messages at any hour, because the day is shown at any hour."""
    for part in cast.BRANDS:
        brand = Brand.objects.create(slug=part.slug, name=part.name, colour=part.colour)
        Policy.objects.create(brand=brand, quiet_from=NEVER, quiet_until=NEVER, help_contact=part.help_contact)


def _write_cast(drawing: Drawing) -> None:
    """Write the shops, carriers, places and drivers down; a place is at the door nearest to where it is to be."""
    _write_brands()
    Carrier.objects.bulk_create(
        Carrier(slug=carrier.slug, name=carrier.name, kind=carrier.kind) for carrier in cast.CARRIERS
    )
    for place in cast.PLACES:
        door = drawing.door_at(place.near)
        Place.objects.create(
            slug=place.slug,
            name=place.name,
            kind=place.kind,
            address=f"{door.street} {door.number}",
            latitude=door.latitude,
            longitude=door.longitude,
        )
    carriers = {carrier.slug: carrier for carrier in Carrier.objects.all()}
    Driver.objects.bulk_create(
        Driver(
            carrier=carriers[driver.carrier],
            given_name=driver.given_name,
            family_name=driver.family_name,
            vehicle=driver.vehicle,
        )
        for driver in cast.DRIVERS
    )
