"""17TRACK: pushes of its tracking API, version 2.x, and its answers.

The codes are the main statuses, the sub-statuses and the milestones of its documentation (api.17track.net, v2.2). Older
versions give an event no sub-status; for the newest one the status of the whole stands in then.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Self

import orjson
from pydantic import BeforeValidator, Field, model_validator

from carriers.formats import asking, parsing, proving, telling
from carriers.formats.parsing import MaybeMoment, Number, Parts, Shape, Text
from carriers.formats.said import Estimate, Meaning, Payload, Question, Reading, Sought, Unreadable, Update
from carriers.formats.telling import Looked
from tracking.shipments.lifecycle import Status
from tracking.shipments.reasons import Reason

UPDATED: Final = "TRACKING_UPDATED"
AT_ONCE: Final = 40
"""So many numbers may be asked for in one request."""

CODES: Final[Mapping[str, Meaning]] = {
    "": Meaning(),
    "NotFound": Meaning(),
    "NotFound_Other": Meaning(),
    "NotFound_InvalidCode": Meaning(),
    "InfoReceived": Meaning(Status.CREATED),
    "InTransit": Meaning(Status.IN_TRANSIT),
    "InTransit_PickedUp": Meaning(Status.IN_TRANSIT),
    "InTransit_Departure": Meaning(Status.IN_TRANSIT),
    "InTransit_Arrival": Meaning(Status.IN_TRANSIT),
    "InTransit_CustomsProcessing": Meaning(Status.IN_TRANSIT),
    "InTransit_CustomsReleased": Meaning(Status.IN_TRANSIT),
    "InTransit_CustomsRequiringInformation": Meaning(Status.ON_HOLD, Reason.CUSTOMS),
    "InTransit_Other": Meaning(Status.IN_TRANSIT),
    "Expired": Meaning(),
    "Expired_Other": Meaning(),
    "AvailableForPickup": Meaning(Status.READY_FOR_PICKUP),
    "AvailableForPickup_Other": Meaning(Status.READY_FOR_PICKUP),
    "OutForDelivery": Meaning(Status.OUT_FOR_DELIVERY),
    "OutForDelivery_Other": Meaning(Status.OUT_FOR_DELIVERY),
    "DeliveryFailure": Meaning(Status.ATTEMPTED),
    "DeliveryFailure_NoBody": Meaning(Status.ATTEMPTED, Reason.NOBODY),
    "DeliveryFailure_Security": Meaning(Status.ATTEMPTED, Reason.OTHER),
    "DeliveryFailure_Rejected": Meaning(Status.ATTEMPTED, Reason.REFUSED),
    "DeliveryFailure_InvalidAddress": Meaning(Status.ATTEMPTED, Reason.WRONG_ADDRESS),
    "DeliveryFailure_Other": Meaning(Status.ATTEMPTED),
    "Delivered": Meaning(Status.DELIVERED),
    "Delivered_Other": Meaning(Status.DELIVERED),
    "Exception": Meaning(Status.ON_HOLD, Reason.OTHER),
    "Exception_Returning": Meaning(Status.RETURNING),
    "Exception_Returned": Meaning(Status.RETURNED),
    "Exception_NoBody": Meaning(Status.ON_HOLD, Reason.WRONG_ADDRESS),
    "Exception_Security": Meaning(Status.ON_HOLD, Reason.OTHER),
    "Exception_Damage": Meaning(Status.DAMAGED, Reason.DAMAGED),
    "Exception_Rejected": Meaning(Status.ON_HOLD, Reason.REFUSED),
    "Exception_Delayed": Meaning(Status.ON_HOLD, Reason.OTHER),
    "Exception_Lost": Meaning(Status.LOST, Reason.MISSING),
    "Exception_Destroyed": Meaning(Status.LOST, Reason.OTHER),
    "Exception_Cancel": Meaning(Status.CANCELLED),
    "Exception_Other": Meaning(Status.ON_HOLD, Reason.OTHER),
    # Milestones that are no statuses.
    "PickedUp": Meaning(Status.IN_TRANSIT),
    "Departure": Meaning(Status.IN_TRANSIT),
    "Arrival": Meaning(Status.IN_TRANSIT),
    "Returning": Meaning(Status.RETURNING),
    "Returned": Meaning(Status.RETURNED),
}


class _Raw(Shape):
    date: Text = ""
    time: Text = ""
    timezone: Text = ""

    @property
    def written(self) -> str:
        """The time as the carrier wrote it, in one piece."""
        return f"{self.date}T{self.time}{self.timezone}" if self.time else self.date


class _Event(Shape):
    time_iso: MaybeMoment = None
    time_utc: MaybeMoment = None
    time_raw: Annotated[_Raw | None, BeforeValidator(lambda said: said if isinstance(said, dict) else None)] = None
    stage: Text = ""
    sub_status: Text = ""
    description: Text = ""
    location: Text = ""

    @model_validator(mode="after")
    def _is_dated(self) -> Self:
        _ = self.at
        return self

    @property
    def at(self) -> datetime:
        """When it happened: by the clock of the place where its zone is known, else as the carrier wrote it."""
        return self.time_iso or self.time_utc or parsing.read_moment((self.time_raw or _Raw()).written)

    @property
    def code(self) -> str:
        """The finest code that this event has itself."""
        return self.sub_status or self.stage


class _Provider(Shape):
    events: Parts = []


class _Tracking(Shape):
    providers: list[_Provider] = []


class _Status(Shape):
    status: Text = ""
    sub_status: Text = ""


class _Info(Shape):
    latest_status: _Status | None = None
    tracking: _Tracking | None = None


class _Expected(Shape):
    earliest: MaybeMoment = Field(None, alias="from")
    latest: MaybeMoment = Field(None, alias="to")


class _Metrics(Shape):
    estimated_delivery_date: _Expected | None = None


class _Estimated(Shape):
    time_metrics: _Metrics | None = None

    def estimates(self) -> Iterator[Estimate]:
        """Give what is said of the day of delivery, where anything is."""
        expected = self.time_metrics and self.time_metrics.estimated_delivery_date
        if expected and (moment := expected.latest or expected.earliest):
            yield telling.estimate(moment.date(), expected.earliest, expected.latest)


class _Parcel(Shape):
    number: Number
    track_info: Any = None


class _Push(Shape):
    event: Text = Field(min_length=1)
    data: Any = None


class _Found(Shape):
    accepted: Parts = []
    rejected: Parts = []


class _Answer(Shape):
    code: int
    data: Any = None


def require_genuine(payload: Payload, *, secrets: Sequence[str], at: datetime) -> None:
    """Let a push pass that was signed with one of our keys: the digest of the body, a slash and the key.

    The scheme has no time in it: what is sent again passes again. Raises ``Forged``.
    """

    def sign(secret: str) -> bytes:
        return hashlib.sha256(b"".join([payload.body, b"/", secret.encode()])).hexdigest().encode()

    proving.require_signed([proving.require_header(payload, "sign").lower().encode()], secrets, sign)


def read(payload: Payload) -> Reading:
    """Read a push; that one is followed no more says nothing.

    Raises ``Unreadable``.
    """
    push = parsing.parse(_Push, payload.body)
    return _read_parcel(push.data) if push.event == UPDATED else Reading()


def ask(sought: Sequence[Sought], *, key: str) -> Sequence[Question]:
    """Ask for many parcels at once; only those that were registered there are known."""
    return [
        Question(
            method="POST",
            path="/track/v2.2/gettrackinfo",
            headers={"17token": key, "Content-Type": "application/json"},
            body=orjson.dumps([{"number": parcel.tracking_number} for parcel in some]),
        )
        for some in asking.batches(sought, AT_ONCE)
    ]


def read_answer(payload: Payload) -> Reading:
    """Read an answer; numbers that are not registered there are problems.

    Raises ``Unreadable``.
    """
    answer = parsing.parse(_Answer, payload.body)
    if answer.code:
        raise Unreadable(f"17TRACK answers with the error {answer.code}.")
    found = parsing.take(_Found, answer.data)
    reading = telling.gather(_read_parcel, found.accepted, where="accepted")
    rejected = [f"rejected {number}: 17TRACK does not follow it" for number in range(1, len(found.rejected) + 1)]
    return replace(reading, problems=(*reading.problems, *rejected))


def _read_parcel(said: Any) -> Reading:
    """Read what is said about one parcel, which may be nothing yet.

    Raises ``Unreadable``.
    """
    parcel = parsing.take(_Parcel, said)
    if parcel.track_info is None:
        return Reading(followed=frozenset([parcel.number]))
    info = parsing.take(_Info, parcel.track_info)
    raw = [event for provider in (info.tracking or _Tracking()).providers for event in provider.events]
    events, problems = parsing.each(_Event, raw, where="event")
    estimated, more_problems = parsing.each(_Estimated, [parcel.track_info], where="estimate")
    estimates = [estimate for it in estimated for estimate in it.estimates()]
    return Reading(
        updates=telling.in_order(_tell(parcel, event, _look_up(event, events, info)) for event in events),
        estimates={parcel.number: estimates[0]} if estimates else {},
        followed=frozenset([parcel.number]),
        problems=(*problems, *more_problems),
    )


def _tell(parcel: _Parcel, event: _Event, looked: Looked) -> Update:
    return telling.tell(parcel.number, event.code, event.at, looked, place=event.location, words=event.description)


def _look_up(event: _Event, events: Sequence[_Event], info: _Info) -> Looked:
    """Say what an event means: by its own codes, and the newest by those of the whole where it has none."""
    if event.code:
        return telling.look_up(CODES, event.stage or event.sub_status.partition("_")[0], event.sub_status)
    newest = max(events, key=lambda other: telling.as_if_in_utc(other.at))
    latest = info.latest_status or _Status()
    return telling.look_up(CODES, latest.status, latest.sub_status) if event is newest else telling.look_up(CODES, "")
