"""The parcels of the partner on their way, and what it tells of them: EasyPost's events, signed with our secret."""

import hashlib
import hmac
import http.client
import json
import logging
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from demo.partner.books import Books, Bought, Said

ASK_SECONDS: Final = 5.0
APART_SECONDS: Final = 45.0
"""How long after one parcel the next one sets off, in simulated seconds, as all others here."""

COMES_BACK_EVERY: Final = 4

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Leg:
    """Something that happens so long after a parcel has set off; without a place it is where it goes."""

    after_seconds: float
    status: str
    detail: str
    message: str
    place: str = ""


TO_THE_DOOR: Final = (
    Leg(20, "in_transit", "received_at_origin_facility", "Fetched from the sender.", "Vantaa"),
    Leg(90, "in_transit", "received_at_destination_facility", "At the terminal near you."),
    Leg(160, "out_for_delivery", "out_for_delivery", "With the courier."),
)
DELIVERED: Final = (Leg(260, "delivered", "arrived_at_destination", "Handed over."),)
REFUSED: Final = (
    Leg(250, "failure", "refused", "Not accepted at the door."),
    Leg(330, "in_transit", "received_at_destination_facility", "Back at the terminal."),
    Leg(400, "out_for_delivery", "out_for_delivery", "With the courier again."),
    Leg(480, "delivered", "arrived_at_destination", "Handed over."),
)


def legs_of(number: int) -> Sequence[Leg]:
    """Say what happens to a parcel, by how many were bought before it: of some, the first attempt fails."""
    return TO_THE_DOOR + (REFUSED if number % COMES_BACK_EVERY == COMES_BACK_EVERY - 2 else DELIVERED)


class Journeys:
    """Lets what was bought travel, at ``speed`` simulated seconds a second, and tells ``hook`` of it."""

    def __init__(self, books: Books, *, hook: str, secret: str, speed: float) -> None:
        self._books = books
        self._hook = urlsplit(hook)
        self._key = unicodedata.normalize("NFKD", secret).encode()
        self._speed = speed
        self._sets_off: dict[str, datetime] = {}
        self._told: dict[str, int] = {}

    def go_on(self, *, at: datetime) -> int:
        """Let everything happen that is due by now; says how much that was. What nobody hears is told again."""
        return sum(self._go_on(number, parcel, at=at) for number, parcel in enumerate(self._books.bought()))

    def _go_on(self, number: int, parcel: Bought, *, at: datetime) -> int:
        code = parcel.tracking_code
        if code not in self._sets_off:
            others = [moment + self._real(APART_SECONDS) for moment in self._sets_off.values()]
            self._sets_off[code] = max([at, *others])
        told = self._told.get(code, 0)
        legs = legs_of(number)
        if told == len(legs) or at < self._sets_off[code] + self._real(legs[told].after_seconds):
            return 0
        if not self._tell(self._books.track(parcel, _detail(legs[told], parcel, at=at))):
            self._books.forget_last(parcel)
            return 0
        self._told[code] = told + 1
        return 1

    def _tell(self, tracker: Said) -> bool:
        """Push an event; says whether it was taken."""
        event = {
            "id": f"evt_{secrets.token_hex(16)}",
            "object": "Event",
            "description": "tracker.updated",
            "mode": "production",
            "status": "pending",
            "result": tracker,
        }
        body = json.dumps(event).encode()
        signature = hmac.new(self._key, body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hmac-Signature": f"hmac-sha256-hex={signature}"}
        line = http.client.HTTPConnection(self._hook.hostname or "", self._hook.port, timeout=ASK_SECONDS)
        try:
            line.request("POST", self._hook.path, body, headers)
            status = line.getresponse().status
        except (OSError, http.client.HTTPException) as problem:
            logger.info("Nobody hears: %s.", problem)
            return False
        finally:
            line.close()
        return status == http.HTTPStatus.OK

    def _real(self, simulated_seconds: float) -> timedelta:
        return timedelta(seconds=simulated_seconds / self._speed)


def _detail(leg: Leg, parcel: Bought, *, at: datetime) -> Said:
    return {
        "object": "TrackingDetail",
        "message": leg.message,
        "status": leg.status,
        "status_detail": leg.detail,
        "datetime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "tracking_location": {"object": "TrackingLocation", "city": leg.place or parcel.city, "country": "FI"},
    }
