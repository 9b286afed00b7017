"""AfterShip: its tracking webhooks, and lists of trackings, of the versions up to 2026-07.

The tags, the subtags and the signature are those of its documentation (www.aftership.com/docs/tracking/2026-07:
Delivery Statuses, Delivery Sub-statuses, Webhook Specifications, Webhook Signature).
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from pydantic import Field

from carriers.formats import asking, parsing, proving, telling
from carriers.formats.parsing import MaybeMoment, Moment, Number, Parts, Shape, Text
from carriers.formats.said import Estimate, Meaning, Payload, Question, Reading, Sought, Update
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.reasons import Reason

EVENTS: Final = frozenset({"tracking_update", "edd_revise", "tracking_pending_time"})
AT_ONCE: Final = 50
"""So many numbers may be asked for in one request."""

PAGE: Final = 200
"""So many trackings one answer holds at most; a number may be followed with several carriers."""

CODES: Final[Mapping[str, Meaning]] = {
    "Pending": Meaning(),
    "Pending_001": Meaning(),
    "Pending_002": Meaning(),
    "Pending_003": Meaning(),
    "Pending_004": Meaning(),
    "Pending_005": Meaning(),
    "Pending_006": Meaning(),
    "InfoReceived": Meaning(Status.CREATED),
    "InfoReceived_001": Meaning(Status.CREATED),
    "InTransit": Meaning(Status.IN_TRANSIT),
    "InTransit_001": Meaning(Status.IN_TRANSIT),
    "InTransit_002": Meaning(Status.IN_TRANSIT),
    "InTransit_003": Meaning(Status.IN_TRANSIT),
    "InTransit_004": Meaning(Status.IN_TRANSIT),
    "InTransit_005": Meaning(Status.IN_TRANSIT),
    "InTransit_006": Meaning(Status.IN_TRANSIT),
    "InTransit_007": Meaning(Status.IN_TRANSIT),
    "InTransit_008": Meaning(Status.IN_TRANSIT),
    "InTransit_009": Meaning(Status.IN_TRANSIT),
    "InTransit_011": Meaning(Status.IN_TRANSIT),
    "InTransit_012": Meaning(Status.IN_TRANSIT),
    "InTransit_013": Meaning(Status.IN_TRANSIT),
    "OutForDelivery": Meaning(Status.OUT_FOR_DELIVERY),
    "OutForDelivery_001": Meaning(Status.OUT_FOR_DELIVERY),
    # The recipient was called, a day was agreed upon: neither says that it is on its way.
    "OutForDelivery_003": Meaning(),
    "OutForDelivery_004": Meaning(),
    "AvailableForPickup": Meaning(Status.READY_FOR_PICKUP),
    "AvailableForPickup_001": Meaning(Status.READY_FOR_PICKUP),
    "AttemptFail": Meaning(Status.ATTEMPTED),
    "AttemptFail_001": Meaning(Status.ATTEMPTED),
    "AttemptFail_002": Meaning(Status.ATTEMPTED, Reason.NOBODY),
    "AttemptFail_003": Meaning(Status.ATTEMPTED, Reason.CLOSED),
    "Delivered": Meaning(Status.DELIVERED),
    "Delivered_001": Meaning(Status.DELIVERED),
    "Delivered_002": Meaning(Status.DELIVERED, handover=Handover.PICKUP_POINT),
    "Delivered_003": Meaning(Status.DELIVERED, handover=Handover.RECIPIENT),
    "Delivered_004": Meaning(Status.DELIVERED, handover=Handover.RECIPIENT),
    "Delivered_005": Meaning(Status.DELIVERED, handover=Handover.NEIGHBOUR),
    "Exception": Meaning(Status.ON_HOLD, Reason.OTHER),
    "Exception_001": Meaning(Status.ON_HOLD, Reason.OTHER),
    "Exception_002": Meaning(Status.ON_HOLD, Reason.WRONG_ADDRESS),
    "Exception_003": Meaning(Status.ATTEMPTED, Reason.REFUSED),
    "Exception_004": Meaning(Status.ON_HOLD, Reason.CUSTOMS),
    "Exception_005": Meaning(Status.ON_HOLD, Reason.OTHER),
    "Exception_006": Meaning(Status.ON_HOLD, Reason.PAYMENT),
    "Exception_007": Meaning(Status.ON_HOLD, Reason.WRONG_ADDRESS),
    "Exception_008": Meaning(Status.ON_HOLD, Reason.NOT_COLLECTED),
    "Exception_009": Meaning(Status.ON_HOLD, Reason.OTHER),
    "Exception_010": Meaning(Status.RETURNING),
    "Exception_011": Meaning(Status.RETURNED),
    "Exception_012": Meaning(Status.DAMAGED, Reason.DAMAGED),
    "Exception_013": Meaning(Status.LOST, Reason.MISSING),
    "Exception_016": Meaning(Status.ON_HOLD, Reason.BREAKDOWN),
    "Exception_017": Meaning(Status.ON_HOLD, Reason.WEATHER),
    "Exception_018": Meaning(Status.ON_HOLD, Reason.CUSTOMS),
    "Exception_019": Meaning(Status.ON_HOLD, Reason.BREAKDOWN),
    "Exception_020": Meaning(Status.CANCELLED),
    "Exception_021": Meaning(Status.LOST, Reason.OTHER),
    "Expired": Meaning(),
    "Expired_001": Meaning(),
}


class _Checkpoint(Shape):
    checkpoint_time: Moment
    tag: Text = ""
    subtag: Text = ""
    message: Text = ""
    location: Text = ""
    city: Text = ""
    state: Text = ""
    hash: Text = ""


class _Tracking(Shape):
    tracking_number: Number
    checkpoints: Parts = []


class _Latest(Shape):
    at: MaybeMoment = Field(None, alias="datetime")
    earliest: MaybeMoment = Field(None, alias="datetime_min")
    latest: MaybeMoment = Field(None, alias="datetime_max")


class _OfCourier(Shape):
    at: MaybeMoment = Field(None, alias="estimated_delivery_date")
    earliest: MaybeMoment = Field(None, alias="estimated_delivery_date_min")
    latest: MaybeMoment = Field(None, alias="estimated_delivery_date_max")


class _Estimated(Shape):
    latest_estimated_delivery: _Latest | None = None
    courier_estimated_delivery_date: _OfCourier | None = None
    expected_delivery: MaybeMoment = None

    def estimates(self) -> Iterator[Estimate]:
        """Give what is said of the day of delivery, the newest first."""
        for told in (self.latest_estimated_delivery, self.courier_estimated_delivery_date):
            if told and (moment := told.latest or told.at):
                yield telling.estimate(moment.date(), told.earliest, told.latest)
        if self.expected_delivery:
            yield telling.estimate(self.expected_delivery.date())


class _Event(Shape):
    event: Text = Field(min_length=1)
    msg: Any = None


class _Data(Shape):
    trackings: list[Any]


class _Answer(Shape):
    data: _Data


def require_genuine(payload: Payload, *, secrets: Sequence[str], at: datetime) -> None:
    """Let a webhook pass that was signed with one of our secrets.

    The scheme has no time in it: what is sent again passes again. Raises ``Forged``.
    """

    def sign(secret: str) -> bytes:
        return base64.b64encode(proving.sha256_mac(secret.encode(), [payload.body]))

    proving.require_signed([proving.require_header(payload, "aftership-hmac-sha256").encode()], secrets, sign)


def read(payload: Payload) -> Reading:
    """Read a webhook; one that is not about a tracking says nothing.

    Raises ``Unreadable``.
    """
    event = parsing.parse(_Event, payload.body)
    return _read_tracking(event.msg) if event.event in EVENTS else Reading()


def ask(sought: Sequence[Sought], *, key: str) -> Sequence[Question]:
    """Ask for many parcels at once."""
    return [
        Question(path=f"/tracking/2026-07/trackings?{_query(some)}", headers={"as-api-key": key})
        for some in asking.batches(sought, AT_ONCE)
    ]


def read_answer(payload: Payload) -> Reading:
    """Read a list of trackings.

    Raises ``Unreadable``.
    """
    return telling.gather(_read_tracking, parsing.parse(_Answer, payload.body).data.trackings, where="tracking")


def _query(sought: Sequence[Sought]) -> str:
    numbers = ",".join(parcel.tracking_number for parcel in sought)
    return urlencode({"tracking_numbers": numbers, "limit": PAGE})


def _read_tracking(said: Any) -> Reading:
    """Read a tracking.

    Raises ``Unreadable``.
    """
    tracking = parsing.take(_Tracking, said)
    checkpoints, problems = parsing.each(_Checkpoint, tracking.checkpoints, where="checkpoint")
    estimated, more_problems = parsing.each(_Estimated, [said], where="estimate")
    estimates = [estimate for it in estimated for estimate in it.estimates()]
    return Reading(
        updates=telling.in_order(_tell(tracking, checkpoint) for checkpoint in checkpoints),
        estimates={tracking.tracking_number: estimates[0]} if estimates else {},
        followed=frozenset([tracking.tracking_number]),
        problems=(*problems, *more_problems),
    )


def _tell(tracking: _Tracking, checkpoint: _Checkpoint) -> Update:
    told = telling.tell(
        tracking.tracking_number,
        checkpoint.subtag or checkpoint.tag,
        checkpoint.checkpoint_time,
        telling.look_up(CODES, checkpoint.tag, checkpoint.subtag),
        place=checkpoint.location or telling.in_words(checkpoint.city, checkpoint.state),
        words=checkpoint.message,
    )
    if not checkpoint.hash:
        return told
    return replace(told, external_id=telling.name(f"{tracking.tracking_number}:{checkpoint.hash}"))
