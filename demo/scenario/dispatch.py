"""New work for drivers who have run out of it, so that the day goes on for as long as anybody watches."""

from datetime import datetime, timedelta
from random import Random
from typing import Final

from django.conf import settings

from atlas.areas import Area
from demo.scenario.diary import Diary
from demo.scenario.orders import OrderBook
from demo.scenario.tours import Drawing, Reach
from tracking.rounds import services as rounds
from tracking.rounds.models import Driver, Place, Route, RouteState, Shift, ShiftState
from tracking.shipments.models import Shipment

STOPS: Final = 10
DEPARTS_IN_SECONDS: Final = 4 * 60
SHIFT_LASTS: Final = timedelta(hours=8)


class Dispatch:
    """Finds the next tour of a driver: the one that is planned, or a new one."""

    def __init__(self, area: Area, *, seed: int) -> None:
        self._area = area
        self._seed = seed

    def find_work(self, driver: Driver, at: datetime) -> Route:
        """Give the next planned route of a driver whose shift is on, making one where there is none."""
        planned = Route.objects.select_related("hub").filter(shift__driver=driver, state=RouteState.PLANNED)
        return planned.order_by("departs_at", "id").first() or self._plan(driver, at)

    def _plan(self, driver: Driver, at: datetime) -> Route:
        chance = Random(f"{self._seed} tour {Route.objects.count()}")
        hub = Place.objects.get(routes=Route.objects.filter(shift__driver=driver).latest("id"))
        visits = Drawing(self._area, chance).tour((hub.latitude, hub.longitude), [Reach()] * STOPS)
        errands = OrderBook(chance, taken=Shipment.objects.count()).errands(visits)
        departs_at = at + timedelta(seconds=DEPARTS_IN_SECONDS / settings.SPEED)
        return Diary(seed=self._seed).plan(_shift(driver, at), errands, hub=hub, departs_at=departs_at)


def _shift(driver: Driver, at: datetime) -> Shift:
    """Give the shift a driver is in, or begin the next one where its time is over."""
    shift = Shift.objects.filter(driver=driver, started_at__isnull=False).latest("starts_at")
    if shift.ends_at > at:
        return shift
    if shift.state != ShiftState.ENDED:
        rounds.move_shift(shift, ShiftState.ENDED, at=at)
    return rounds.move_shift(
        rounds.plan_shift(driver, starts_at=at, ends_at=at + SHIFT_LASTS), ShiftState.WORKING, at=at
    )
