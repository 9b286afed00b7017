"""What planning does on its own time: called by the clock or a receiver. Each task bears being called twice."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from dispatch import confirming, texting
from dispatch.gateways import weather
from dispatch.gateways.fetching import Unavailable
from dispatch.models.fleet import Hub
from dispatch.services import (
    collecting,
    counting,
    demands,
    following,
    forecasts,
    habits,
    offering,
    plans,
    quotes,
    replanning,
    slots,
    working,
)
from dispatch.services import weather as skies
from tracking.changes.models import Change
from tracking.shipments.models import Shipment


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


@shared_task(time_limit=plans.MOST_SECONDS + 120)
def work_out(*, plan_id: int) -> None:
    """Work a plan out that somebody asked for, unless another worker does."""
    working.work_out(plan_id, now=timezone.now)


@shared_task
def sweep_plans() -> None:
    """Take up the plans whose worker died or was never told, and those who asked for nothing yet."""
    for plan_id in working.take_up_abandoned(at=timezone.now()):
        work_out.delay(plan_id=plan_id)
    demands.take_in_missing(at=timezone.now())


@shared_task
def take_in(*, shipment_id: int) -> None:
    """Write down what a new shipment asks for."""
    shipment = Shipment.objects.filter(id=shipment_id).first()
    if shipment:
        demands.take_in(shipment, at=timezone.now())


@shared_task
def look_at_route(*, route_id: int) -> None:
    """Think about a route again to which something has happened."""
    replanning.look(route_id, at=timezone.now())


@shared_task
def follow_changes(*, shipment_id: int) -> None:
    """Let the plan follow what a shopper asked for, or took back."""
    shipment = Shipment.objects.filter(id=shipment_id).first()
    if shipment:
        following.follow(shipment, at=timezone.now())


@shared_task
def offer(*, shipment_id: int) -> None:
    """Work out what can be changed about a shipment now."""
    shipment = Shipment.objects.select_related("brand", "stop__route").filter(id=shipment_id).first()
    if shipment:
        offering.refresh(shipment, at=timezone.now())
        texting.ask(shipment, at=timezone.now())


@shared_task
def sweep_offers() -> None:
    """Work out anew what can be changed where that was long ago, or never."""
    for shipment_id in offering.due(at=timezone.now()):
        offer.delay(shipment_id=shipment_id)


@shared_task
def sweep_collections() -> None:
    """Make ready what shoppers collect at the hubs, once they can."""
    collecting.make_ready(at=timezone.now())


@shared_task
def release_slot(*, shipment_id: int) -> None:
    """Give back the place in a slot that a shipment has which nobody will bring any more."""
    shipment = Shipment.objects.filter(id=shipment_id).first()
    if shipment and shipment.status in slots.RELEASING:
        slots.release(shipment, at=timezone.now())


@shared_task
def count_slots() -> None:
    """Count anew how many more each slot of the coming days can take."""
    for hub_id in Hub.objects.values_list("place_id", flat=True):
        count_slots_of.delay(hub_id=hub_id)


@shared_task
def count_slots_of(*, hub_id: int) -> None:
    """Count the slots of one hub."""
    hub = Hub.objects.select_related("place").filter(place_id=hub_id).first()
    if hub:
        counting.count(hub, at=timezone.now())


@shared_task
def learn_forecasts() -> None:
    """Let the rounds that are over teach the ETA."""
    for route_id in forecasts.due_routes():
        forecasts.learn(route_id, at=timezone.now())


@shared_task
def forget_forecasts() -> None:
    """Delete the forecasts that are too old to be looked at."""
    forecasts.forget(at=timezone.now())


@shared_task
def forget_quotes() -> None:
    """Delete the quotes of yesterday that nobody took."""
    quotes.forget(made_before=timezone.now() - timedelta(days=1))


@shared_task
def confirm_change(*, change_id: int) -> None:
    """Tell the recipient what was changed."""
    change = Change.objects.select_related("shipment__brand").filter(id=change_id).first()
    if change:
        confirming.confirm(change, at=timezone.now())
