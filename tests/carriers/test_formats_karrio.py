"""Karrio's format, by the event that its dashboard shows for trying out (karrioapi/karrio, shortened, without names).

Karrio signs nothing; that it says the secret in ``X-Event-Id`` is how its ``task_definitions/base/webhook.py`` sends.
The statuses and reasons are those of its ``TrackingStatus`` and ``TrackingIncidentReason`` and of its connectors.
"""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.formats import karrio
from carriers.formats.said import Estimate, Forged, Meaning, Payload, Question, Reading, Sought, Unreadable, Update
from tests.carriers.payloads import PATIENTLY, SPOILT, assert_read_or_unreadable, payload, with_holes
from tracking.shipments.lifecycle import Status
from tracking.shipments.reasons import Reason

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "9d1bf3d2"

SAMPLE = {
    "id": "evt_xxxxxxx",
    "type": "tracker_updated",
    "data": {
        "carrier_id": "ups",
        "carrier_name": "ups",
        "delivered": False,
        "events": [
            {
                "code": "OF",
                "date": "2024-12-17",
                "description": "Out For Delivery",
                "location": "Brandon, MB, CA",
                "time": "13:28 PM",
            },
            {
                "code": "OF",
                "date": "2024-12-15",
                "description": "Arrived at Facility",
                "location": "Winnipeg, MB, CA",
                "time": "12:00 PM",
            },
            {
                "code": "OF",
                "date": "2024-12-13",
                "description": "Departed from Facility",
                "location": "Concord, ON, CA",
                "time": "04:52 AM",
            },
        ],
        "object_type": "tracker",
        "status": "in_transit",
        "test_mode": False,
        "tracking_number": "1ZA82D672023568121",
    },
    "test_mode": False,
    "pending_webhooks": 0,
    "created_at": "2024-12-17T20:11:00.908316+00:00",
}

EVENT = {"date": "2026-11-22", "time": "09:30", "status": "in_transit"}
CODES = {
    **dict.fromkeys(["", "unknown"], Meaning()),
    "pending": Meaning(Status.CREATED),
    **dict.fromkeys(["picked_up", "in_transit", "delivery_delayed"], Meaning(Status.IN_TRANSIT)),
    "out_for_delivery": Meaning(Status.OUT_FOR_DELIVERY),
    "ready_for_pickup": Meaning(Status.READY_FOR_PICKUP),
    "delivery_failed": Meaning(Status.ATTEMPTED),
    "delivered": Meaning(Status.DELIVERED),
    "on_hold": Meaning(Status.ON_HOLD, Reason.OTHER),
    "return_to_sender": Meaning(Status.RETURNING),
    "cancelled": Meaning(Status.CANCELLED),
}

FAILED = Status.ATTEMPTED
OF_A_FAILED_DELIVERY: dict[str, tuple[Status, Reason | None]] = {
    "carrier_damaged_parcel": (Status.DAMAGED, Reason.DAMAGED),
    "carrier_sorting_error": (FAILED, Reason.BREAKDOWN),
    "carrier_address_not_found": (FAILED, Reason.WRONG_ADDRESS),
    "carrier_parcel_lost": (Status.LOST, Reason.MISSING),
    "carrier_not_enough_time": (FAILED, Reason.NO_TIME),
    "carrier_vehicle_issue": (FAILED, Reason.BREAKDOWN),
    "carrier_capacity_exceeded": (FAILED, Reason.BREAKDOWN),
    "carrier_mechanical_delay": (FAILED, Reason.BREAKDOWN),
    "carrier_delay": (FAILED, Reason.OTHER),
    "retailer_cancelled": (FAILED, Reason.OTHER),
    "retailer_incorrect_data": (FAILED, Reason.OTHER),
    "retailer_not_ready": (FAILED, Reason.OTHER),
    "retailer_incorrect_parcel": (FAILED, Reason.OTHER),
    "retailer_incorrect_dimensions": (FAILED, Reason.OTHER),
    "retailer_packaging_issue": (FAILED, Reason.OTHER),
    "consignee_refused": (FAILED, Reason.REFUSED),
    "consignee_business_closed": (FAILED, Reason.CLOSED),
    "consignee_not_available": (FAILED, Reason.NOBODY),
    "consignee_not_home": (FAILED, Reason.NOBODY),
    "consignee_cancelled": (FAILED, Reason.ASKED),
    "consignee_verification_failed": (FAILED, Reason.IDENTITY),
    "consignee_incorrect_address": (FAILED, Reason.WRONG_ADDRESS),
    "consignee_access_restricted": (FAILED, Reason.NO_ACCESS),
    "consignee_safe_place_unavailable": (FAILED, Reason.NO_SAFE_PLACE),
    "customs_delay": (FAILED, Reason.CUSTOMS),
    "customs_documentation": (FAILED, Reason.CUSTOMS),
    "customs_duties_unpaid": (FAILED, Reason.PAYMENT),
    "customs_prohibited": (FAILED, Reason.CUSTOMS),
    "customs_inspection": (FAILED, Reason.CUSTOMS),
    "weather_delay": (FAILED, Reason.WEATHER),
    "natural_disaster": (FAILED, Reason.WEATHER),
    "force_majeure": (FAILED, Reason.OTHER),
    "parcel_being_researched": (FAILED, Reason.MISSING),
    "security_issue": (FAILED, Reason.OTHER),
    "regulatory_hold": (FAILED, Reason.OTHER),
    "delivery_exception_hold": (Status.ON_HOLD, Reason.OTHER),
    "delivery_exception_undeliverable": (Status.ON_HOLD, Reason.OTHER),
    "delivery_exception_cancelled": (Status.CANCELLED, Reason.OTHER),
    "delivery_exception_redelivery": (FAILED, None),
    "unknown": (FAILED, None),
}


