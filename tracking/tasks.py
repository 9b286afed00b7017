"""What tracking does on its own time: called by the clock or a receiver. Each task bears being called twice."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from tracking import arrivals
from tracking.keys import services as keys
from tracking.live import breadcrumbs
from tracking.rounds import services as rounds
from tracking.rounds.models import Route
from tracking.shipments.signals import StopsChange


@shared_task
def flush_breadcrumbs() -> None:
    """Write the fixes that wait in Redis to the database."""
    breadcrumbs.flush()


@shared_task
def purge_positions() -> None:
    """Delete the fixes that are older than anybody may need them for."""
    rounds.forget_positions(recorded_before=timezone.now() - timedelta(days=settings.POSITION_DAYS))


@shared_task
def forget_answers() -> None:
    """Delete what was answered to programs that can no longer ask for it again."""
    keys.forget_answers(at=timezone.now())


@shared_task
def estimate_route(*, route_id: int, change: str = "") -> None:
    """Tell the shoppers on a route their windows anew, because its stops changed or time has passed."""
    arrivals.estimate_route(route_id, at=timezone.now(), change=StopsChange(change) if change else None)


@shared_task
def sweep_estimates() -> None:
    """Start an estimate for each active route that has not had one for a while; a driver who is silent ages too."""
    due = Route.objects.due_for_estimate(not_since=timezone.now() - arrivals.AT_MOST_EVERY)
    for route_id in due.values_list("id", flat=True):
        estimate_route.delay(route_id=route_id)
