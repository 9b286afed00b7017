"""What nobody may learn from any representation, over random rounds, drives, breaks and clocks."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from math import cos, radians
from operator import methodcaller
from typing import Final

import pytest
import redis
from asgiref.sync import async_to_sync
from django.conf import settings as installed
from django.db.models import QuerySet
from django.test import Client
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoCaptureOnCommitCallbacks

from atlas import projection
from tests import reading
from tests.factories import NOON, make_brand, make_driver, make_link, make_route
from tests.tracking.conftest import Clock
from tracking import connection, consumers
from tracking.links.models import TrackingLink
from tracking.live import audience, messages, positions
from tracking.live.messages import Kind, Message
from tracking.rounds import services as rounds
from tracking.rounds.fixes import RawFix
from tracking.rounds.models import Route, RouteState, ShiftState, Stop, StopState
from tracking.rounds.services import AlreadyUnderWay, IllegalShiftStep, StopPlan
from tracking.shipments import services
from tracking.shipments.lifecycle import IllegalStep, Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import Report
from tracking.shipments.window import Cause, Window

PROMISED_M: Final = 75
NEAR_MINUTES: Final = 20
CENTRE: Final = (60.169512345678, 24.946012345678)
METRE: Final = 1 / 111_195
METRE_EAST: Final = METRE / cos(radians(CENTRE[0]))
Place = tuple[float, float]

_people = count(1)

pytestmark = pytest.mark.django_db


def away(north_m: float, east_m: float) -> Place:
    return CENTRE[0] + north_m * METRE, CENTRE[1] + east_m * METRE_EAST


places = st.builds(away, st.floats(-400, 400), st.floats(-400, 400))
doors = st.one_of(places, st.sampled_from([away(0, 0), away(60, 0), away(0, 140)]))


@pytest.fixture
def channel() -> Iterator[redis.client.PubSub]:
    """Hear everything that is said to open pages."""
    with redis.Redis.from_url(installed.REDIS_URL) as client, client.pubsub() as subscription:
        subscription.subscribe(connection.CHANNEL)
        assert subscription.get_message(timeout=5) is not None
        yield subscription


@dataclass(frozen=True)
class Plan:
    """What an example is about: where the doors are, who may see the driver, and what happens, each after a while."""

    doors: list[Place]
    from_stops: int
    window_minutes: int
    day: list[tuple[int, methodcaller]]


@dataclass
class Round:
    """A driver with two routes, and the people who wait."""

    clock: Clock
    route: Route
    second: Route
    links: list[TrackingLink]
    fixes: list[RawFix] = field(default_factory=list)

    @property
    def stops(self) -> QuerySet[Stop]:
        return Stop.objects.filter(route__in=[self.route, self.second])

    def drive(self, place: Place) -> None:
        """Report a position, as a driver's phone does."""
        fix = RawFix(*place, self.clock.now)
        self.fixes.append(fix)
        audience.refresh(self.route.shift.driver_id, at=self.clock.now)

        async def report() -> None:
            await positions.accept(self.route.shift.driver_id, [fix], at=self.clock.now)
            await connection.close()

        async_to_sync(report)()

    def drive_to_door(self, index: int, north_m: float) -> None:
        """Report a position beside some door."""
        stop = self.stops[index % self.stops.count()]
        self.drive((stop.latitude + north_m * METRE, stop.longitude))

    def finish(self, index: int, status: Status) -> None:
        """End a visit, if it is under way."""
        with suppress(IllegalStep):
            services.record(self._shipment(index), status, at=self.clock.now)

    def withdraw(self, index: int) -> None:
        """Take a shipment off its stop."""
        services.withdraw(self._shipment(index), at=self.clock.now)

    def shift(self, state: ShiftState) -> None:
        """Pause, go on or go home, if the driver can."""
        with suppress(IllegalShiftStep):
            rounds.move_shift(self.route.shift, state, at=self.clock.now)

    def set_off_again(self) -> None:
        """Start the second route beside the first."""
        with suppress(AlreadyUnderWay):
            services.set_off(self.second, at=self.clock.now)

    def _shipment(self, index: int) -> Shipment:
        return self.links[index % len(self.links)].shipment


