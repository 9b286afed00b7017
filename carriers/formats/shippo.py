"""Shippo: webhooks of its tracking, and its answers about one parcel.

The codes and the two ways of proving oneself are those of its documentation (docs.goshippo.com: Tracking, Webhooks,
Webhook Security). A signature has to be asked for there; until it comes, a token in the address stands for it. Its ids
of events differ between the list of events and the last one said apart, so that they name nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from pydantic import Field

from carriers.formats import parsing, proving, telling
from carriers.formats.parsing import MaybeDay, Moment, Number, Parts, Shape, Text
from carriers.formats.said import Meaning, Payload, Question, Reading, Sought, Update
from carriers.formats.telling import Tables
from tracking.shipments.lifecycle import Status
from tracking.shipments.reasons import Reason

EVENT: Final = "track_updated"

CODES: Final[Mapping[str, Meaning]] = {
    "UNKNOWN": Meaning(),
    "PRE_TRANSIT": Meaning(Status.CREATED),
    "TRANSIT": Meaning(Status.IN_TRANSIT),
    "DELIVERED": Meaning(Status.DELIVERED),
    "RETURNED": Meaning(Status.RETURNING),
    "FAILURE": Meaning(Status.ON_HOLD, Reason.OTHER),
}

VAGUE: Final = frozenset({"UNKNOWN", "TRANSIT", "RETURNED", "FAILURE"})

SUBSTATUSES: Final[Mapping[str, Meaning]] = {
    "information_received": Meaning(Status.CREATED),
    "address_issue": Meaning(Status.ON_HOLD, Reason.WRONG_ADDRESS),
    "contact_carrier": Meaning(Status.ON_HOLD, Reason.OTHER),
    "delayed": Meaning(Status.IN_TRANSIT),
    "delivery_attempted": Meaning(Status.ATTEMPTED),
    "delivery_rescheduled": Meaning(Status.IN_TRANSIT),
    "delivery_scheduled": Meaning(Status.IN_TRANSIT),
    "location_inaccessible": Meaning(Status.ATTEMPTED, Reason.NO_ACCESS),
    "notice_left": Meaning(Status.ATTEMPTED),
    "out_for_delivery": Meaning(Status.OUT_FOR_DELIVERY),
    "package_accepted": Meaning(Status.IN_TRANSIT),
    "package_arrived": Meaning(Status.IN_TRANSIT),
    "package_damaged": Meaning(Status.DAMAGED, Reason.DAMAGED),
    "package_departed": Meaning(Status.IN_TRANSIT),
    "package_forwarded": Meaning(Status.IN_TRANSIT),
    "package_held": Meaning(Status.ON_HOLD, Reason.OTHER),
    "package_processed": Meaning(Status.IN_TRANSIT),
    "package_processing": Meaning(Status.IN_TRANSIT),
    "pickup_available": Meaning(Status.READY_FOR_PICKUP),
    "reschedule_delivery": Meaning(Status.ON_HOLD, Reason.OTHER),
    "delivered": Meaning(Status.DELIVERED),
    "return_to_sender": Meaning(Status.RETURNING),
    "package_unclaimed": Meaning(Status.RETURNING, Reason.NOT_COLLECTED),
    "package_undeliverable": Meaning(Status.ON_HOLD, Reason.OTHER),
    "package_disposed": Meaning(Status.LOST, Reason.OTHER),
    "package_lost": Meaning(Status.LOST, Reason.MISSING),
    "other": Meaning(),
}

TABLES: Final = Tables(CODES, VAGUE, SUBSTATUSES)


class _Place(Shape):
    city: Text = ""
    state: Text = ""
    country: Text = ""


class _Substatus(Shape):
    code: Text = ""


class _Scan(Shape):
    status: Text
    substatus: _Substatus | None = None
    status_date: Moment
    status_details: Text = ""
    location: _Place | None = None

    @property
    def code(self) -> str:
        """The code of the substatus, where there is one."""
        return self.substatus.code if self.substatus else ""


class _Track(Shape):
    tracking_number: Number
    tracking_history: Parts = []
    tracking_status: Any = None


class _Estimated(Shape):
    eta: MaybeDay = None


class _Event(Shape):
    event: Text = Field(min_length=1)
    data: Any = None


def require_genuine(payload: Payload, *, secrets: Sequence[str], at: datetime) -> None:
    """Let a webhook pass that was signed with one of our secrets just now; or, unsigned, one that says the token.

    Raises ``Forged``.
    """
    if "shippo-auth-signature" in payload.headers:
        _require_signed(payload, secrets, at=at)
    else:
        proving.require_signed([payload.query.get("token", "").encode()], secrets, str.encode)


def read(payload: Payload) -> Reading:
    """Read a webhook; one that is not about tracking says nothing.

    Raises ``Unreadable``.
    """
    event = parsing.parse(_Event, payload.body)
    return _read_track(event.data) if event.event == EVENT else Reading()


def ask(sought: Sequence[Sought], *, key: str) -> Sequence[Question]:
    """Ask for each parcel; only those whose carrier is known, by Shippo's name for it, can be asked for."""
    return [
        Question(
            path=f"/tracks/{quote(parcel.carrier, safe='')}/{quote(parcel.tracking_number, safe='')}",
            headers={"Authorization": f"ShippoToken {key}"},
        )
        for parcel in sought
        if parcel.carrier
    ]


def read_answer(payload: Payload) -> Reading:
    """Read what is said about one parcel.

    Raises ``Unreadable``.
    """
    return _read_track(parsing.load(payload.body))


def _require_signed(payload: Payload, secrets: Sequence[str], *, at: datetime) -> None:
    parts = dict(part.strip().partition("=")[::2] for part in payload.headers["shippo-auth-signature"].split(","))
    seconds = parts.get("t", "")
    proving.require_fresh(proving.unix_moment(seconds), at=at)

    def sign(secret: str) -> bytes:
        return proving.sha256_mac(secret.encode(), [f"{seconds}.".encode(), payload.body]).hex().encode()

    proving.require_signed([parts.get("v1", "").lower().encode()], secrets, sign)


def _read_track(said: Any) -> Reading:
    """Read what is said about one parcel: all that happened, and what happened last, which is mostly among it.

    Shippo answers for any number, and knows those of which it says a status, be it that there was no scan yet.

    Raises ``Unreadable``.
    """
    track = parsing.take(_Track, said)
    scans, problems = parsing.each(_Scan, track.tracking_history, where="tracking history")
    last, more_problems = parsing.each(_Scan, _dated(track.tracking_status), where="tracking status")
    estimated, yet_more_problems = parsing.each(_Estimated, [said], where="estimate")
    days = [it.eta for it in estimated if it.eta]
    return Reading(
        updates=telling.in_order(_tell(track, scan) for scan in (*last, *scans)),
        estimates={track.tracking_number: telling.estimate(days[0])} if days else {},
        followed=frozenset([track.tracking_number]) if track.tracking_status else frozenset(),
        problems=(*problems, *more_problems, *yet_more_problems),
    )


def _dated(status: Any) -> list[Any]:
    """Leave out the last status where nothing is known yet: it has no date then."""
    return [status] if isinstance(status, dict) and status.get("status_date") else []


def _tell(track: _Track, scan: _Scan) -> Update:
    place = scan.location or _Place()
    return telling.tell(
        track.tracking_number,
        "/".join(filter(None, [scan.status, scan.code])),
        scan.status_date,
        TABLES.look_up(scan.status, scan.code),
        place=telling.in_words(place.city, place.state) or place.country,
        words=scan.status_details,
    )
