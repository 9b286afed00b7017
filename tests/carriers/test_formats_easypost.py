"""EasyPost's format, by its own sample: EasyPost/examples, ``official/fixtures/event-body.json`` and its signature.

The clients that EasyPost publishes are tested by these two, with the secret ``sécret``; the older pair, of a batch, is
in the tests of easypost-go and easypost-node. The codes are those of its documentation, as easypost-csharp lists them.
"""

from base64 import b64decode
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.formats import easypost
from carriers.formats.said import Estimate, Forged, Meaning, Payload, Question, Reading, Sought, Unreadable, Update
from tests.carriers.payloads import PATIENTLY, SPOILT, assert_read_or_unreadable, flipped, payload, with_holes
from tracking.shipments.lifecycle import Status
from tracking.shipments.reasons import Reason

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "sécret"
HEADER = "x-hmac-signature"
SIGNATURE = "hmac-sha256-hex=38f3f53c103713df81616a0a186d77141957323ec21d5fe9363db93840f527db"
EVENT = (Path(__file__).parent / "samples" / "easypost-event.json").read_bytes().strip()
SIGNED = payload(EVENT, headers={HEADER: SIGNATURE})

BATCH = (
    b'{"result":{"id":"batch_123...","object":"Batch","mode":"test","state":"created","num_shipments":0,'
    b'"reference":null,"created_at":"2022-07-26T17:22:32Z","updated_at":"2022-07-26T17:22:32Z","scan_form":null,'
    b'"shipments":[],"status":{"created":0,"queued_for_purchase":0,"creation_failed":0,"postage_purchased":0,'
    b'"postage_purchase_failed":0},"pickup":null,"label_url":null},"description":"batch.created","mode":"test",'
    b'"previous_attributes":null,"completed_urls":null,"user_id":"user_123...","status":"pending","object":"Event",'
    b'"id":"evt_123..."}'
)
BATCH_SIGNATURE = "hmac-sha256-hex=e93977c8ccb20363d51a62b3fe1fc402b7829be1152da9e88cf9e8d07115a46b"

DETAIL = {"status": "in_transit", "status_detail": "departed_facility", "datetime": "2026-11-22T09:30:00Z"}
TRACKER = {"tracking_code": "EZ1", "tracking_details": [DETAIL]}


def event(*details: dict[str, Any], **fields: Any) -> Payload:
    return payload({"description": "tracker.updated", "result": TRACKER | {"tracking_details": details} | fields})


def told(status: str, detail: str | None = None, **fields: Any) -> Update:
    (update,) = easypost.read(event(DETAIL | {"status": status, "status_detail": detail}, **fields)).updates
    return update


@pytest.mark.parametrize(("body", "signature"), [(EVENT, SIGNATURE), (BATCH, BATCH_SIGNATURE)])
def test_the_vectors_of_easypost_pass(body: bytes, signature: str) -> None:
    easypost.require_genuine(payload(body, headers={HEADER: signature}), secrets=[SECRET], at=NOON)


@pytest.mark.parametrize("secrets", [["another", SECRET], [SECRET, "another"], ["se\u0301cret"]])
def test_either_of_two_live_secrets_will_do_however_it_is_spelled(secrets: list[str]) -> None:
    easypost.require_genuine(SIGNED, secrets=secrets, at=NOON)


