"""The scene: a shop that neither sleeps nor counts, orders that have just been delivered, and a queue of texts.

Written straight into the tables, because thousands of orders through the services would take longer than the rest of
the benchmark; what runs against it is the real thing.
"""

from datetime import datetime, timedelta
from datetime import time as clock_time
from typing import Final

from notifications.models import Notification, Policy
from notifications.triggers import Channel, Trigger
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment, StatusEvent

ROWS_AT_ONCE: Final = 5000
ORDERS_OF_A_QUEUE: Final = 500
SPREAD: Final = 7919
"""A prime, so that what is due first lies anywhere in the table."""


def make_shop() -> Brand:
    """Make a shop without quiet hours, whose caps nobody reaches."""
    midnight, many = clock_time(0), 30_000
    brand = Brand.objects.create(slug="shop", name="Shop")
    Policy.objects.create(
        brand=brand,
        quiet_from=midnight,
        quiet_until=midnight,
        messages_a_day=many,
        texts_a_day=many,
        texts_an_hour=many,
    )
    return brand


def deliver(brand: Brand, orders: int, *, at: datetime) -> list[int]:
    """Make orders that are delivered, each to a number of its own; gives the ids of the events that say so."""
    shipments = Shipment.objects.bulk_create(_order(brand, number, at=at) for number in range(orders))
    events = StatusEvent.objects.bulk_create(
        StatusEvent(
            shipment=shipment,
            status=Status.DELIVERED,
            occurred_at=at,
            received_at=at,
            source="benchmark",
            external_id=str(shipment.id),
        )
        for shipment in shipments
    )
    return [event.id for event in events]


def queue(brand: Brand, texts: int, *, at: datetime) -> None:
    """Let so many texts be due, in another order than they were written in."""
    shipments = Shipment.objects.bulk_create(_order(brand, number, at=at) for number in range(ORDERS_OF_A_QUEUE))
    for first in range(0, texts, ROWS_AT_ONCE):
        Notification.objects.bulk_create(
            Notification(
                brand=brand,
                shipment=shipments[number % ORDERS_OF_A_QUEUE],
                trigger=Trigger.DELIVERED,
                channel=Channel.SMS,
                recipient=_phone(number),
                version=number,
                language="en",
                created_at=at,
                due_at=at - timedelta(seconds=number * SPREAD % 3600),
                expires_at=at + timedelta(days=1),
            )
            for number in range(first, min(first + ROWS_AT_ONCE, texts))
        )


def _order(brand: Brand, number: int, *, at: datetime) -> Shipment:
    return Shipment(
        brand=brand,
        reference=f"{at:%H%M%S%f}-{number}",
        recipient_name="Maija Meikäläinen",
        phone=_phone(number),
        street="Aleksanterinkatu 13",
        postcode="00100",
        city="Helsinki",
        timezone="Europe/Helsinki",
        status=Status.DELIVERED,
        finished_at=at,
        changed_at=at,
        created_at=at,
    )


def _phone(number: int) -> str:
    return f"+35840{number:07}"
