"""EasyPost: events of its webhooks, and lists of trackers.

Its documentation of the Tracker and of the Event object (docs.easypost.com) names the codes; ``event-body.json`` of
EasyPost/examples is a whole event. Of a second signature, with a time in it (``X-Hmac-Signature-V2``), it publishes no
recipe that can be checked, so that this rests on the first one, which comes with each event (decision 0151).
``signed_by`` is a person's name and is not read.
"""

import base64
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from pydantic import Field

from carriers.formats import parsing, proving, telling
from carriers.formats.parsing import MaybeDay, Moment, Number, Parts, Shape, Text
from carriers.formats.said import Meaning, Payload, Question, Reading, Sought, Update
from carriers.formats.telling import Looked, Tables
from tracking.shipments.lifecycle import Status
from tracking.shipments.reasons import Reason

PREFIX: Final = "hmac-sha256-hex="
EVENTS: Final = frozenset({"tracker.created", "tracker.updated"})
PAGE: Final = 100

CODES: Final[Mapping[str, Meaning]] = {
    "unknown": Meaning(),
    "pre_transit": Meaning(Status.CREATED),
    "in_transit": Meaning(Status.IN_TRANSIT),
    "out_for_delivery": Meaning(Status.OUT_FOR_DELIVERY),
    "delivered": Meaning(Status.DELIVERED),
    "available_for_pickup": Meaning(Status.READY_FOR_PICKUP),
    "return_to_sender": Meaning(Status.RETURNING),
    "failure": Meaning(Status.ON_HOLD, Reason.OTHER),
    "cancelled": Meaning(Status.CANCELLED),
    "error": Meaning(),
}

VAGUE: Final = frozenset({"unknown", "in_transit", "failure", "error"})

DETAILS: Final[Mapping[str, Meaning]] = {
    "address_correction": Meaning(Status.ON_HOLD, Reason.WRONG_ADDRESS),
    "arrived_at_destination": Meaning(Status.AT_HUB),
    "arrived_at_facility": Meaning(Status.IN_TRANSIT),
    "arrived_at_pickup_location": Meaning(Status.READY_FOR_PICKUP),
    "awaiting_information": Meaning(Status.ON_HOLD, Reason.OTHER),
    "cancelled": Meaning(Status.CANCELLED),
    "damaged": Meaning(Status.DAMAGED, Reason.DAMAGED),
    "delayed": Meaning(),
    "delivery_exception": Meaning(Status.ON_HOLD, Reason.OTHER),
    "departed_facility": Meaning(Status.IN_TRANSIT),
    "departed_origin_facility": Meaning(Status.IN_TRANSIT),
    "expired": Meaning(),
    "failure": Meaning(Status.ON_HOLD, Reason.OTHER),
    "held": Meaning(Status.ON_HOLD, Reason.OTHER),
    "in_transit": Meaning(Status.IN_TRANSIT),
    "label_created": Meaning(Status.CREATED),
    "lost": Meaning(Status.LOST, Reason.MISSING),
    "missorted": Meaning(),
    "out_for_delivery": Meaning(Status.OUT_FOR_DELIVERY),
    "received_at_destination_facility": Meaning(Status.AT_HUB),
    "received_at_origin_facility": Meaning(Status.IN_TRANSIT),
    "refused": Meaning(Status.ATTEMPTED, Reason.REFUSED),
    "return": Meaning(Status.RETURNING),
    "status_update": Meaning(),
    "transferred_to_destination_carrier": Meaning(Status.IN_TRANSIT),
    "transit_exception": Meaning(Status.ON_HOLD, Reason.OTHER),
    "unknown": Meaning(),
    "weather_delay": Meaning(None, Reason.WEATHER),
}

TABLES: Final = Tables(CODES, VAGUE, DETAILS)


class _Place(Shape):
    city: Text = ""
    state: Text = ""
    country: Text = ""


class _Detail(Shape):
    status: Text
    status_detail: Text = ""
    at: Moment = Field(alias="datetime")
    message: Text = ""
    tracking_location: _Place | None = None


class _Tracker(Shape):
    tracking_code: Number
    tracking_details: Parts = []
    is_return: bool | None = False


class _CarrierDetail(Shape):
    est_delivery_date_local: MaybeDay = None


class _Estimated(Shape):
    carrier_detail: _CarrierDetail | None = None
    est_delivery_date: MaybeDay = None

    @property
    def day(self) -> date | None:
        """The day by the carrier's own calendar, where it is said."""
        return (self.carrier_detail and self.carrier_detail.est_delivery_date_local) or self.est_delivery_date


class _Event(Shape):
    description: Text = Field(min_length=1)
    result: Any = None


class _List(Shape):
    trackers: list[Any]


def require_genuine(payload: Payload, *, secrets: Sequence[str], at: datetime) -> None:
    """Let an event pass that was signed with one of our secrets, in the form NFKD of Unicode.

    The scheme has no time in it: what is sent again passes again. Raises ``Forged``.
    """

    def sign(secret: str) -> bytes:
        key = unicodedata.normalize("NFKD", secret).encode()
        return f"{PREFIX}{proving.sha256_mac(key, [payload.body]).hex()}".encode()

    proving.require_signed([proving.require_header(payload, "x-hmac-signature").lower().encode()], secrets, sign)


def read(payload: Payload) -> Reading:
    """Read an event; one that is not about a tracker says nothing.

    Raises ``Unreadable``.
    """
    event = parsing.parse(_Event, payload.body)
    return _read_tracker(event.result) if event.description in EVENTS else Reading()


def ask(sought: Sequence[Sought], *, key: str) -> Sequence[Question]:
    """Ask for the trackers of each parcel; EasyPost finds by one number at a time."""
    headers = {"Authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"}
    return [
        Question(
            path=f"/v2/trackers?{urlencode({'tracking_code': parcel.tracking_number, 'page_size': PAGE})}",
            headers=headers,
        )
        for parcel in sought
    ]


def read_answer(payload: Payload) -> Reading:
    """Read a list of trackers.

    Raises ``Unreadable``.
    """
    return telling.gather(_read_tracker, parsing.parse(_List, payload.body).trackers, where="tracker")


def _read_tracker(said: Any) -> Reading:
    """Read a tracker.

    Raises ``Unreadable``.
    """
    tracker = parsing.take(_Tracker, said)
    details, problems = parsing.each(_Detail, tracker.tracking_details, where="tracking detail")
    estimated, more_problems = parsing.each(_Estimated, [said], where="estimate")
    days = [it.day for it in estimated if it.day]
    return Reading(
        updates=telling.in_order(_tell(tracker, detail) for detail in details),
        estimates={tracker.tracking_code: telling.estimate(days[0])} if days else {},
        followed=frozenset([tracker.tracking_code]),
        problems=(*problems, *more_problems),
    )


def _tell(tracker: _Tracker, detail: _Detail) -> Update:
    place = detail.tracking_location or _Place()
    return telling.tell(
        tracker.tracking_code,
        "/".join(filter(None, [detail.status, detail.status_detail])),
        detail.at,
        _look_up(tracker, detail),
        place=telling.in_words(place.city, place.state) or place.country,
        words=detail.message,
    )


def _look_up(tracker: _Tracker, detail: _Detail) -> Looked:
    """Say what a scan means: what was delivered on its way back came back to the sender."""
    looked = TABLES.look_up(detail.status, detail.status_detail)
    is_back = tracker.is_return and looked.meaning.status == Status.DELIVERED
    return looked._replace(meaning=Meaning(Status.RETURNED)) if is_back else looked
