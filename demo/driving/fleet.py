"""All drivers of the day, each with a phone of their own, until somebody ends it."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from random import Random
from threading import Event, Thread
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone

from atlas.areas import Area
from demo.driving.browsing import Away, NotTaken
from demo.driving.counter import Counter
from demo.driving.courier import Courier
from demo.driving.habits import Habits
from demo.driving.page import DriverPage
from demo.driving.phone import Phone, Receiver
from demo.driving.riders import Riders
from demo.scenario import cast
from demo.scenario.dispatch import Dispatch
from tracking.rounds.models import Device, Stop
from tracking.shipments.lifecycle import IllegalStep

REPORT_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 0.5

logger = logging.getLogger(__name__)


def drive(area: Area, *, seed: int, is_over: Event) -> None:
    """Let every driver but the one who is driven by hand drive and report, until ``is_over`` is set.

    What happens at doors, hubs and the pickup point happens in this thread. Each phone has one of its own, so that none
    waits for another or for the database.
    """
    dispatch = Dispatch(area, seed=seed)
    others = Device.objects.live().exclude(driver__given_name=cast.BY_HAND.given_name).filter(driver__courier=None)
    devices = list(others.select_related("driver__carrier").order_by("id"))
    pages = [DriverPage(settings.BASE_URL) for _ in devices]
    couriers = [
        Courier(device.driver, streets=area.streets, habits=Habits(seed), page=page, find_work=dispatch.find_work)
        for device, page in zip(devices, pages, strict=True)
    ]
    for courier in couriers:
        courier.begin(at=timezone.now())
    phones = [
        Thread(target=_report, args=(courier, device, is_over), name=device.driver.given_name, daemon=True)
        for courier, device in zip(couriers, devices, strict=True)
    ]
    for phone in phones:
        phone.start()
    riders, counter = Riders(area, seed=seed, report=_report), Counter()
    while not is_over.wait(LOOK_SECONDS):
        _live(couriers, riders, counter, at=timezone.now())
    riders.close()
    for phone in phones:
        phone.join()
    for page in pages:
        page.close()


def _live(couriers: Sequence[Courier], riders: Riders, counter: Counter, *, at: datetime) -> None:
    """Let everybody do what is due. What the database cannot take now is done at the next look."""
    try:
        ahead = [courier.stop_id for courier in couriers if courier.stop_id is not None]
        pending = set(Stop.objects.pending().filter(id__in=ahead).values_list("id", flat=True))
        for courier in couriers:
            _advance(courier, pending, at=at)
        riders.live(at=at)
        counter.serve(at=at)
    except DatabaseError:
        logger.exception("The day stands still for a moment.")
        connection.close()


def _advance(courier: Courier, pending: Collection[int], *, at: datetime) -> None:
    """Let one driver do what is due; one whom the desk has got ahead of begins anew with what is left."""
    try:
        if courier.stop_id is not None and courier.stop_id not in pending:
            courier.turn(at=at)
        courier.advance(at=at)
    except (IllegalStep, NotTaken):
        logger.exception("A driver looks around.")
        courier.begin(at=at)
    except Away as problem:
        logger.info("A driver has no signal: %s.", problem)


def _report(courier: Courier, device: Device, is_over: Event) -> None:
    """Report one driver's position once a second."""
    receiver = Receiver(Random(device.id))
    phone = Phone(f"{settings.BASE_URL}{reverse('tracking:gps', args=[device.key])}")
    while not is_over.wait(REPORT_SECONDS):
        at = timezone.now()
        phone.tell(receiver.read(courier.point(at=at), at=at))
    phone.close()
