"""A partner that has a lot to say: parcels of one carrier, and letters about them, doubled and out of order."""

import base64
import hashlib
import hmac
import http.client
import json
import random
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Final
from urllib.parse import urlsplit

from django.utils import timezone

from carriers.models import Account, Format
from carriers.services import accounts
from notifications.models import Rule
from notifications.triggers import NEWS, Channel
from tests import factories
from tracking.rounds.models import Carrier, CarrierKind
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Parcel, Shipment

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WAY: Final = (Status.IN_TRANSIT, Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.ATTEMPTED)
ENDS: Final = (Status.DELIVERED, Status.READY_FOR_PICKUP, Status.RETURNING, Status.OUT_FOR_DELIVERY)
LINES: Final = 32
"""Connections at once: enough that one that has to wait keeps no other waiting."""


@dataclass(frozen=True)
class Story:
    """What a partner will say: ``letters`` in the order of sending, and where each parcel ends by its own clock."""

    letters: Sequence[bytes]
    ends: Mapping[str, Status]

    @property
    def distinct(self) -> int:
        return len(set(self.letters))


def make_account() -> Account:
    """Make the account of a carrier, and its secret."""
    carrier = Carrier.objects.create(slug="posti", name="Posti", kind=CarrierKind.THIRD_PARTY)
    account = Account.objects.create(slug="posti", name="Posti", format=Format.GENERIC, created_at=timezone.now())
    account.carriers.add(carrier)
    accounts.set_secret(account, SECRET, at=timezone.now())
    return account


def tell(letters: int) -> Story:
    """Make parcels, and as many letters about them: a tenth said before, a tenth late, each parcel's way to its end."""
    chance = random.Random(letters)
    numbers = [f"JJFI{number:06}" for number in range(letters * 9 // 10 // (len(WAY) + 1))]
    _make_shipments(numbers)
    ends = {number: chance.choice(ENDS) for number in numbers}
    begun_at = timezone.now() - timedelta(days=1)
    told = []
    for step in range(len(WAY) + 1):
        for number in chance.sample(numbers, len(numbers)):
            status = [*WAY, ends[number]][step]
            occurred_at = begun_at + timedelta(hours=step, seconds=chance.randrange(3000))
            update = {"id": f"{number}-{step}", "tracking_number": number, "status": status}
            told.append(json.dumps({"updates": [{**update, "occurred_at": occurred_at.isoformat()}]}).encode())
    for place in sorted(chance.sample(range(len(told)), len(told) // 10), reverse=True):
        told.insert(chance.randrange(place, len(told)), told.pop(place))
    while len(told) < letters:
        place = chance.randrange(len(told))
        told.insert(chance.randrange(place, len(told)) + 1, told[place])
    return Story(told, ends)


def send(site: str, letters: Sequence[bytes], *, per_s: float) -> tuple[list[int], list[float]]:
    """Post letters, so many a second whatever comes back; gives the statuses, and the seconds until each was answered.

    They count from when a letter was to be sent, so that one that had to wait for its turn has waited.
    """
    statuses, seconds, turns, begun_at = [0] * len(letters), [0.0] * len(letters), count(), time.monotonic() + 0.5

    def post() -> None:
        line = http.client.HTTPConnection(urlsplit(site).netloc, timeout=60)
        for turn in iter(lambda: next(turns), None):
            if turn >= len(letters):
                break
            due_at = begun_at + turn / per_s
            time.sleep(max(0.0, due_at - time.monotonic()))
            line.request("POST", "/hooks/carriers/posti/", letters[turn], _signed(letters[turn], turn))
            answer = line.getresponse()
            answer.read()
            statuses[turn], seconds[turn] = answer.status, time.monotonic() - due_at
        line.close()

    threads = [threading.Thread(target=post) for _ in range(LINES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses, seconds


def _signed(body: bytes, turn: int) -> dict[str, str]:
    name, moment = f"msg_{turn}", str(int(time.time()))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": signature,
    }


def _make_shipments(numbers: Sequence[str]) -> None:
    """Make a shipment of one parcel for each number, of a brand that writes to nobody."""
    brand, at = factories.make_brand(), timezone.now() - timedelta(days=2)
    Rule.objects.bulk_create(
        Rule(brand=brand, trigger=trigger, channel=channel, is_on=False) for trigger in NEWS for channel in Channel
    )
    shipments = Shipment.objects.bulk_create(
        Shipment(
            brand=brand,
            reference=number,
            carrier=Carrier.objects.get(slug="posti"),
            recipient_name="Maija Meikäläinen",
            street="Aleksanterinkatu 13",
            postcode="00100",
            city="Helsinki",
            timezone="Europe/Helsinki",
            changed_at=at,
            created_at=at,
        )
        for number in numbers
    )
    Parcel.objects.bulk_create(Parcel(shipment=shipment, number=shipment.reference) for shipment in shipments)
