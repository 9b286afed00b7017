"""Whom the messages are for: thousands of shoppers, each with a number of their own, and a brand that never sleeps."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import time, timedelta
from typing import Any
from uuid import uuid4

from django.db.models import F
from django.utils import timezone

from notifications.models import Notification, Policy, Rule, State
from notifications.triggers import NEWS, Channel, Trigger
from tests import factories
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment, StatusEvent

OPEN = (State.PENDING, State.SENDING, State.UNKNOWN)
MOST = 30_000
TOLD = (Trigger.ON_THE_WAY, Trigger.FAILED_ATTEMPT)


def make_brand() -> Brand:
    """Make a brand that texts of what ``driver`` does, at any hour and as often as that is, and of nothing else."""
    brand = factories.make_brand()
    Policy.objects.create(
        brand=brand,
        quiet_from=time(0),
        quiet_until=time(0),
        messages_a_day=MOST,
        texts_a_day=MOST,
        texts_an_hour=1_000_000,
    )
    Rule.objects.bulk_create(
        Rule(brand=brand, trigger=trigger, channel=channel, is_on=trigger in TOLD and channel == Channel.SMS)
        for trigger in NEWS
        for channel in Channel
    )
    return brand


def make_shipments(
    count: int,
    *,
    status: Status = Status.OUT_FOR_DELIVERY,
    phone: str = "",
    first_number: int = 1,
    has_email: bool = False,
) -> list[int]:
    """Make shipments to as many numbers, unless one is given; gives their ids in order.

    What ``driver`` does to one out for delivery, a failed attempt, is told at once; to one at its hub, a moment later.
    """
    brand, at = make_brand(), timezone.now() - timedelta(hours=1)
    shipments = Shipment.objects.bulk_create(
        Shipment(
            brand=brand,
            reference=f"DS-{number}",
            recipient_name="Maija Meikäläinen",
            street="Aleksanterinkatu 13",
            postcode="00100",
            city="Helsinki",
            timezone="Europe/Helsinki",
            phone=phone or f"+35840{number:07}",
            email=f"maija-{number}@example.org" if has_email else "",
            status=status,
            changed_at=at,
            created_at=at,
        )
        for number in range(first_number, first_number + count)
    )
    StatusEvent.objects.bulk_create(
        StatusEvent(
            shipment=shipment,
            status=status,
            occurred_at=at,
            received_at=at,
            source="scene",
            external_id=uuid4().hex,
            is_silent=True,
        )
        for shipment in shipments
    )
    return [shipment.id for shipment in shipments]


def numbers(shipment_ids: Iterable[int]) -> dict[int, str]:
    """Give each shipment's number."""
    return dict(Shipment.objects.filter(id__in=shipment_ids).values_list("id", "phone"))


def settled() -> int:
    """Count the messages of which nothing more is to be done."""
    return Notification.objects.exclude(state__in=OPEN).count()


def is_open() -> bool:
    """Say whether anything is still to be done about any message."""
    return Notification.objects.filter(state__in=OPEN).exists()


def moments(field: str) -> dict[str, float]:
    """Give a moment of every message that has it, in seconds since 1970, by the provider's name for the message."""
    rows = Notification.objects.exclude(**{field: None}).values_list("provider_id", field)
    return {provider_id: moment.timestamp() for provider_id, moment in rows}


def in_doubt() -> list[int]:
    """Find the messages of which nobody knows whether they were taken."""
    return list(Notification.objects.filter(state=State.UNKNOWN).values_list("id", flat=True))


def put_off() -> list[int]:
    """Find the messages that wait until their provider may be tried again."""
    return list(Notification.objects.filter(state=State.PENDING).values_list("id", flat=True))


def stranded() -> list[int]:
    """Find the messages that a worker had when it was killed. Only while none runs."""
    return list(Notification.objects.filter(state=State.SENDING).values_list("id", flat=True)) + in_doubt()


def let_a_minute_pass(notification_ids: Iterable[int]) -> None:
    """Let leases end, listings be complete and providers be tried again without waiting for it."""
    minute = timedelta(seconds=70)
    rows = Notification.objects.filter(id__in=notification_ids)
    rows.filter(state=State.SENDING).update(leased_until=F("leased_until") - minute, called_at=F("called_at") - minute)
    rows.filter(state=State.PENDING).update(due_at=F("due_at") - minute)
    rows.filter(state=State.UNKNOWN).update(due_at=F("due_at") - minute, called_at=F("called_at") - minute)


def tally(ledger: Sequence[Mapping[str, Any]], expected: Iterable[str]) -> dict[str, int]:
    """Hold the ledger against the numbers that were each to get one message."""
    taken = Counter(row["to"] for row in ledger)
    due = set(expected)
    return {
        "sent": len(ledger),
        "lost": sum(1 for number in due if not taken[number]),
        "doubled": sum(times - 1 for times in taken.values() if times > 1),
        "unasked": sum(1 for number in taken if number not in due),
    }
