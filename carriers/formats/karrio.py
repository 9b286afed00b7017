"""Karrio: events of its webhooks, and lists of trackers.

The statuses, the reasons and the webhook are those of karrioapi/karrio (``karrio/core/units.py``, the connectors'
``units.py``, ``task_definitions/base/webhook.py``). It signs nothing: it says the webhook's secret in ``X-Event-Id``.
Its times are the place's own, also where it ends them with a Z.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Self
from urllib.parse import urlencode

from pydantic import model_validator

from carriers.formats import parsing, proving, telling
from carriers.formats.parsing import MaybeDay, Number, Parts, Shape, Text
from carriers.formats.said import Meaning, Payload, Question, Reading, Sought, Unreadable, Update
from carriers.formats.telling import Tables
from tracking.shipments.lifecycle import Status
from tracking.shipments.reasons import Reason

EVENTS: Final = frozenset({"tracker_created", "tracker_updated"})
PAGE: Final = 100
CLOCK: Final = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<rest>[0-9:]+) *(?P<half>[AP]M)", re.IGNORECASE)

CODES: Final[Mapping[str, Meaning]] = {
    "": Meaning(),
    "unknown": Meaning(),
    "pending": Meaning(Status.CREATED),
    "picked_up": Meaning(Status.IN_TRANSIT),
    "in_transit": Meaning(Status.IN_TRANSIT),
    "delivery_delayed": Meaning(Status.IN_TRANSIT),
    "out_for_delivery": Meaning(Status.OUT_FOR_DELIVERY),
    "ready_for_pickup": Meaning(Status.READY_FOR_PICKUP),
    "delivery_failed": Meaning(Status.ATTEMPTED),
    "delivered": Meaning(Status.DELIVERED),
    "on_hold": Meaning(Status.ON_HOLD, Reason.OTHER),
    "return_to_sender": Meaning(Status.RETURNING),
    "cancelled": Meaning(Status.CANCELLED),
}

VAGUE: Final = frozenset({"", "unknown", "in_transit", "delivery_delayed", "delivery_failed", "on_hold"})

REASONS: Final[Mapping[str, Meaning]] = {
    "carrier_damaged_parcel": Meaning(Status.DAMAGED, Reason.DAMAGED),
    "carrier_sorting_error": Meaning(None, Reason.BREAKDOWN),
    "carrier_address_not_found": Meaning(None, Reason.WRONG_ADDRESS),
    "carrier_parcel_lost": Meaning(Status.LOST, Reason.MISSING),
    "carrier_not_enough_time": Meaning(None, Reason.NO_TIME),
    "carrier_vehicle_issue": Meaning(None, Reason.BREAKDOWN),
    "carrier_capacity_exceeded": Meaning(None, Reason.BREAKDOWN),
    "carrier_mechanical_delay": Meaning(None, Reason.BREAKDOWN),
    "carrier_delay": Meaning(None, Reason.OTHER),
    "retailer_cancelled": Meaning(None, Reason.OTHER),
    "retailer_incorrect_data": Meaning(None, Reason.OTHER),
    "retailer_not_ready": Meaning(None, Reason.OTHER),
    "retailer_incorrect_parcel": Meaning(None, Reason.OTHER),
    "retailer_incorrect_dimensions": Meaning(None, Reason.OTHER),
    "retailer_packaging_issue": Meaning(None, Reason.OTHER),
    "consignee_refused": Meaning(None, Reason.REFUSED),
    "consignee_business_closed": Meaning(None, Reason.CLOSED),
    "consignee_not_available": Meaning(None, Reason.NOBODY),
    "consignee_not_home": Meaning(None, Reason.NOBODY),
    "consignee_cancelled": Meaning(None, Reason.ASKED),
    "consignee_verification_failed": Meaning(None, Reason.IDENTITY),
    "consignee_incorrect_address": Meaning(None, Reason.WRONG_ADDRESS),
    "consignee_access_restricted": Meaning(None, Reason.NO_ACCESS),
    "consignee_safe_place_unavailable": Meaning(None, Reason.NO_SAFE_PLACE),
    "customs_delay": Meaning(None, Reason.CUSTOMS),
    "customs_documentation": Meaning(None, Reason.CUSTOMS),
    "customs_duties_unpaid": Meaning(None, Reason.PAYMENT),
    "customs_prohibited": Meaning(None, Reason.CUSTOMS),
    "customs_inspection": Meaning(None, Reason.CUSTOMS),
    "weather_delay": Meaning(None, Reason.WEATHER),
    "natural_disaster": Meaning(None, Reason.WEATHER),
    "force_majeure": Meaning(None, Reason.OTHER),
    "parcel_being_researched": Meaning(None, Reason.MISSING),
    "security_issue": Meaning(None, Reason.OTHER),
    "regulatory_hold": Meaning(None, Reason.OTHER),
    "delivery_exception_hold": Meaning(Status.ON_HOLD, Reason.OTHER),
    "delivery_exception_undeliverable": Meaning(Status.ON_HOLD, Reason.OTHER),
    "delivery_exception_cancelled": Meaning(Status.CANCELLED, Reason.OTHER),
    "delivery_exception_redelivery": Meaning(),
    "unknown": Meaning(),
}

TABLES: Final = Tables(CODES, VAGUE, REASONS)


class _Event(Shape):
    date: Text = ""
    time: Text = ""
    timestamp: Text = ""
    status: Text = ""
    reason: Text = ""
    code: Text = ""
    location: Text = ""
    description: Text = ""

    @model_validator(mode="after")
    def _is_dated(self) -> Self:
        _ = self.at
        return self

    @property
    def at(self) -> datetime:
        """When it happened, by the clock of the place."""
        written = " ".join([self.date, _on_24_hours(self.time)]) if self.date else self.timestamp
        return parsing.read_moment(written).replace(tzinfo=None)


class _Tracker(Shape):
    tracking_number: Number
    status: Text = ""
    events: Parts = []


class _Estimated(Shape):
    estimated_delivery: MaybeDay = None


class _Told(Shape):
    event: Text = ""
    type: Text = ""
    data: Any = None


class _List(Shape):
    results: list[Any]


def require_genuine(payload: Payload, *, secrets: Sequence[str], at: datetime) -> None:
    """Let an event pass that says one of our secrets. Nothing binds it to its body, nor to a time.

    Raises ``Forged``.
    """
    proving.require_signed([proving.require_header(payload, "x-event-id").encode()], secrets, str.encode)


def read(payload: Payload) -> Reading:
    """Read an event; one that is not about a tracker says nothing.

    Raises ``Unreadable``.
    """
    told = parsing.parse(_Told, payload.body)
    kind = told.event or told.type
    if not kind:
        raise Unreadable("It does not say what happened.")
    return _read_tracker(told.data) if kind in EVENTS else Reading()


def ask(sought: Sequence[Sought], *, key: str) -> Sequence[Question]:
    """Ask for the trackers of each parcel."""
    return [
        Question(
            path=f"/v1/trackers?{urlencode({'tracking_number': parcel.tracking_number, 'limit': PAGE})}",
            headers={"Authorization": f"Token {key}"},
        )
        for parcel in sought
    ]


def read_answer(payload: Payload) -> Reading:
    """Read a list of trackers.

    Raises ``Unreadable``.
    """
    return telling.gather(_read_tracker, parsing.parse(_List, payload.body).results, where="tracker")


def _read_tracker(said: Any) -> Reading:
    """Read a tracker.

    Raises ``Unreadable``.
    """
    tracker = parsing.take(_Tracker, said)
    events, problems = parsing.each(_Event, tracker.events, where="event")
    estimated, more_problems = parsing.each(_Estimated, [said], where="estimate")
    days = [it.estimated_delivery for it in estimated if it.estimated_delivery]
    newest = max(events, key=lambda event: event.at, default=None)
    return Reading(
        updates=telling.in_order(
            _tell(tracker, event, event.status or (tracker.status if event is newest else "")) for event in events
        ),
        estimates={tracker.tracking_number: telling.estimate(days[0])} if days else {},
        followed=frozenset([tracker.tracking_number]),
        problems=(*problems, *more_problems),
    )


def _tell(tracker: _Tracker, event: _Event, status: str) -> Update:
    """Tell an event of which Karrio says this status; it is called after the carrier's own code, which stays."""
    code = "/".join(filter(None, [status, event.reason])) or event.code
    told = telling.tell(
        tracker.tracking_number,
        code,
        event.at,
        TABLES.look_up(status, event.reason),
        place=event.location,
        words=event.description,
    )
    name = telling.identify(tracker.tracking_number, event.code or event.status, event.at, event.location)
    return replace(told, external_id=name)


def _on_24_hours(time: str) -> str:
    """Write a time without AM and PM, which Karrio's connectors also put behind one of 24 hours."""
    if not (clock := CLOCK.fullmatch(time)):
        return time
    hour = int(clock["hour"])
    if clock["half"].upper() == "PM" and hour < 12:
        hour += 12
    elif clock["half"].upper() == "AM" and hour == 12:
        hour = 0
    return f"{hour:02}:{clock['rest']}"
