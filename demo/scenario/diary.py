"""Writes a drawn day down, through the services and in the order in which it happened."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings

from demo.driving.habits import Habits
from demo.scenario import cast, timetable
from demo.scenario.orders import Errand, Order
from demo.scenario.stories import UNREADABLE, Step, Story
from demo.scenario.timetable import Call
from tracking import arrivals
from tracking.links import services as links
from tracking.rounds import services as rounds
from tracking.rounds.models import Carrier, Place, Route, Shift, Stop
from tracking.rounds.services import StopPlan
from tracking.shipments import services, window
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment
from tracking.shipments.services import Report
from tracking.shipments.signals import StopsChange
from tracking.shipments.window import Cause, Window

ZONE: Final = ZoneInfo(cast.TIMEZONE)
ORDERED_BEFORE: Final = timedelta(hours=44)
AT_HUB_BEFORE: Final = timedelta(hours=9)
PLANNED_BEFORE: Final = timedelta(hours=2)
LOADED_BEFORE: Final = timedelta(minutes=5)
ON_TIME: Final = timedelta(0)
PROMISE_BEFORE: Final = timedelta(minutes=20)
PROMISE_AFTER: Final = timedelta(minutes=40)


class Diary:
    """Writes shipments and tours down. ``seed`` decides how visits of the past ended."""

    def __init__(self, *, seed: int) -> None:
        self._habits = Habits(seed)

    @cached_property
    def _brands(self) -> dict[str, Brand]:
        return {brand.slug: brand for brand in Brand.objects.all()}

    @cached_property
    def _carriers(self) -> dict[str, Carrier]:
        return {carrier.slug: carrier for carrier in Carrier.objects.all()}

    def tell(self, story: Story, order: Order, *, at: datetime) -> Shipment:
        """Write down what happened to a shipment until ``at``, and issue its link."""
        ordered_at = at - timedelta(hours=story.ordered_hours_ago)
        shipment = self._take_in(order, story.carrier, at=ordered_at)
        if story.days is not None:
            day = at.astimezone(ZONE).date() + timedelta(days=story.days)
            cause = Cause.CARRIER if story.carrier == cast.THIRD_PARTY else Cause.FIRST
            services.estimate(shipment, Window(date=day), cause=cause, at=ordered_at)
        for number, step in enumerate(story.steps):
            moment = at - timedelta(hours=step.hours_ago)
            if story.carrier == cast.THIRD_PARTY or step.parcel is not None:
                services.ingest(shipment, _report(order, step, number, source=story.carrier, at=moment), at=moment)
            elif step.status is not None:
                services.record(shipment, step.status, at=moment, handover=step.handover, place=step.place)
        return shipment

    def bring(self, order: Order, carrier: str, hub: Place, *, at: datetime) -> Shipment:
        """Write down an order that is at a hub since ``at``, and issue its link."""
        shipment = self._take_in(order, carrier, at=at - AT_HUB_BEFORE)
        services.record(shipment, Status.AT_HUB, at=at, place=hub.name)
        return shipment

    def plan(
        self,
        shift: Shift,
        errands: Sequence[Errand],
        *,
        hub: Place,
        departs_at: datetime,
        late_by: timedelta = ON_TIME,
    ) -> Route:
        """Write down a tour that is to depart, its shipments with all that came before, and what they were promised.

        ``late_by`` is how much later the tour departs than it was to when the promises were made.
        """
        taken_in = [self._bring_to_hub(errand, shift, hub, departs_at=departs_at) for errand in errands]
        _tell_day(itertools.chain(*taken_in), departs_at)
        calls = timetable.expected([errand.visit for errand in errands])
        planned = [departs_at + _real(call.arrives_seconds) for call in calls]
        route = rounds.plan_route(shift, hub=hub, departs_at=departs_at, stops=_stop_plans(errands, planned))
        found: dict[int, tuple[Window, Cause]] = {}
        for stop, shipments, expected_at in zip(route.stops.all(), taken_in, planned, strict=True):
            told = window.between(expected_at - late_by - PROMISE_BEFORE, expected_at - late_by + PROMISE_AFTER, ZONE)
            for shipment in shipments:
                _put_on_stop(shipment, stop, told, at=departs_at - PLANNED_BEFORE)
                found[shipment.id] = told, Cause.PLANNED
        services.estimate_all(found, route_id=route.id, at=departs_at - PLANNED_BEFORE)
        return route

    def set_off(self, route: Route) -> None:
        """Write down that a tour was loaded and departed."""
        for shipment in Shipment.objects.filter(stop__route=route).order_by("stop__sequence", "id"):
            at = route.departs_at - LOADED_BEFORE
            services.record(shipment, Status.OUT_FOR_DELIVERY, at=at, place=route.hub.name)
        services.set_off(route, at=route.departs_at)
        arrivals.estimate_route(route.id, at=route.departs_at, change=StopsChange.SET_OFF)

    def drive(self, route: Route, calls: Sequence[Call], *, until: datetime) -> None:
        """Write down the visits of a tour that is under way, as far as they have got, and the estimate they end in."""
        for stop, call in zip(route.stops.all(), calls, strict=True):
            arrives_at = route.departs_at + _real(call.arrives_seconds)
            leaves_at = route.departs_at + _real(call.leaves_seconds)
            if arrives_at <= until:
                rounds.arrive(stop, at=arrives_at)
            if leaves_at <= until:
                self._leave(stop, at=leaves_at)
        arrivals.estimate_route(route.id, at=until, change=StopsChange.DONE)

    def _leave(self, stop: Stop, *, at: datetime) -> None:
        for shipment in stop.shipments.order_by("id"):
            outcome = self._habits.outcome(shipment.reference)
            services.record(shipment, outcome.status, at=at, handover=outcome.handover)

    def _take_in(self, order: Order, carrier: str, *, at: datetime) -> Shipment:
        shipment = services.create(
            self._brands[order.brand.slug],
            reference=order.reference,
            recipient=order.recipient,
            parcel_numbers=order.parcel_numbers,
            at=at,
            carrier=self._carriers[carrier],
        )
        links.issue(shipment, at=at)
        return shipment

    def _bring_to_hub(self, errand: Errand, shift: Shift, hub: Place, *, departs_at: datetime) -> list[Shipment]:
        carrier = shift.driver.carrier.slug
        shipments = [self._take_in(order, carrier, at=departs_at - ORDERED_BEFORE) for order in errand.orders]
        for shipment in shipments:
            services.record(shipment, Status.AT_HUB, at=departs_at - AT_HUB_BEFORE, place=hub.name)
        return shipments


def _tell_day(shipments: Iterable[Shipment], departs_at: datetime) -> None:
    day = Window(date=departs_at.astimezone(ZONE).date())
    found = {shipment.id: (day, Cause.FIRST) for shipment in shipments}
    services.estimate_all(found, route_id=None, at=departs_at - ORDERED_BEFORE)


def _put_on_stop(shipment: Shipment, stop: Stop, promised: Window, *, at: datetime) -> None:
    services.record(shipment, Status.PLANNED, at=at)
    services.assign(shipment, stop, at=at)
    if promised.start is not None and promised.end is not None:
        services.promise(shipment, start=promised.start, end=promised.end, at=at)


def _stop_plans(errands: Sequence[Errand], planned: Sequence[datetime]) -> list[StopPlan]:
    return [
        StopPlan(
            latitude=errand.visit.door.latitude,
            longitude=errand.visit.door.longitude,
            service_seconds=timetable.SERVICE_SECONDS,
            planned_at=expected_at,
        )
        for errand, expected_at in zip(errands, planned, strict=True)
    ]


def _report(order: Order, step: Step, number: int, *, source: str, at: datetime) -> Report:
    return Report(
        source=source,
        external_id=f"{order.reference}-{number}",
        occurred_at=at,
        status=step.status,
        parcel_number="" if step.parcel is None else order.parcel_numbers[step.parcel],
        place=step.place,
        raw_code="" if step.status else UNREADABLE,
    )


def _real(simulated_seconds: float) -> timedelta:
    """Turn seconds of the model into time on the clock."""
    return timedelta(seconds=simulated_seconds / settings.SPEED)
