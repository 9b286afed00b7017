"""The crowd's couriers: they look at what they are asked, take it on its page, and ride as other drivers drive."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from threading import Event, Thread
from typing import Final

from django.conf import settings
from django.urls import reverse

from atlas.areas import Area
from carriers.models import Courier as Rider
from carriers.models import Invitation, Offer
from carriers.models.crowd import OfferState
from demo.driving.browsing import Away, Browser, NotTaken
from demo.driving.courier import Activity, Courier
from demo.driving.habits import Habits
from demo.driving.page import DriverPage
from demo.scenario import cast
from demo.scenario.crowd import Crowd
from driving.models import Kind
from tracking.rounds import services as rounds
from tracking.rounds.models import Device, Driver, Route, RouteState, ShiftState

LOADS_SECONDS: Final = 90.0
THINKS: Final = timedelta(seconds=30)
"""So long an errand is on offer at least, so that somebody can see it, before a simulated courier takes it."""

ORDERS_EVERY: Final = timedelta(minutes=2)
MOST_WAITING: Final = 4

Report = Callable[[Courier, Device, Event], None]

logger = logging.getLogger(__name__)


class NoErrand(Exception):
    """A courier has nothing (more) to bring."""


class OnAnErrand(Courier):
    """A courier with one errand: they load as soon as they are at the hub, and go home after it."""

    def _wait_for_work(self, at: datetime) -> Activity:
        route = self._find_work(self._driver, at)
        hub = (route.hub.latitude, route.hub.longitude)
        return self._stand(hub, at, seconds=LOADS_SECONDS, then=partial(self._load, route))


class Riders:
    """All simulated couriers of the crowd. Each on an errand has a phone of their own, which reports where they are."""

    def __init__(self, area: Area, *, seed: int, report: Report) -> None:
        self._area, self._seed, self._report = area, seed, report
        self._chance = Random(f"{seed} riders")
        self._browser = Browser(settings.BASE_URL)
        self._on_errands: dict[int, tuple[OnAnErrand, DriverPage, Event]] = {}
        self._orders_at: datetime | None = None

    def live(self, *, at: datetime) -> None:
        """Let everybody do what is due: ride on, take what is offered, and let something new come in."""
        for driver_id in list(self._on_errands):
            self._ride(driver_id, at=at)
        self._order(at=at)
        for rider in self._idle():
            self._look(rider, at=at)

    def close(self) -> None:
        """Let everybody put their phone away."""
        for driver_id in list(self._on_errands):
            self._go_home(driver_id, at=None)
        self._browser.close()

    def _idle(self) -> Sequence[Rider]:
        names = [part.given_name for part in cast.RIDERS]
        riders = Rider.objects.filter(driver__given_name__in=names).exclude(driver__in=[*self._on_errands])
        return list(riders.select_related("driver__carrier").order_by("id"))

    def _look(self, rider: Rider, *, at: datetime) -> None:
        """Go on with an errand that was taken, or take one that is offered on its page."""
        if Offer.objects.filter(courier=rider, state=OfferState.ACCEPTED).exists():
            self._set_out(rider.driver, at=at)
            return
        asked = Invitation.objects.waiting(at=at).filter(courier=rider, asked_at__lte=at - THINKS)
        invitation = asked.filter(offer__state=OfferState.OPEN).order_by("id").first()
        if invitation is None:
            return
        try:
            self._browser.send("GET", reverse("crowd_offer", args=[invitation.token]))
            self._browser.send("POST", reverse("crowd_accept", args=[invitation.token]))
        except NotTaken:
            logger.info("Somebody was faster.")
        except Away as problem:
            logger.info("A courier has no signal: %s.", problem)

    def _set_out(self, driver: Driver, *, at: datetime) -> None:
        page = DriverPage(settings.BASE_URL)
        find = partial(_find_errand, page)
        courier = OnAnErrand(driver, streets=self._area.streets, habits=Habits(self._seed), page=page, find_work=find)
        try:
            courier.begin(at=at)
        except (NoErrand, NotTaken, *Away) as problem:
            page.close()
            logger.info("A courier does not set out: %s.", problem)
            return
        is_home = Event()
        device = Device.objects.live().filter(driver=driver).first() or rounds.issue_device(driver, at=at)
        self._on_errands[driver.id] = (courier, page, is_home)
        Thread(target=self._report, args=(courier, device, is_home), name=driver.given_name, daemon=True).start()

    def _ride(self, driver_id: int, *, at: datetime) -> None:
        courier, _, _ = self._on_errands[driver_id]
        try:
            courier.advance(at=at)
        except NoErrand:
            self._go_home(driver_id, at=at)
        except NotTaken:
            logger.exception("A courier gives up.")
            self._go_home(driver_id, at=at)
        except Away as problem:
            logger.info("A courier has no signal: %s.", problem)

    def _go_home(self, driver_id: int, *, at: datetime | None) -> None:
        _, page, is_home = self._on_errands.pop(driver_id)
        is_home.set()
        page.close()
        if at is not None:
            for device in Device.objects.live().filter(driver=driver_id):
                rounds.revoke_device(device, at=at)

    def _order(self, *, at: datetime) -> None:
        """Let another errand come in now and then, while not too many wait."""
        if self._orders_at is None:
            self._orders_at = at + ORDERS_EVERY
        if at >= self._orders_at and Offer.objects.filter(state=OfferState.OPEN).count() < MOST_WAITING:
            self._orders_at = at + ORDERS_EVERY
            part = self._chance.choice(cast.RIDERS)
            Crowd(self._area, seed=self._seed).order(part.hub, at=at)


def _find_errand(page: DriverPage, driver: Driver, at: datetime) -> Route:
    """Give the route of the errand that a courier has accepted, and begin its shift on their page.

    Raises ``NoErrand`` where they have none.
    """
    planned = Route.objects.select_related("hub", "shift").filter(shift__driver=driver, state=RouteState.PLANNED)
    route = planned.filter(shift__offer__state=OfferState.ACCEPTED).first()
    if route is None:
        raise NoErrand
    if route.shift.state == ShiftState.PLANNED:
        page.tell(route.shift, Kind.START, at=at)
    return route
