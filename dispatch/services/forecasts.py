"""The live ETA: foretells the rest of a round for tracking, keeps what it foretold, and learns from what came true.

The only writer of forecasts, ratios and margins. The rules are in ``dispatch.forecasting``.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Max, Min, OuterRef, Subquery

from atlas import travel as streets
from dispatch import travel, weather
from dispatch.forecasting import live
from dispatch.forecasting.conformal import Margin, Margins
from dispatch.forecasting.live import PRIOR, Ahead, Outlook, Standing
from dispatch.forecasting.ratios import Pace, Ratio, Work
from dispatch.models.fleet import Hub
from dispatch.models.forecasts import Forecast, LearnedMargin, LearnedRatio
from dispatch.planning.flow import HOUR, Flow
from dispatch.planning.problem import Traffic
from tracking.rounds import estimate
from tracking.rounds.estimate import Arrival, Progress
from tracking.rounds.models import Route, Stop, StopState
from tracking.shipments import window

MODEL: Final = "ratios-1"
"""By which model a forecast was made; a new number where it foretells otherwise than before."""

KEPT_EVERY: Final = timedelta(minutes=5)
"""Forecasts are kept when a stop was done, and else this often: those every 15 s say the same again and again."""

KEPT_FOR: Final = timedelta(days=90)


class _Zero(NamedTuple):
    """The midnight before a round, and how its roads flow from then on."""

    midnight: datetime
    flow: Flow

    def since(self, moment: datetime) -> float:
        """Give the seconds from midnight to a moment."""
        return (moment - self.midnight).total_seconds()


def foretell(route: Route, progress: Progress, ahead: Sequence[estimate.Ahead]) -> list[Arrival]:
    """Foretell when the stops of an active round will be done, in order, and keep it.

    The bounds are those of the parcel being handed over, to the nearest five minutes; the middle is when the door is
    reached. The number of questions to the database does not grow with the round.
    """
    if not ahead:
        return []
    settle(route.id)
    doors = {
        stop.id: stop
        for stop in Stop.objects.filter(id__in=[stop.stop_id for stop in ahead]).annotate(
            opens_at=Min("shipments__promised_start")
        )
    }
    zero = _zero(route, list(doors.values()), at=progress.at)
    outlooks = live.foretell(
        _standing(progress, zero),
        [_ahead(stop, doors[stop.stop_id], zero) for stop in ahead],
        flow=zero.flow,
        pace=_pace(route).on(_works(route, since=zero.midnight)),
        margins=_margins_of(route.hub_id),
    )
    _keep(route, progress, outlooks, hour=int(zero.since(progress.at) // HOUR) % 24)
    return [_arrival(outlook, at=progress.at) for outlook in outlooks]


def settle(route_id: int) -> None:
    """Write down beside the forecasts of a route what came true. Twice is harmless."""
    done_at = Stop.objects.filter(id=OuterRef("stop")).values("done_at")
    Forecast.objects.filter(stop__route=route_id, stop__state=StopState.DONE, done_at=None).update(
        done_at=Subquery(done_at)
    )


def due_routes() -> list[int]:
    """List the routes that are over and have something to teach."""
    return list(Forecast.objects.due().order_by().values_list("stop__route", flat=True).distinct())


@transaction.atomic
def learn(route_id: int, *, at: datetime) -> int:
    """Learn from a round that is over: how far to trust forecasts, and how fast hub and driver are.

    Once it is over, and all of it together: taught stop by stop, the quick ones would be heard first. Gives from how
    many forecasts; twice is harmless, because each teaches once.
    """
    _lock_margins()
    settle(route_id)
    forecasts = list(Forecast.objects.due().filter(stop__route=route_id).order_by("at", "stop__sequence"))
    if forecasts:
        route = Route.objects.select_related("shift").get(id=route_id)
        _learn_margins(route.hub_id, forecasts)
        _learn_ratios(route, [work for forecast in _nexts(forecasts) if (work := _work(forecast))])
        Forecast.objects.filter(id__in=[forecast.id for forecast in forecasts]).update(taught_at=at)
    return len(forecasts)


def forget(*, at: datetime) -> int:
    """Delete the forecasts that are too old to be looked at; what they taught stays. Gives their number."""
    return Forecast.objects.filter(at__lt=at - KEPT_FOR).delete()[0]


def _zero(route: Route, doors: Sequence[Stop], *, at: datetime) -> _Zero:
    """Look up the roads of the day; where drives are by the crow's flight, the traffic is in them already."""
    hub = Hub.objects.select_related("place").filter(place=route.hub_id).first()
    if hub is None:
        return _Zero(at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0), Flow(Traffic()))
    day = at.astimezone(hub.zone).date()
    points = [(stop.latitude, stop.longitude) for stop in doors]
    traffic = travel.traffic(hub, day=day) if streets.have_streets(points).all() else Traffic()
    return _Zero(weather.midnight(hub, day), Flow(traffic))