def event(*events: dict[str, Any], **fields: Any) -> Payload:
    return payload({"event": "tracker_updated", "data": {"tracking_number": "K1", "events": events} | fields})


def told(**fields: Any) -> Update:
    (update,) = karrio.read(event(EVENT | fields)).updates
    return update


def meant(status: str) -> Meaning:
    update = told(status=status)
    assert update.is_known
    return Meaning(update.status, update.reason, update.handover)


@pytest.mark.parametrize("secrets", [[SECRET], ["another", SECRET], [SECRET, "another"]])
def test_what_says_a_live_secret_passes(secrets: list[str]) -> None:
    karrio.require_genuine(payload(b"{}", headers={"x-event-id": SECRET}), secrets=secrets, at=NOON)


@pytest.mark.parametrize("said", ["", "9d1bf3d", "9d1bf3d3", "another"])
@pytest.mark.parametrize("secrets", [[SECRET], [""], []])
def test_what_says_anything_else_is_a_forgery(said: str, secrets: list[str]) -> None:
    with pytest.raises(Forged):
        karrio.require_genuine(payload(b"{}", headers={"x-event-id": said}), secrets=secrets, at=NOON)


def test_the_sample_is_read_with_its_times_on_24_hours() -> None:
    reading = karrio.read(payload(SAMPLE))

    assert [(update.occurred_at.isoformat(), update.status, update.place) for update in reading.updates] == [
        ("2024-12-13T04:52:00", None, "Concord, ON, CA"),
        ("2024-12-15T12:00:00", None, "Winnipeg, MB, CA"),
        ("2024-12-17T13:28:00", Status.IN_TRANSIT, "Brandon, MB, CA"),
    ]
    assert [update.raw_code for update in reading.updates] == ["OF", "OF", "in_transit"]
    assert all(update.is_known for update in reading.updates)


def test_every_status_means_what_was_decided() -> None:
    assert dict(karrio.CODES) == CODES
    assert {status: meant(status) for status in CODES} == CODES


def test_every_reason_means_what_was_decided() -> None:
    assert set(karrio.REASONS) == set(OF_A_FAILED_DELIVERY)
    updates = {reason: told(status="delivery_failed", reason=reason) for reason in karrio.REASONS}
    assert {reason: (update.status, update.reason) for reason, update in updates.items()} == OF_A_FAILED_DELIVERY
    assert all(update.is_known for update in updates.values())


def test_a_reason_changes_no_status_that_is_exact() -> None:
    exact = ["delivered", "out_for_delivery", "ready_for_pickup", "return_to_sender", "cancelled", "pending"]

    said = {(status, told(status=status, reason=reason).status) for status in exact for reason in karrio.REASONS}

    assert said == {(status, CODES[status].status) for status in exact}


def test_nothing_but_delivered_is_delivered() -> None:
    said = {(status, told(status=status, reason=reason).status) for status in CODES for reason in karrio.REASONS}

    assert {status for status, meant in said if meant == Status.DELIVERED} == {"delivered"}


