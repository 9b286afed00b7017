"""Shippo's format, by the sample of its page Webhooks (docs.goshippo.com/docs/tracking/webhooks).

Its page Webhook Security shows a header, but not what it was made of: this one was made by ``openssl dgst -sha256
-hmac`` of ``1688493073.`` and the body. The codes are those of its page Tracking.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.formats import shippo
from carriers.formats.said import Estimate, Forged, Meaning, Payload, Question, Reading, Sought, Unreadable, Update
from tests.carriers.payloads import PATIENTLY, SPOILT, assert_read_or_unreadable, flipped, payload, with_holes
from tracking.shipments.lifecycle import Status
from tracking.shipments.reasons import Reason

HEADER = "shippo-auth-signature"
SECRET = "shippo-secret"
BODY = b'{"event":"track_updated","test":true}'
SIGNED = payload(
    BODY, headers={HEADER: "t=1688493073,v1=c292432f86faa8c36cb309c102c3bb26b740488dd7bdcbff40a3f67c3c284698"}
)
SIGNED_AT = datetime.fromtimestamp(1688493073, tz=UTC)

SCAN = {
    "location": {"city": "Las Vegas", "country": "US", "state": "NV", "zip": "89101"},
    "object_created": "2019-08-24T14:15:22Z",
    "object_id": "string",
    "object_updated": "2019-08-24T14:15:22Z",
    "status": "DELIVERED",
    "substatus": {
        "code": "information_received",
        "text": "Information about the package received.",
        "action_required": True,
    },
    "status_date": "2016-07-23T00:00:00Z",
    "status_details": "Your shipment has been delivered at the destination mailbox.",
}
TRACK = {
    "carrier": "usps",
    "eta": "2019-08-24T14:15:22Z",
    "tracking_history": [SCAN],
    "tracking_number": "9205590164917312751089",
    "tracking_status": SCAN,
}

STOPPED = (Status.ON_HOLD, Reason.OTHER)
MOVING = (Status.IN_TRANSIT, None)
STATUSES: dict[str, tuple[Status | None, Reason | None]] = {
    "UNKNOWN": (None, None),
    "PRE_TRANSIT": (Status.CREATED, None),
    "TRANSIT": MOVING,
    "DELIVERED": (Status.DELIVERED, None),
    "RETURNED": (Status.RETURNING, None),
    "FAILURE": STOPPED,
}
SUBSTATUSES: dict[str, dict[str, tuple[Status | None, Reason | None]]] = {
    "PRE_TRANSIT": {"information_received": (Status.CREATED, None)},
    "TRANSIT": {
        "address_issue": (Status.ON_HOLD, Reason.WRONG_ADDRESS),
        "contact_carrier": STOPPED,
        "delayed": MOVING,
        "delivery_attempted": (Status.ATTEMPTED, None),
        "delivery_rescheduled": MOVING,
        "delivery_scheduled": MOVING,
        "location_inaccessible": (Status.ATTEMPTED, Reason.NO_ACCESS),
        "notice_left": (Status.ATTEMPTED, None),
        "out_for_delivery": (Status.OUT_FOR_DELIVERY, None),
        "package_accepted": MOVING,
        "package_arrived": MOVING,
        "package_damaged": (Status.DAMAGED, Reason.DAMAGED),
        "package_departed": MOVING,
        "package_forwarded": MOVING,
        "package_held": STOPPED,
        "package_processed": MOVING,
        "package_processing": MOVING,
        "pickup_available": (Status.READY_FOR_PICKUP, None),
        "reschedule_delivery": STOPPED,
    },
    "DELIVERED": {"delivered": (Status.DELIVERED, None)},
    "RETURNED": {
        "return_to_sender": (Status.RETURNING, None),
        "package_unclaimed": (Status.RETURNING, Reason.NOT_COLLECTED),
    },
    "FAILURE": {
        "package_undeliverable": STOPPED,
        "package_disposed": (Status.LOST, Reason.OTHER),
        "package_lost": (Status.LOST, Reason.MISSING),
    },
    "UNKNOWN": {"other": (None, None)},
}


def event(*scans: dict[str, Any], **fields: Any) -> Payload:
    track = TRACK | {"tracking_status": None, "tracking_history": scans} | fields
    return payload({"event": "track_updated", "data": track})


def told(status: str, code: str = "", **fields: Any) -> Update:
    (update,) = shippo.read(event(SCAN | {"status": status, "substatus": {"code": code}} | fields)).updates
    return update


def meant(status: str, code: str = "") -> tuple[Status | None, Reason | None]:
    update = told(status, code)
    assert update.is_known
    return update.status, update.reason


@pytest.mark.parametrize("secrets", [[SECRET], ["another", SECRET], [SECRET, "another"]])
@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_what_was_signed_with_a_live_secret_just_now_passes(secrets: list[str], minutes: int) -> None:
    shippo.require_genuine(SIGNED, secrets=secrets, at=SIGNED_AT + timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_what_was_signed_at_another_time_is_a_forgery(minutes: int) -> None:
    with pytest.raises(Forged):
        shippo.require_genuine(SIGNED, secrets=[SECRET], at=SIGNED_AT + timedelta(minutes=minutes))


@pytest.mark.parametrize("place", range(len(BODY)))
def test_one_flipped_byte_is_a_forgery(place: int) -> None:
    with pytest.raises(Forged):
        shippo.require_genuine(flipped(SIGNED, place), secrets=[SECRET], at=SIGNED_AT)


@pytest.mark.parametrize("header", ["", "t=1688493073", "v1=c2", "t=1688493073,v1=", "t=soon,v1=c2", "t=9" + "9" * 20])
def test_another_signature_is_a_forgery_even_beside_the_token(header: str) -> None:
    with pytest.raises(Forged):
        shippo.require_genuine(payload(BODY, headers={HEADER: header}, token=SECRET), secrets=[SECRET], at=SIGNED_AT)


def test_without_a_signature_the_token_of_the_address_will_do() -> None:
    shippo.require_genuine(payload(BODY, token=SECRET), secrets=["another", SECRET], at=SIGNED_AT)


@pytest.mark.parametrize("query", [{}, {"token": ""}, {"token": "another"}, {"key": SECRET}])
def test_another_token_is_a_forgery(query: dict[str, str]) -> None:
    with pytest.raises(Forged):
        shippo.require_genuine(Payload(BODY, {}, query), secrets=[SECRET, ""], at=SIGNED_AT)


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_everything_is_a_forgery(secrets: list[str]) -> None:
    for unproven in (SIGNED, payload(BODY, token="")):
        with pytest.raises(Forged):
            shippo.require_genuine(unproven, secrets=secrets, at=SIGNED_AT)


def test_the_sample_is_read() -> None:
    reading = shippo.read(payload({"event": "track_updated", "test": True, "data": TRACK}))

    (update,) = reading.updates
    assert (update.tracking_number, update.occurred_at.isoformat()) == (
        "9205590164917312751089",
        "2016-07-23T00:00:00+00:00",
    )
    assert (update.status, update.raw_code, update.place) == (
        Status.DELIVERED,
        "DELIVERED/information_received",
        "Las Vegas, NV",
    )
    assert update.words == "Your shipment has been delivered at the destination mailbox."
    assert reading.estimates == {"9205590164917312751089": Estimate(date(2019, 8, 24))}


def test_every_status_means_what_was_decided() -> None:
    assert {code: (meaning.status, meaning.reason) for code, meaning in shippo.CODES.items()} == STATUSES
    assert {status: meant(status) for status in STATUSES} == STATUSES


def test_every_substatus_means_what_was_decided_under_its_status() -> None:
    assert set(shippo.SUBSTATUSES) == {code for codes in SUBSTATUSES.values() for code in codes}
    said = {status: {code: meant(status, code) for code in codes} for status, codes in SUBSTATUSES.items()}
    assert said == SUBSTATUSES


def test_nothing_but_delivered_is_delivered() -> None:
    said = {(status, told(status, code).status) for status in shippo.CODES for code in shippo.SUBSTATUSES}

    assert {status for status, meant in said if meant == Status.DELIVERED} == {"DELIVERED"}


def test_nobody_took_anything_by_these_codes() -> None:
    assert {meaning.handover for meaning in (*shippo.CODES.values(), *shippo.SUBSTATUSES.values())} == {None}
    assert shippo.CODES["DELIVERED"] == Meaning(Status.DELIVERED)


def test_an_unknown_code_is_noticed() -> None:
    assert (told("BEAMED").status, told("BEAMED").is_known) == (None, False)
    assert (told("TRANSIT", "by_camel").status, told("TRANSIT", "by_camel").is_known) == (Status.IN_TRANSIT, False)


def test_the_last_scan_is_read_once_and_not_before_it_has_a_date() -> None:
    assert len(shippo.read(event(SCAN, tracking_status=SCAN | {"object_id": "other"})).updates) == 1
    assert len(shippo.read(event(tracking_status=SCAN)).updates) == 1
    nothing = {"status": "UNKNOWN", "status_date": None}
    assert shippo.read(event(tracking_status=nothing, eta=None)) == Reading(
        followed=frozenset(["9205590164917312751089"])
    )


def test_a_parcel_of_which_no_status_is_said_is_not_known() -> None:
    assert shippo.read(event(tracking_status=None, eta=None)) == Reading()


def test_a_bad_scan_costs_none_of_the_others() -> None:
    reading = shippo.read(event(SCAN, SCAN | {"location": "Reno"}, eta="soon"))

    assert (len(reading.updates), reading.estimates) == (1, {})
    assert reading.problems == (
        "tracking history 2: location: Input should be an object",
        "estimate 1: eta: Value error, no moment by ISO 8601",
    )


def test_an_event_of_something_else_says_nothing() -> None:
    assert shippo.read(payload({"event": "transaction_created", "data": {}})) == Reading()


def test_each_parcel_is_asked_for_by_carrier_and_number() -> None:
    questions = shippo.ask([Sought("92/05 5", "usps"), Sought("1Z")], key="shippo_live_1")

    assert questions == [
        Question(path="/tracks/usps/92%2F05%205", headers={"Authorization": "ShippoToken shippo_live_1"})
    ]


def test_an_answer_is_read_as_an_event_is() -> None:
    assert shippo.read_answer(payload(TRACK)) == shippo.read(payload({"event": "track_updated", "data": TRACK}))


@pytest.mark.parametrize("body", [*SPOILT, b"{}", b'{"event": "track_updated"}', b'{"detail": "Not found."}'])
def test_what_is_not_the_format_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        shippo.read(payload(body))
    with pytest.raises(Unreadable):
        shippo.read_answer(payload(body))


@PATIENTLY
@given(st.binary() | with_holes({"event": "track_updated", "data": TRACK}) | with_holes(TRACK))
def test_whatever_comes_is_read_or_unreadable(body: object) -> None:
    assert_read_or_unreadable(shippo.read, body)
    assert_read_or_unreadable(shippo.read_answer, body)