def _standing(progress: Progress, zero: _Zero) -> Standing:
    def since(moment: datetime | None) -> float | None:
        return (progress.at - moment).total_seconds() if moment else None

    return Standing(
        now=zero.since(progress.at),
        at_door_seconds=since(progress.at_first_door_since),
        pause_seconds=progress.pause_seconds,
        silent_seconds=since(progress.seen_at) or 0.0,
    )


def _ahead(stop: estimate.Ahead, door: Stop, zero: _Zero) -> Ahead:
    opens_at: datetime | None = vars(door)["opens_at"]
    opens = zero.since(opens_at) if opens_at else 0.0
    return Ahead(stop.stop_id, stop.travel_seconds, stop.service_seconds, opens)


def _pace(route: Route) -> Pace:
    ratios = LearnedRatio.objects.filter(hub=route.hub_id) | LearnedRatio.objects.filter(driver=route.shift.driver_id)
    hours, driver = {}, Ratio()
    for row in ratios:
        ratio = Ratio(row.took_seconds, row.foretold_seconds)
        if row.hour is None:
            driver = ratio
        else:
            hours[row.hour] = ratio
    return Pace(hours, driver)


def _works(route: Route, *, since: datetime) -> list[Work]:
    """List what the driver has done on this round today, as far as forecasts of it were kept."""
    done = Forecast.objects.come_true().filter(stop__route=route.id, at__gte=since, plain_seconds__isnull=False)
    return [work for forecast in _nexts(done.order_by("at")) if (work := _work(forecast))]


def _nexts(forecasts: Iterable[Forecast]) -> list[Forecast]:
    """Pick of each stop the first forecast that was made of it as the next one."""
    first: dict[int, Forecast] = {}
    for forecast in forecasts:
        if forecast.plain_seconds is not None:
            first.setdefault(forecast.stop_id, forecast)
    return list(first.values())


def _work(forecast: Forecast) -> Work | None:
    if forecast.done_at is None or not forecast.plain_seconds:
        return None
    return Work(forecast.hour, (forecast.done_at - forecast.at).total_seconds(), forecast.plain_seconds)


def _margins_of(hub_id: int) -> list[Margin]:
    """Give the margins of a hub, one for each horizon; those of all together where it has none of its own."""
    margins = _margins(hub_id)
    return [margins.of(hub_id, horizon) for horizon in range(len(PRIOR))]


def _margins(hub_id: int) -> Margins[int]:
    margins: Margins[int] = Margins(list(PRIOR))
    rows = LearnedMargin.objects.filter(hub=None) | LearnedMargin.objects.filter(hub=hub_id)
    for row in rows:
        margin = Margin(row.low, row.high, row.spread, row.n)
        if row.hub_id is None:
            margins.pooled[row.horizon] = margin
        else:
            margins.own[hub_id, row.horizon] = margin
    return margins