def test_an_unknown_code_is_noticed() -> None:
    assert (told(status="teleported").status, told(status="teleported").is_known) == (None, False)
    odd = told(status="on_hold", reason="cat_asleep")
    assert (odd.status, odd.reason, odd.is_known, odd.raw_code) == (
        Status.ON_HOLD,
        Reason.OTHER,
        False,
        "on_hold/cat_asleep",
    )


@pytest.mark.parametrize(
    ("times", "read"),
    [
        ({"time": "07:16 PM"}, "2026-11-22T19:16:00"),
        ({"time": "7:16 am"}, "2026-11-22T07:16:00"),
        ({"time": "12:16 AM"}, "2026-11-22T00:16:00"),
        ({"time": "12:16 PM"}, "2026-11-22T12:16:00"),
        ({"time": "21:16:05 PM"}, "2026-11-22T21:16:05"),
        ({"time": "21:16"}, "2026-11-22T21:16:00"),
        ({"time": None}, "2026-11-22T00:00:00"),
        ({"date": None, "timestamp": "2026-11-22T21:16:00.000Z"}, "2026-11-22T21:16:00"),
    ],
)
def test_times_are_those_of_the_place(times: dict[str, Any], read: str) -> None:
    assert told(**times).occurred_at.isoformat() == read


def test_the_newest_event_without_a_status_has_that_of_the_whole() -> None:
    bare = {"date": "2026-11-22", "time": "09:30", "code": "OD"}
    newer = {"date": "2026-11-22", "time": "11:30", "code": "DL"}

    first = karrio.read(event(bare, status="out_for_delivery")).updates
    both = karrio.read(event(newer, bare, status="delivered")).updates

    assert [update.status for update in first] == [Status.OUT_FOR_DELIVERY]
    assert [update.status for update in both] == [None, Status.DELIVERED]
    assert first[0].external_id == both[0].external_id


def test_the_same_event_in_other_words_is_the_same() -> None:
    plain = told(code="AR", location="Concord, ON, CA", description="Arrived")

    assert told(code="AR", location="CONCORD ON CA", description="Arrivé").external_id == plain.external_id
    assert told(code="AR", location="Concord, ON, CA", status="on_hold").external_id == plain.external_id
    assert told(code="DP", location="Concord, ON, CA").external_id != plain.external_id


def test_a_bad_event_costs_none_of_the_others() -> None:
    reading = karrio.read(event({"status": "delivered"}, EVENT, EVENT | {"time": "late"}, estimated_delivery="soon"))

    assert [update.status for update in reading.updates] == [Status.IN_TRANSIT]
    assert reading.problems == (
        "event 1: Value error, no moment by ISO 8601",
        "event 3: Value error, no moment by ISO 8601",
        "estimate 1: estimated_delivery: Value error, no moment by ISO 8601",
    )


def test_the_estimate_is_a_day() -> None:
    assert karrio.read(event(estimated_delivery="2026-11-24")).estimates == {"K1": Estimate(date(2026, 11, 24))}


def test_an_event_of_something_else_says_nothing() -> None:
    assert karrio.read(payload({"event": "shipment_purchased", "data": {}})) == Reading()


def test_each_parcel_is_asked_for_by_its_number() -> None:
    assert karrio.ask([Sought("K 1", "ups")], key="key_1") == [
        Question(path="/v1/trackers?tracking_number=K+1&limit=100", headers={"Authorization": "Token key_1"})
    ]


def test_a_list_of_trackers_is_read() -> None:
    trackers = [{"tracking_number": "K1", "events": [EVENT]}, {"events": []}, {"tracking_number": "K2", "events": None}]

    reading = karrio.read_answer(payload({"count": 3, "next": None, "results": trackers}))

    assert [update.tracking_number for update in reading.updates] == ["K1"]
    assert reading.problems == ("tracker 2: tracking_number: Field required",)


@pytest.mark.parametrize(
    "body", [*SPOILT, b"{}", b'{"event": "tracker_updated"}', b'{"data": {"tracking_number": "1"}}']
)
def test_what_is_not_the_format_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        karrio.read(payload(body))
    with pytest.raises(Unreadable):
        karrio.read_answer(payload(body))


@PATIENTLY
@given(st.binary() | with_holes(SAMPLE | {"results": [SAMPLE["data"]]}) | with_holes({"results": [SAMPLE["data"]]}))
def test_whatever_comes_is_read_or_unreadable(body: object) -> None:
    assert_read_or_unreadable(karrio.read, body)
    assert_read_or_unreadable(karrio.read_answer, body)
