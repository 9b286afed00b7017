"""The four weeks before the day: what was delivered, what shoppers said of it, and what came of that.

Shipments, rounds, events and most ratings are written in bulk: through the services, one by one, they would make the
demo's start ten times as long as they do. What is to be seen at work goes through the services: the count of
deliveries, ratings that call for a case, and the cases.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import transaction

from atlas.addresses import Address
from atlas.areas import Area
from demo.scenario import cast, foretold, opinions
from demo.scenario.day import unheard
from demo.scenario.diary import PROMISE_AFTER, PROMISE_BEFORE, ZONE
from demo.scenario.opinions import View
from demo.scenario.orders import Order, OrderBook
from demo.scenario.tours import Drawing
from feedback import services as feedback
from feedback.insight import lessons
from feedback.models import Case, CaseKind, Outcome, Rating, RatingVersion, Source
from feedback.services import Answer, Complaint, deliveries
from notifications.models import Notification, State
from notifications.triggers import Channel, Trigger
from tracking.links.models import TrackingLink
from tracking.rounds.models import Driver, Place, Route, RouteState, Shift, ShiftState, Stop, StopState
from tracking.shipments import chain
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Brand, Parcel, Shipment, StatusEvent
from tracking.shipments.services.steps import OWN_SOURCE

DAYS: Final = 28
DRIVERS_A_DAY: Final = 3
STOPS: Final = 5
DOORS: Final = 90
ASKED_AFTER: Final = timedelta(hours=2)
SETTLED_AFTER: Final = timedelta(days=8)
ALL_BEFORE: Final = -500
"""So many orders before the first one of the day are numbered."""

DRIVES: Final = {cast.AINO: 5, cast.ONNI: 5, cast.HELMI: 4, cast.EETU: 4, cast.VENLA: 4, cast.SIIRI: 4, cast.LEO: 0.3}
"""How often each is on the road; of the last one too few will have said anything."""

USUALLY_LATE: Final = {cast.EETU: timedelta(minutes=22), cast.SIIRI: timedelta(minutes=12)}
SPREAD_MINUTES: Final = 22.0
SECOND_VISIT_CHANCE: Final = 0.07


@dataclass(slots=True)
class Visit:
    """One delivery of the past, and the rows that tell of it."""

    shipment: Shipment
    order: Order
    stop: Stop
    delivered_at: datetime
    is_second: bool
    view: View | None

    @property
    def went_well(self) -> bool:
        """Whether it came at the first attempt and in time."""
        end = self.shipment.promised_end
        return not self.is_second and (end is None or self.delivered_at <= end)

    @property
    def asked_at(self) -> datetime:
        """When the shopper was asked."""
        return self.delivered_at + ASKED_AFTER


class Month:
    """Four weeks in the making, after the day has been written; the same seed draws the same ones."""

    def __init__(self, area: Area, *, seed: int, at: datetime) -> None:
        self._at = at
        self._chance = Random(f"{seed} month")
        drawing = Drawing(area, self._chance)
        self._doors = [drawing.door() for _ in range(DOORS)]
        self._orders = OrderBook(self._chance, taken=ALL_BEFORE)

    def write(self, *, staff: User) -> None:
        """Write everything down, with ``staff`` as who answered; nobody is sent a message about it."""
        with unheard(), shipments.silently(), transaction.atomic():
            visits = [visit for days_ago in range(DAYS, 0, -1) for visit in self._draw_day(days_ago)]
            _write(visits)
            deliveries.record([visit.shipment.id for visit in visits])
            rated = [visit for visit in visits if visit.view and visit.asked_at < self._at]
            unhappy = [visit for visit in rated if visit.view and visit.view.score <= 2]
            _write_ratings(visit for visit in rated if visit not in unhappy)
            for number, visit in enumerate(unhappy):
                self._complain(visit)
                for case in visit.shipment.cases.all():
                    self._look_after(case, number, staff=staff)
            lessons.learn(today=self._at.date())

    def _draw_day(self, days_ago: int) -> Iterator[Visit]:
        day = self._at.astimezone(ZONE).date() - timedelta(days=days_ago)
        eager = {part: self._chance.random() ** (1 / often) for part, often in DRIVES.items()}
        for part in sorted(eager, key=eager.__getitem__, reverse=True)[:DRIVERS_A_DAY]:
            yield from self._draw_route(part, day)

    def _draw_route(self, part: cast.DriverPart, day: date) -> Iterator[Visit]:
        driver = Driver.objects.select_related("carrier").get(given_name=part.given_name)
        hub = Place.objects.get(slug=part.hub)
        departs_at = datetime.combine(day, time(self._chance.randint(8, 16)), ZONE)
        shift = Shift(
            driver=driver,
            state=ShiftState.ENDED,
            starts_at=departs_at,
            ends_at=departs_at + timedelta(hours=8),
            started_at=departs_at,
            ended_at=departs_at + timedelta(hours=8),
        )
        route = Route(
            shift=shift,
            hub=hub,
            state=RouteState.FINISHED,
            departs_at=departs_at,
            started_at=departs_at,
            finished_at=departs_at + timedelta(hours=4),
        )
        usually = USUALLY_LATE.get(part, timedelta())
        for number, door in enumerate(self._chance.sample(self._doors, STOPS), start=1):
            planned_at = departs_at + number * timedelta(minutes=25)
            late = usually + timedelta(minutes=self._chance.gauss(0, SPREAD_MINUTES))
            yield self._draw_visit(route, door, number, planned_at=planned_at, late=late)

    def _draw_visit(self, route: Route, door: Address, number: int, *, planned_at: datetime, late: timedelta) -> Visit:
        order = self._orders.order(door)
        arrived_at = planned_at + late
        at_the_door = timedelta(seconds=self._chance.lognormvariate(4.6, 0.4))
        stop = Stop(
            route=route,
            sequence=number,
            latitude=door.latitude,
            longitude=door.longitude,
            state=StopState.DONE,
            planned_at=planned_at,
            arrived_at=arrived_at,
            done_at=arrived_at + at_the_door,
        )
        visit = Visit(
            shipment=_shipment(order, stop, delivered_at=arrived_at + at_the_door),
            order=order,
            stop=stop,
            delivered_at=arrived_at + at_the_door,
            is_second=self._chance.random() < SECOND_VISIT_CHANCE,
            view=None,
        )
        visit.view = opinions.draw(self._chance, went_well=visit.went_well)
        return visit

    def _complain(self, visit: Visit) -> None:
        """Let somebody give few stars, which opens a case by itself."""
        if visit.view is None:
            return
        at = visit.asked_at + timedelta(minutes=9)
        feedback.rate(visit.shipment, score=visit.view.score, source=Source.PAGE, at=at)
        feedback.elaborate(
            visit.shipment,
            given=visit.view.reasons,
            words=visit.view.words or "This could have gone better.",
            recommends=visit.view.recommends,
            source=Source.PAGE,
            at=at + timedelta(minutes=1),
        )

    def _look_after(self, case: Case, number: int, *, staff: User) -> None:
        """Bring a case to where it is by now: the old ones to their end, the others to one state after the other."""
        answered_at = case.opened_at + timedelta(hours=3)
        is_old = self._at - case.opened_at > SETTLED_AFTER
        if answered_at >= self._at or (not is_old and number % 3 == 0):
            return
        feedback.reply(
            case, Answer("We are sorry. Would you like it again, or your money back?"), by=staff, at=answered_at
        )
        if is_old:
            outcome = (Outcome.REFUNDED, Outcome.RESENT, Outcome.EXPLAINED)[number % 3]
            feedback.resolve(case, outcome, by=staff, at=answered_at + timedelta(days=1))
        elif number % 3 == 1 and answered_at + timedelta(hours=2) < self._at:
            feedback.say(
                case, Complaint(CaseKind(case.kind), "My money back, please."), at=answered_at + timedelta(hours=2)
            )
        told = Notification.objects.filter(shipment=case.shipment_id, state=State.PENDING)
        told.update(state=State.SENT, sent_at=answered_at, settled_at=answered_at)


def _shipment(order: Order, stop: Stop, *, delivered_at: datetime) -> Shipment:
    recipient = order.recipient
    planned_at = stop.planned_at or delivered_at
    return Shipment(
        brand=Brand.objects.get(slug=order.brand.slug),
        reference=order.reference,
        carrier=stop.route.shift.driver.carrier,
        hub=stop.route.hub,
        recipient_name=recipient.name,
        email=recipient.email,
        phone=recipient.phone,
        street=recipient.street,
        postcode=recipient.postcode,
        city=recipient.city,
        latitude=recipient.latitude,
        longitude=recipient.longitude,
        timezone=recipient.timezone,
        language=recipient.language,
        status=Status.DELIVERED,
        handover=Handover.RECIPIENT,
        finished_at=delivered_at,
        promised_start=planned_at - PROMISE_BEFORE,
        promised_end=planned_at + PROMISE_AFTER,
        created_at=planned_at - timedelta(days=2),
        changed_at=delivered_at,
    )


def _write(visits: Sequence[Visit]) -> None:
    """Write the rows of all visits down, those first that others point to."""
    routes = {id(visit.stop.route): visit.stop.route for visit in visits}.values()
    Shift.objects.bulk_create(route.shift for route in routes)
    for route in routes:
        route.shift = route.shift
    Route.objects.bulk_create(routes)
    for visit in visits:
        visit.stop.route = visit.stop.route
    Stop.objects.bulk_create(visit.stop for visit in visits)
    for visit in visits:
        visit.shipment.stop = visit.stop
    Shipment.objects.bulk_create(visit.shipment for visit in visits)
    Parcel.objects.bulk_create(
        Parcel(shipment=visit.shipment, number=number, status=Status.DELIVERED)
        for visit in visits
        for number in visit.order.parcel_numbers
    )
    TrackingLink.objects.bulk_create(
        TrackingLink(shipment=visit.shipment, created_at=visit.shipment.created_at) for visit in visits
    )
    StatusEvent.objects.bulk_create(event for visit in visits for event in chain.join(_events(visit)))
    Notification.objects.bulk_create(_question(visit) for visit in visits)
    foretold.write(visits)


def _events(visit: Visit) -> Iterator[StatusEvent]:
    loaded_at = visit.stop.route.departs_at - timedelta(minutes=5)
    steps = [(visit.shipment.created_at, Status.CREATED), (loaded_at - timedelta(hours=30), Status.AT_HUB)]
    if visit.is_second:
        day = timedelta(days=1)
        steps += [(loaded_at - day, Status.OUT_FOR_DELIVERY), (visit.delivered_at - day, Status.ATTEMPTED)]
        steps += [(loaded_at - timedelta(hours=9), Status.AT_HUB)]
    steps += [(loaded_at, Status.OUT_FOR_DELIVERY), (visit.delivered_at, Status.DELIVERED)]
    for moment, status in steps:
        yield StatusEvent(
            shipment=visit.shipment,
            status=status,
            occurred_at=moment,
            received_at=moment,
            source=OWN_SOURCE,
            external_id=uuid4().hex,
            is_silent=True,
        )


def _question(visit: Visit) -> Notification:
    """Write down that the shopper was asked how it was, so that nobody is asked again."""
    return Notification(
        brand=visit.shipment.brand,
        shipment=visit.shipment,
        trigger=Trigger.SURVEY,
        channel=Channel.EMAIL,
        recipient=visit.shipment.email,
        language=visit.shipment.language or visit.shipment.brand.language,
        state=State.SENT,
        created_at=visit.asked_at,
        due_at=visit.asked_at,
        expires_at=visit.asked_at + timedelta(days=2),
        sent_at=visit.asked_at,
        settled_at=visit.asked_at,
    )


def _write_ratings(visits: Iterable[Visit]) -> None:
    told = [(visit, visit.view) for visit in visits if visit.view]
    rows = [
        Rating(
            shipment=visit.shipment,
            score=view.score,
            reasons=[reason.value for reason in view.reasons],
            words=view.words,
            recommends=view.recommends,
            source=Source.PAGE,
            rated_at=visit.asked_at + timedelta(minutes=7),
            changed_at=visit.asked_at + timedelta(minutes=7),
        )
        for visit, view in told
    ]
    Rating.objects.bulk_create(rows)
    RatingVersion.objects.bulk_create(
        RatingVersion(
            rating=rating,
            score=rating.score,
            reasons=rating.reasons,
            words=rating.words,
            recommends=rating.recommends,
            source=rating.source,
            at=rating.rated_at,
        )
        for rating in rows
    )
