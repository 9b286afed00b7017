"""What planning does on its own time: called by the clock or a receiver. Each task bears being called twice."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from dispatch.gateways import weather
from dispatch.gateways.fetching import Unavailable
from dispatch.models.fleet import Hub
from dispatch.services import habits
from dispatch.services import weather as skies


@shared_task
def hear_weather() -> None:
    """Ask for the weather at each hub, where anybody can be asked."""
    if weather.is_configured():
        for hub_id in Hub.objects.values_list("place_id", flat=True):
            hear_weather_at.delay(hub_id=hub_id)


@shared_task(autoretry_for=[Unavailable], max_retries=3, default_retry_delay=60)
def hear_weather_at(*, hub_id: int) -> None:
    """Ask for the weather at one hub."""
    hub = Hub.objects.select_related("place").filter(place_id=hub_id).first()
    if hub:
        skies.hear(hub, at=timezone.now())


@shared_task
def learn_habits() -> None:
    """Learn of each hub from its drives of yesterday, and of the day before, which may have had an evening shift."""
    for hub_id in Hub.objects.values_list("place_id", flat=True):
        for days in (1, 2):
            learn_habits_of.delay(hub_id=hub_id, days_ago=days)


@shared_task
def learn_habits_of(*, hub_id: int, days_ago: int) -> None:
    """Learn of one hub from its drives of one day."""
    hub = Hub.objects.select_related("place").filter(place_id=hub_id).first()
    if hub:
        habits.learn(hub, day=timezone.now().astimezone(hub.zone).date() - timedelta(days=days_ago))
