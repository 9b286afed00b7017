"""What a web process does when it changes a status, and how it comes to grief; called in processes of their own."""

import json
import os
import signal
import sys
import time
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

NEXT = {Status.AT_HUB: Status.OUT_FOR_DELIVERY, Status.OUT_FOR_DELIVERY: Status.ATTEMPTED}


class Survived(Exception):
    """A process that was to be killed ended by itself."""


def record(shipment_ids: Sequence[int]) -> None:
    """Take shipments a step on."""
    for shipment_id in shipment_ids:
        _record(shipment_id)


def die(shipment_ids: Sequence[int], *, every_seconds: float) -> None:
    """Take shipments a step on, each in a process that is killed after the commit, before anybody can hear of it.

    Prints when each died, by the shipment's id, in seconds since 1970.
    """
    died_at = {}
    for shipment_id in shipment_ids:
        _die(shipment_id)
        died_at[shipment_id] = time.time()
        time.sleep(every_seconds)
    json.dump(died_at, sys.stdout)


def roll_back(shipment_ids: Sequence[int]) -> None:
    """Take shipments a step on and think better of it."""
    for shipment_id in shipment_ids:
        with transaction.atomic():
            _record(shipment_id)
            transaction.set_rollback(True)


def _record(shipment_id: int) -> None:
    shipment = Shipment.objects.get(id=shipment_id)
    services.record(shipment, NEXT[Status(shipment.status)], at=timezone.now())


def _die(shipment_id: int) -> None:
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            raise Survived(f"It ended with {status}.")
        return
    try:
        with transaction.atomic():
            # What is to follow a commit follows in order, so that this comes before the signals.
            transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
            _record(shipment_id)
    finally:
        os._exit(1)
