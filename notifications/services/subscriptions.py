"""The browsers that want to be told of a shipment: the only writer of push subscriptions."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Collection
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from django.db import transaction

from notifications.gateways import endpoints
from notifications.models import Notification, PushSubscription
from tracking.models import Shipment

MOST_PER_SHIPMENT: Final = 10

_POINT: Final = re.compile(r"[A-Za-z0-9_-]{87}")
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{22}")


class NotASubscription(Exception):
    """This is not what a browser hands out: not at a push service, or without keys to encrypt for it."""


class TooManySubscriptions(Exception):
    """As many browsers as may be are told of this shipment already."""


@transaction.atomic
def subscribe(
    shipment: Shipment, *, endpoint: str, p256dh: str, auth: str, language: str, at: datetime
) -> PushSubscription:
    """Tell a browser of a shipment from now on. Twice is harmless; the latest keys are the ones that hold.

    Raises ``NotASubscription`` or ``TooManySubscriptions``.
    """
    if not endpoints.is_push_service(endpoint) or not _are_keys(p256dh, auth):
        raise NotASubscription
    Shipment.objects.select_for_update().get(id=shipment.id)
    others = PushSubscription.objects.filter(shipment=shipment, gone_at=None).exclude(endpoint=endpoint)
    if others.count() >= MOST_PER_SHIPMENT:
        raise TooManySubscriptions
    keys = {"p256dh": p256dh, "auth": auth, "language": language, "gone_at": None}
    subscription, _ = PushSubscription.objects.update_or_create(
        shipment=shipment, endpoint=endpoint, defaults=keys, create_defaults={**keys, "created_at": at}
    )
    return subscription


def unsubscribe(shipment: Shipment, *, endpoint: str, at: datetime) -> None:
    """Tell a browser no more of a shipment. One that was never told is no mistake, nor is twice.

    Raises ``NotASubscription`` where there can be no browser.
    """
    if not endpoints.is_push_service(endpoint):
        raise NotASubscription
    PushSubscription.objects.filter(shipment=shipment, endpoint=endpoint, gone_at=None).update(gone_at=at)


def end(subscription_id: int, *, at: datetime) -> None:
    """Write down that a browser takes nothing more of us, for whichever shipment. Twice is harmless."""
    gone = PushSubscription.objects.filter(id=subscription_id).values("endpoint")
    PushSubscription.objects.filter(endpoint__in=gone, gone_at=None).update(gone_at=at)


def described(batch: Collection[Notification]) -> dict[int, str]:
    """Write each message's browser as its push service needs it, by the message's id; without those that are gone.

    One query, however many they are.
    """
    wanted = {int(notification.recipient) for notification in batch}
    here = PushSubscription.objects.filter(gone_at=None).in_bulk(wanted) if wanted else {}
    return {
        notification.id: _described(here[int(notification.recipient)])
        for notification in batch
        if int(notification.recipient) in here
    }


def _described(subscription: PushSubscription) -> str:
    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    return json.dumps({"endpoint": subscription.endpoint, "keys": keys})


def _are_keys(p256dh: str, auth: str) -> bool:
    """Say whether these are a point of the curve and 16 bytes, as RFC 8291 has them, written as browsers write them."""
    if not _POINT.fullmatch(p256dh) or not _SECRET.fullmatch(auth):
        return False
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), urlsafe_b64decode(f"{p256dh}="))
    except ValueError:
        return False
    return True
