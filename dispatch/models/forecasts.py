"""The tables of the ETA: every forecast that was made, and what was learned from those that came due."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from tracking.rounds.models import Driver, Place, RouteState, Stop, StopState


class ForecastQuerySet(models.QuerySet["Forecast"]):
    def due(self) -> Self:
        """Those whose stop is done and whose route is over, that nothing was learned from yet."""
        return self.filter(taught_at=None, stop__state=StopState.DONE, stop__route__state=RouteState.FINISHED)

    def come_true(self) -> Self:
        """Those of which it is known how they came out."""
        return self.filter(done_at__isnull=False)


class Forecast(models.Model):
    """When a stop was foretold to be done, at one moment: in 80 of 100 cases between ``p10`` and ``p90``.

    ``shown_start`` to ``shown_end`` is the window that it called for; what shoppers were told is in tracking's ledger.
    ``horizon`` is the place of the time to ``p50`` among the model's horizons. ``plain_seconds`` is when the next stop
    would be done by the plain drive, uncorrected, ``hour`` in which hour of the hub; only the next stop has it.
    ``done_at`` is what came true.
    """

    stop = models.ForeignKey(Stop, on_delete=models.CASCADE, related_name="forecasts")
    at = models.DateTimeField()
    horizon = models.PositiveSmallIntegerField()
    p10 = models.DateTimeField()
    p50 = models.DateTimeField()
    p90 = models.DateTimeField()
    shown_start = models.DateTimeField()
    shown_end = models.DateTimeField()
    plain_seconds = models.FloatField(null=True, blank=True)
    hour = models.PositiveSmallIntegerField()
    model = models.CharField(max_length=20)
    done_at = models.DateTimeField(null=True, blank=True)
    taught_at = models.DateTimeField(null=True, blank=True)

    objects = ForecastQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="forecast_once_per_moment", fields=["stop", "at"]),
            models.CheckConstraint(
                name="forecast_is_in_order_and_never_past",
                condition=Q(p10__gte=F("at"), p50__gte=F("p10"), p90__gte=F("p50"), shown_end__gt=F("shown_start")),
            ),
            models.CheckConstraint(
                name="forecast_teaches_what_came_true", condition=Q(taught_at=None) | Q(done_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(name="forecast_by_age", fields=["at"]),
            models.Index(name="forecast_untaught", fields=["stop"], condition=Q(taught_at=None)),
        ]

    def __str__(self) -> str:
        return f"forecast of stop {self.stop_id} at {self.at:%Y-%m-%d %H:%M:%S}"


class LearnedRatio(models.Model):
    """What stops took, and what had been foretold for them: in an hour of the day at a hub, or with a driver."""

    hub = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    hour = models.PositiveSmallIntegerField(null=True, blank=True)
    driver = models.ForeignKey(Driver, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    took_seconds = models.FloatField()
    foretold_seconds = models.FloatField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="learned_ratio_is_of_an_hour_or_of_a_driver",
                condition=Q(hub__isnull=False, hour__isnull=False, hour__range=(0, 23), driver=None)
                | Q(hub=None, hour=None, driver__isnull=False),
            ),
            models.CheckConstraint(
                name="learned_ratio_rests_on_some", condition=Q(took_seconds__gt=0, foretold_seconds__gt=0)
            ),
            models.UniqueConstraint(name="learned_ratio_once_per_hour", fields=["hub", "hour"]),
            models.UniqueConstraint(name="learned_ratio_once_per_driver", fields=["driver"]),
        ]

    def __str__(self) -> str:
        return f"ratio of driver {self.driver_id}" if self.driver_id else f"ratio of hub {self.hub_id} at {self.hour} h"


class LearnedMargin(models.Model):
    """How far the bounds of forecasts lie from the middle, in ratio space, at a horizon: of a hub, or of all together.

    ``n`` is from how many forecasts it was learned.
    """

    hub = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    horizon = models.PositiveSmallIntegerField()
    low = models.FloatField()
    high = models.FloatField()
    spread = models.FloatField()
    n = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="learned_margin_once_per_hub", fields=["hub", "horizon"]),
            models.UniqueConstraint(name="learned_margin_once_for_all", fields=["horizon"], condition=Q(hub=None)),
            models.CheckConstraint(name="learned_margin_can_learn", condition=Q(spread__gt=0)),
        ]

    def __str__(self) -> str:
        return f"margin of {f'hub {self.hub_id}' if self.hub_id else 'all'} at horizon {self.horizon}"
