"""The table of the weather at the hubs, hour by hour, as it was last foretold."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from dispatch.models.fleet import Hub


class Sky(models.TextChoices):
    """The weather as far as drives and doors depend on it, in the words of the table of factors."""

    CLEAR = "clear", _("clear")
    RAIN = "rain", _("rain")
    HEAVY_RAIN = "heavy_rain", _("heavy rain")
    SNOW = "snow", _("snow")
    ICE = "ice", _("ice")
    FOG = "fog", _("fog")


class WeatherHour(models.Model):
    """The weather at a hub in the hour from ``starts_at``, as heard at ``heard_at``."""

    hub = models.ForeignKey(Hub, on_delete=models.CASCADE, related_name="weather_hours")
    starts_at = models.DateTimeField()
    sky = models.CharField(max_length=10, choices=Sky)
    heard_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="weather_hour_once", fields=["hub", "starts_at"])]

    def __str__(self) -> str:
        return f"{self.sky} at hub {self.hub_id} from {self.starts_at:%Y-%m-%d %H:%M}"