@pytest.mark.parametrize("place", [0, 1, len(EVENT) // 2, len(EVENT) - 1])
def test_one_flipped_byte_is_a_forgery(place: int) -> None:
    with pytest.raises(Forged):
        easypost.require_genuine(flipped(SIGNED, place), secrets=[SECRET], at=NOON)


@pytest.mark.parametrize(
    "signature", ["", SIGNATURE[:-1], SIGNATURE[:-1] + "0", SIGNATURE.split("=")[1], BATCH_SIGNATURE]
)
def test_another_signature_is_a_forgery(signature: str) -> None:
    with pytest.raises(Forged):
        easypost.require_genuine(payload(EVENT, headers={HEADER: signature}), secrets=[SECRET], at=NOON)


@pytest.mark.parametrize("secrets", [[], [""], ["secret"]])
def test_without_the_secret_everything_is_a_forgery(secrets: list[str]) -> None:
    with pytest.raises(Forged):
        easypost.require_genuine(SIGNED, secrets=secrets, at=NOON)


def test_the_sample_is_read() -> None:
    reading = easypost.read(SIGNED)

    assert [
        (update.tracking_number, update.occurred_at.isoformat(), update.raw_code, update.status, update.place)
        for update in reading.updates
    ] == [
        ("1", "2024-07-31T15:00:00+00:00", "pre_transit/label_created", Status.CREATED, "US"),
        ("1", "2024-07-31T19:27:00+00:00", "in_transit/arrived_at_facility", Status.IN_TRANSIT, "ORLANDO, FL"),
        ("1", "2024-07-31T22:35:00+00:00", "in_transit/arrived_at_facility", Status.IN_TRANSIT, "ORLANDO, FL"),
        ("1", "2024-08-01T14:42:13+00:00", "in_transit/departed_facility", Status.IN_TRANSIT, "ORLANDO, FL"),
        ("1", "2024-08-02T02:46:19+00:00", "in_transit/unknown", Status.IN_TRANSIT, "KENLY, NC"),
        ("1", "2024-08-02T18:35:20+00:00", "in_transit/unknown", Status.IN_TRANSIT, "EDISON TWP, NJ"),
        ("1", "2024-08-02T18:50:00+00:00", "in_transit/arrived_at_facility", Status.IN_TRANSIT, "EDISON, NJ"),
    ]
    assert reading.updates[1].words == "Picked up"
    assert all(update.is_known for update in reading.updates)
    assert reading.estimates == {"1": Estimate(date(2024, 8, 5))}
    assert reading.problems == ()


def test_an_event_of_something_else_says_nothing() -> None:
    assert easypost.read(payload(BATCH)) == Reading()


STATUSES = {
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

MOVING = (Status.IN_TRANSIT, None)
STOPPED = (Status.ON_HOLD, Reason.OTHER)

DETAILS_OF_IN_TRANSIT: dict[str, tuple[Status | None, Reason | None]] = {
    "address_correction": (Status.ON_HOLD, Reason.WRONG_ADDRESS),
    "arrived_at_destination": (Status.AT_HUB, None),
    "arrived_at_facility": MOVING,
    "arrived_at_pickup_location": (Status.READY_FOR_PICKUP, None),
    "awaiting_information": STOPPED,
    "cancelled": (Status.CANCELLED, None),
    "damaged": (Status.DAMAGED, Reason.DAMAGED),
    "delayed": MOVING,
    "delivery_exception": STOPPED,
    "departed_facility": MOVING,
    "departed_origin_facility": MOVING,
    "expired": MOVING,
    "failure": STOPPED,
    "held": STOPPED,
    "in_transit": MOVING,
    "label_created": (Status.CREATED, None),
    "lost": (Status.LOST, Reason.MISSING),
    "missorted": MOVING,
    "out_for_delivery": (Status.OUT_FOR_DELIVERY, None),
    "received_at_destination_facility": (Status.AT_HUB, None),
    "received_at_origin_facility": MOVING,
    "refused": (Status.ATTEMPTED, Reason.REFUSED),
    "return": (Status.RETURNING, None),
    "status_update": MOVING,
    "transferred_to_destination_carrier": MOVING,
    "transit_exception": STOPPED,
    "unknown": MOVING,
    "weather_delay": (Status.IN_TRANSIT, Reason.WEATHER),
}


def test_every_status_means_what_was_decided() -> None:
    assert dict(easypost.CODES) == STATUSES
    updates = {code: told(code) for code in STATUSES}
    assert {
        code: Meaning(update.status, update.reason, update.handover) for code, update in updates.items()
    } == STATUSES
    assert all(update.is_known for update in updates.values())


def test_every_detail_means_what_was_decided() -> None:
    assert set(easypost.DETAILS) == set(DETAILS_OF_IN_TRANSIT)
    updates = {detail: told("in_transit", detail) for detail in DETAILS_OF_IN_TRANSIT}
    assert {detail: (update.status, update.reason) for detail, update in updates.items()} == DETAILS_OF_IN_TRANSIT


def test_a_detail_changes_no_status_that_is_exact() -> None:
    exact = set(STATUSES) - {"unknown", "in_transit", "failure", "error"}

    said = {(status, told(status, detail).status) for status in exact for detail in DETAILS_OF_IN_TRANSIT}

    assert said == {(status, STATUSES[status].status) for status in exact}


def test_nothing_but_delivered_is_delivered() -> None:
    said = {(status, told(status, detail).status) for status in STATUSES for detail in DETAILS_OF_IN_TRANSIT}

    assert {status for status, meant in said if meant == Status.DELIVERED} == {"delivered"}


def test_a_failure_is_made_more_exact() -> None:
    assert (told("failure", "lost").status, told("failure", "lost").reason) == (Status.LOST, Reason.MISSING)
    assert (told("failure", "delayed").status, told("failure", "delayed").reason) == STOPPED


def test_an_unknown_status_is_an_update_and_nothing_more() -> None:
    update = told("teleported", "arrived_at_destination")

    assert (update.status, update.reason, update.is_known) == (None, None, False)
    assert update.raw_code == "teleported/arrived_at_destination"


def test_an_unknown_detail_is_noticed_and_costs_not_the_status() -> None:
    update = told("in_transit", "on_a_camel")

    assert (update.status, update.is_known) == (Status.IN_TRANSIT, False)


def test_what_is_delivered_on_its_way_back_is_returned() -> None:
    assert told("delivered", "arrived_at_destination", is_return=True).status == Status.RETURNED


def test_the_same_scan_in_other_words_is_the_same() -> None:
    place = {"city": "Houston", "state": "TX", "country": None, "zip": "77001"}
    again = {"city": "HOUSTON", "state": "TX", "country": "US", "zip": "77063"}

    reading = easypost.read(
        event(
            DETAIL | {"message": "Departed", "tracking_location": place},
            DETAIL | {"message": "Sortie", "tracking_location": again, "datetime": "2026-11-22T09:30:00.250Z"},
            DETAIL | {"message": "Departed", "tracking_location": place | {"city": "Dallas"}},
        )
    )

    assert {update.words for update in reading.updates} == {"Sortie", "Departed"}


def test_a_scan_without_a_time_costs_none_of_the_others() -> None:
    reading = easypost.read(event(DETAIL | {"datetime": None}, DETAIL))

    assert len(reading.updates) == 1
    assert reading.problems == ("tracking detail 1: datetime: Value error, no moment by ISO 8601",)


def test_an_estimate_that_cannot_be_read_costs_no_scan() -> None:
    reading = easypost.read(event(DETAIL, est_delivery_date="tomorrow"))

    assert (len(reading.updates), reading.estimates) == (1, {})
    assert reading.problems == ("estimate 1: est_delivery_date: Value error, no moment by ISO 8601",)


def test_the_carriers_own_day_is_the_day() -> None:
    reading = easypost.read(
        event(est_delivery_date="2026-11-24T03:00:00Z", carrier_detail={"est_delivery_date_local": "2026-11-23"})
    )

    assert reading.estimates == {"EZ1": Estimate(date(2026, 11, 23))}


def test_each_parcel_is_asked_for_by_its_number() -> None:
    (first, other) = easypost.ask([Sought("EZ 1/2"), Sought("EZ2", "UPS")], key="EZTKkey")

    assert first == Question(
        path="/v2/trackers?tracking_code=EZ+1%2F2&page_size=100", headers={"Authorization": "Basic RVpUS2tleTo="}
    )
    assert b64decode("RVpUS2tleTo=") == b"EZTKkey:"
    assert other.path == "/v2/trackers?tracking_code=EZ2&page_size=100"


def test_a_list_of_trackers_is_read() -> None:
    # EasyPost/examples, official/docs/responses/trackers/trackers-list.json, shortened.
    reading = easypost.read_answer(
        payload(
            {
                "trackers": [
                    {
                        "tracking_code": "EZ1000000001",
                        "status": "pre_transit",
                        "est_delivery_date": "2025-05-09T20:40:17Z",
                        "tracking_details": [
                            {
                                "message": "Shipping Label Created",
                                "status": "pre_transit",
                                "status_detail": "status_update",
                                "datetime": "2025-04-10T09:17:17Z",
                                "tracking_location": {"city": "HOUSTON", "state": "TX", "country": None},
                            }
                        ],
                    },
                    {"tracking_code": None, "tracking_details": []},
                ],
                "has_more": True,
            }
        )
    )

    (update,) = reading.updates
    assert (update.tracking_number, update.status, update.place) == ("EZ1000000001", Status.CREATED, "HOUSTON, TX")
    assert reading.estimates == {"EZ1000000001": Estimate(date(2025, 5, 9))}
    assert reading.problems == ("tracker 2: tracking_code: String should have at least 1 character",)


def test_an_answer_without_trackers_says_nothing() -> None:
    assert easypost.read_answer(payload({"trackers": [], "has_more": False})) == Reading()


@pytest.mark.parametrize(
    "body", [*SPOILT, b"{}", b'{"description": "tracker.updated"}', b'{"error": {"code": "NOT_FOUND"}}']
)
def test_what_is_not_the_format_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        easypost.read(payload(body))
    with pytest.raises(Unreadable):
        easypost.read_answer(payload(body))


@PATIENTLY
@given(st.binary() | with_holes({"description": "tracker.updated", "result": TRACKER, "trackers": [TRACKER]}))
def test_whatever_comes_is_read_or_unreadable(body: object) -> None:
    assert_read_or_unreadable(easypost.read, body)
    assert_read_or_unreadable(easypost.read_answer, body)