def _lock_margins() -> None:
    """Let nobody else learn at the same time: the margins of all together are everybody's."""
    LearnedMargin.objects.bulk_create(
        [_margin_row(None, horizon, margin) for horizon, margin in enumerate(PRIOR)], ignore_conflicts=True
    )
    list(LearnedMargin.objects.filter(hub=None).select_for_update().order_by("horizon"))


def _learn_margins(hub_id: int, forecasts: Sequence[Forecast]) -> None:
    margins = _margins(hub_id)
    for forecast in forecasts:
        if forecast.done_at:
            foretold, took = ((moment - forecast.at).total_seconds() for moment in (forecast.p50, forecast.done_at))
            live.learn(margins, hub_id, foretold=foretold, took=took)
    rows = list(LearnedMargin.objects.filter(hub=None))
    for row in rows:
        learned = margins.pooled[row.horizon]
        row.low, row.high, row.n = learned.low, learned.high, learned.n
    LearnedMargin.objects.bulk_update(rows, ["low", "high", "n"])
    LearnedMargin.objects.bulk_create(
        [_margin_row(hub_id, horizon, margin) for (_, horizon), margin in margins.own.items()],
        update_conflicts=True,
        unique_fields=["hub", "horizon"],
        update_fields=["low", "high", "n"],
    )


def _margin_row(hub_id: int | None, horizon: int, margin: Margin) -> LearnedMargin:
    return LearnedMargin(
        hub_id=hub_id, horizon=horizon, low=margin.low, high=margin.high, spread=margin.spread, n=margin.n
    )


def _learn_ratios(route: Route, works: Sequence[Work]) -> None:
    """Write down what hub and driver are like now."""
    if not works:
        return
    driver_id = route.shift.driver_id
    pace = _pace(route).learned(works)
    of_hours = [
        LearnedRatio(hub_id=route.hub_id, hour=hour, took_seconds=ratio.took, foretold_seconds=ratio.foretold)
        for hour, ratio in pace.hours.items()
    ]
    of_driver = LearnedRatio(driver_id=driver_id, took_seconds=pace.driver.took, foretold_seconds=pace.driver.foretold)
    for rows, unique_fields in ((of_hours, ["hub", "hour"]), ([of_driver], ["driver"])):
        LearnedRatio.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=unique_fields,
            update_fields=["took_seconds", "foretold_seconds"],
        )


def _keep(route: Route, progress: Progress, outlooks: Sequence[Outlook], *, hour: int) -> None:
    """Keep a forecast, if a stop was done since the last one that was kept, or that is long ago. Twice is harmless."""
    last = Forecast.objects.filter(stop__route=route.id).aggregate(at=Max("at"))["at"]
    is_news = last is None or route.stops.filter(done_at__gt=last).exists()
    if is_news or progress.at - last >= KEPT_EVERY:
        rows = [_forecast(outlook, progress, hour, is_next=not place) for place, outlook in enumerate(outlooks)]
        Forecast.objects.bulk_create(rows, ignore_conflicts=True)


def _forecast(outlook: Outlook, progress: Progress, hour: int, *, is_next: bool) -> Forecast:
    arrival = _arrival(outlook, at=progress.at)
    shown = window.between(arrival.low, arrival.high, UTC)
    p10, p50, p90 = (progress.at + timedelta(seconds=s) for s in (outlook.p10, outlook.p50, outlook.p90))
    return Forecast(
        stop_id=outlook.stop,
        at=progress.at,
        horizon=live.horizon_of(outlook.p50),
        p10=p10,
        p50=p50,
        p90=p90,
        shown_start=shown.start or p10,
        shown_end=shown.end or p90,
        plain_seconds=outlook.plain if is_next and progress.at_first_door_since is None else None,
        hour=hour,
        model=MODEL,
    )


def _arrival(outlook: Outlook, *, at: datetime) -> Arrival:
    low, high = (live.rounded(at + timedelta(seconds=seconds)) for seconds in (outlook.p10, outlook.p90))
    return Arrival(outlook.stop, max(low, at), at + timedelta(seconds=outlook.arrives), max(high, at))
