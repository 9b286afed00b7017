"""Writes down what the weather at a hub is foretold to be."""

from datetime import datetime, timedelta
from typing import Final

from dispatch.gateways import weather
from dispatch.models.fleet import Hub
from dispatch.models.weather import WeatherHour

KEPT: Final = timedelta(days=7)
"""For so long an hour is kept: drives are learned from on the day after."""


def hear(hub: Hub, *, at: datetime) -> None:
    """Ask for the weather at a hub and write it down, each hour as it was heard last. Twice is harmless.

    Raises ``gateways.fetching.Unavailable`` where nobody says; what was heard before stays.
    """
    skies = weather.hours(hub.place.latitude, hub.place.longitude, zone=hub.zone, around=at)
    WeatherHour.objects.bulk_create(
        [WeatherHour(hub=hub, starts_at=hour, sky=sky, heard_at=at) for hour, sky in skies.items()],
        update_conflicts=True,
        unique_fields=["hub", "starts_at"],
        update_fields=["sky", "heard_at"],
    )
    WeatherHour.objects.filter(hub=hub, starts_at__lt=at - KEPT).delete()
