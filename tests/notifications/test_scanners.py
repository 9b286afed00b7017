"""What mail scanners and chat previews do: open every link of every message, often, before anybody has read it."""

import re
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any, Final
from urllib.parse import urldefrag

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.utils import timezone

from notifications import sealing, wording
from notifications.models import Notification
from notifications.services import consent
from notifications.triggers import NEWS, Channel, Trigger
from tests.factories import make_shipment
from tests.notifications.rows import MAIL, make_row
from tracking.shipments.lifecycle import Status

VISITS: Final = 1000
LINK: Final = re.compile(r"http://testserver/[^\s\"<>]+")
VISITORS: Final = [
    "",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "BarracudaCentral/1.0",
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "WhatsApp/2.23.20.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
]

pytestmark = pytest.mark.django_db


def messages() -> list[Notification]:
    """Make a message of every kind on every channel."""
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, at=timezone.now())
    details = {"stops": 3, "minutes": 20, "text": "Try this", "answer": "Here"}
    rows = [
        make_row(shipment, channel=channel, trigger=trigger, details=details, sealed=sealing.seal("123456"))
        for trigger in Trigger
        if trigger != Trigger.TEST
        for channel in Channel
    ]
    return list(Notification.objects.filter(id__in=[row.id for row in rows]).select_related("brand", "shipment__brand"))


def links(batch: list[Notification]) -> dict[str, set[str]]:
    """Put them into words as they are sent, and list every address in each, by the kind of page that it leads to."""
    found: dict[str, set[str]] = {}
    for told in wording.compose(batch, at=timezone.now()).values():
        for text in (told.text, told.html, told.link, told.unsubscribe_url, *told.content_variables.values()):
            for address in LINK.findall(text):
                path = urldefrag(address).url.removeprefix("http://testserver")
                found.setdefault(path.split("/")[1], set()).add(path)
    return found


def everything() -> dict[str, Any]:
    """Read every table, and every key of Redis."""
    tables: dict[str, Any] = {
        model._meta.db_table: list(model._default_manager.order_by("pk").values_list()) for model in apps.get_models()
    }
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return {**tables, "redis": sorted(client.keys())}


def visits(paths: set[str]) -> Iterator[tuple[str, str]]:
    return islice(zip(cycle(sorted(paths)), cycle(VISITORS)), VISITS)


def test_a_thousand_scanners_on_every_link_of_every_message_change_nothing(client: Client) -> None:
    batch = messages()
    found = links(batch)
    before = everything()

    for paths in found.values():
        for path, visitor in visits(paths):
            assert client.get(path, headers={"user-agent": visitor}).status_code == 200
        for path in paths:
            assert client.head(path).status_code == 200
            assert client.options(path).status_code in {200, 405}

    assert everything() == before
    assert set(found) == {"t", "unsubscribe"}
    assert len(found["unsubscribe"]) == len(NEWS)
    assert not consent.is_withheld(Channel.EMAIL, MAIL, brand=batch[0].brand)