DEGREES = re.compile(r"\d+\.\d+")
waits = st.sampled_from([10, 20, 30, 60, 200, 320])
events = st.one_of(
    st.builds(methodcaller, st.just("drive"), places),
    st.builds(methodcaller, st.just("drive"), places),
    st.builds(methodcaller, st.just("drive"), places),
    st.builds(methodcaller, st.just("drive_to_door"), st.integers(0, 5), st.floats(-120, 120)),
    st.builds(methodcaller, st.just("drive_to_door"), st.integers(0, 5), st.floats(-20, 20)),
    st.builds(
        methodcaller, st.just("finish"), st.integers(0, 5), st.sampled_from([Status.DELIVERED, Status.ATTEMPTED])
    ),
    st.builds(methodcaller, st.just("withdraw"), st.integers(0, 5)),
    st.builds(methodcaller, st.just("shift"), st.sampled_from(ShiftState)),
    st.builds(methodcaller, st.just("set_off_again")),
)
plans = st.builds(
    Plan,
    doors=st.lists(doors, min_size=3, max_size=5),
    from_stops=st.sampled_from([0, 1, 4]),
    window_minutes=st.sampled_from([0, 25, 90]),
    day=st.lists(st.tuples(waits, events), min_size=8, max_size=20),
)


@settings(
    max_examples=20,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(plan=plans)
@example(
    plan=Plan(
        doors=[
            away(-266.38689761193564, 0.001),
            (60.17259983571046, 24.946012345678),
            (60.169512345678, 24.946012345678),
        ],
        from_stops=1,
        window_minutes=0,
        day=[
            (30, methodcaller("drive", (60.17096182834239, 24.946012345678))),
            (20, methodcaller("drive", (60.167853438213555, 24.941474099408683))),
            (20, methodcaller("finish", 1, Status.DELIVERED)),
            (20, methodcaller("finish", 2, Status.ATTEMPTED)),
            (10, methodcaller("drive", (60.16840341552757, 24.946012345678))),
            (60, methodcaller("drive_to_door", 3, 102.6053193356608)),
            (200, methodcaller("drive_to_door", 1, 3.0588787302666845e-295)),
            (320, methodcaller("drive", (60.16805426965183, 24.938780688392225))),
            (200, methodcaller("set_off_again")),
        ],
    )
)
def test_over_random_rounds_nobody_reads_what_is_not_theirs(
    plan: Plan,
    clock: Clock,
    client: Client,
    channel: redis.client.PubSub,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    clock.now = NOON
    there = send_off(plan, clock)
    heard_on(channel)

    for turn, (seconds, happen) in enumerate(plan.day):
        clock.pass_by(seconds=seconds)
        with django_capture_on_commit_callbacks(execute=True):
            happen(there)
        for message in heard_on(channel):
            check_frame(there, message)
        for link in there.links:
            check_snapshot(there, link)
        check_link(there, there.links[turn % len(there.links)], client)


def send_off(plan: Plan, clock: Clock) -> Round:
    """Send a driver off, with a person of their own name and secrets behind each door."""
    brand = make_brand(
        shows_driver_from_stops=plan.from_stops,
        shows_driver_from_minutes=NEAR_MINUTES,
        widget_origins=["https://shop.example"],
    )
    route = make_route(plan.doors, driver=make_driver(family_name="Salainen"), brand=brand, at=NOON)
    stops = [StopPlan(latitude=CENTRE[0], longitude=CENTRE[1])]
    second = rounds.plan_route(route.shift, hub=route.hub, departs_at=NOON, stops=stops)
    start = NOON + timedelta(minutes=plan.window_minutes)
    found = Window(start.date(), start, start + timedelta(minutes=20))
    shipments = list(Shipment.objects.filter(stop__route=route))
    for shipment in shipments:
        hide_secrets(shipment)
        services.estimate(shipment, found, cause=Cause.ON_THE_ROAD, at=NOON)
    return Round(clock, route, second, [make_link(shipment) for shipment in shipments])


def heard_on(channel: redis.client.PubSub) -> list[Message]:
    found = []
    while said := channel.get_message(timeout=0.01):
        found.append(messages.decode(said["data"]))
    return found


def hide_secrets(shipment: Shipment) -> None:
    """Give a shipment a person whose every word can be found again, and a carrier who does not keep them."""
    person = next(_people)
    Shipment.objects.filter(id=shipment.id).update(
        reference=f"REF{person}REF",
        recipient_name=f"Etu{person}nimi Suku{person}nimi",
        street=f"Salakatu{person} 13 B",
        city=f"Kaupunki{person}",
        phone=f"+35840{person:07d}",
        email=f"sala{person}@example.org",
        access_code=f"{person}KOODI{person}",
    )
    shipment.parcels.update(number=f"PAR{person}PAR")
    shipment.refresh_from_db()
    place = f"left with Suku{person}nimi, Etu{person}nimi, rang 040 {person:07d}, code {person}KOODI{person}"
    report = Report(f"carrier{shipment.id}", "1", NOON, None, place=place, raw_code="RAAKA")
    services.ingest(shipment, report, at=NOON)


def check_link(there: Round, link: TrackingLink, client: Client) -> None:
    """Read all that a link opens, in every form, as somebody who means harm."""
    told, page, text, ics, widget = (
        client.get(f"/t/{link.token}{form}").content.decode() for form in (".json", "/", ".txt", ".ics", "/widget/")
    )
    shipment = Shipment.objects.with_round().get(id=link.shipment_id)
    for body in (told, page, text, ics.replace("\r\n ", ""), widget):
        check_words(there, shipment, body)
    check_no_place(there, widget)
    known = reading.json_facts(told)
    assert reading.text_facts(text)["place"] == known["place"]
    assert reading.page_facts(page)["place"] is None or known["place"] is not None
    if not known["place"]:
        check_no_place(there, page, text)


def check_snapshot(there: Round, link: TrackingLink) -> None:
    """Judge what an open page is told, which is what the JSON says."""
    told = consumers._snapshot(link.token, at=there.clock.now)
    shipment = Shipment.objects.with_round().get(id=link.shipment_id)
    check_words(there, shipment, told)
    driver = json.loads(told)["driver"]
    if driver and driver["position"]:
        place = driver["position"]["lat"], driver["position"]["lon"]
        check_position(there, shipment, place, datetime.fromisoformat(driver["position"]["recorded_at"]))
    else:
        check_no_place(there, told)


def check_no_place(there: Round, *bodies: str) -> None:
    """Find no place in a body at which the driver has ever been."""
    told = [set(DEGREES.findall(body)) for body in bodies]
    exact = {(str(fix.latitude), str(fix.longitude)) for fix in there.fixes}
    been = {(str(round(fix.latitude, 5)), str(round(fix.longitude, 5))) for fix in there.fixes}
    assert not [place for place in been | exact for numbers in told if numbers.issuperset(place)]


def check_words(there: Round, shipment: Shipment, body: str) -> None:
    """Find nobody's person, way in or address in a body, nobody else's parcel, no door and no id."""
    for other in Shipment.objects.filter(id__in=[link.shipment_id for link in there.links]):
        is_own = other.id == shipment.id
        private = [
            *other.recipient_name.split(),
            other.street,
            other.phone,
            other.phone[-7:],
            other.email,
            other.access_code,
        ]
        foreign = [] if is_own else [other.reference, f"PAR{other.reference[3:-3]}PAR", other.links.get().token]
        assert not [word for word in (*private, *foreign) if word in body]
    assert not [stop for stop in there.stops if str(stop.latitude) in body or str(stop.longitude) in body]
    assert not re.search(r"\b70000\d{5}\b", body)
    assert "Salainen" not in body
    assert "RAAKA" not in body


def check_frame(there: Round, message: Message) -> None:
    """Judge a position that was sent to open pages by those it was sent to."""
    if message.kind is Kind.POSITION:
        frame = json.loads(message.frame)
        assert set(frame) == {"type", "t", "recorded_at", "lat", "lon", "heading"}
        for shipment in Shipment.objects.with_round().filter(id__in=message.shipment_ids):
            recorded_at = datetime.fromisoformat(frame["recorded_at"])
            check_position(there, shipment, (frame["lat"], frame["lon"]), recorded_at)


def check_position(there: Round, shipment: Shipment, place: Place, recorded_at: datetime) -> None:
    """Judge a position by the rules of FEATURES (T4, T5, T9), without a line of the code that keeps them."""
    stop = shipment.stop
    assert stop is not None
    assert shipment.status == Status.OUT_FOR_DELIVERY
    assert (stop.state, stop.route.state, stop.route.shift.state) == ("pending", "active", "working")
    before = Stop.objects.filter(route=stop.route, sequence__lt=stop.sequence, state=StopState.PENDING).count()
    assert shipment.window_start is not None
    is_near = shipment.window_start - there.clock.now <= timedelta(minutes=NEAR_MINUTES)
    assert before <= shipment.brand.shows_driver_from_stops or is_near
    assert there.clock.now - recorded_at <= timedelta(minutes=5)
    reported = [fix for fix in there.fixes if fix.recorded_at == recorded_at]
    assert [place] == [(round(fix.latitude, 5), round(fix.longitude, 5)) for fix in reported]
    others = there.stops.exclude(id=stop.id).exclude(state=StopState.REMOVED).filter(route__state=RouteState.ACTIVE)
    doors_of_others = [(other.latitude, other.longitude) for other in others]
    assert not any(is_beside(place, door) for door in doors_of_others)
    newest = there.fixes[-1]
    if any(is_beside((newest.latitude, newest.longitude), door) for door in doors_of_others):
        assert recorded_at < newest.recorded_at


def is_beside(place: Place, door: Place) -> bool:
    return bool(projection.distance_m(*place, *door) <= PROMISED_M)
