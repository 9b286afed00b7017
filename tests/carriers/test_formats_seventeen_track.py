"""17TRACK's format, by a push of its version 2, as it came to CTT's tests (the sample is shortened to what is read).

The signature is made by ``sha256sum`` of the body, ``/`` and the key, as its documentation says: it publishes none to
check against. The codes are those of its documentation, as its users list them with its own explanations.
"""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.formats import seventeen_track
from carriers.formats.said import Estimate, Forged, Meaning, Payload, Reading, Sought, Unreadable, Update
from tests.carriers.payloads import PATIENTLY, SPOILT, assert_read_or_unreadable, flipped, payload, with_holes
from tracking.shipments.lifecycle import Status
from tracking.shipments.reasons import Reason

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = "17-track-key"
SIGNATURE = "c52bbc18390cfd00eebea4d2900f77d056c2df3602255c8569278e5c04f36ba0"
STOPPED_PUSH = b'{"event":"TRACKING_STOPPED","data":{"number":"1234567890","carrier":1001,"param":null,"tag":null}}'
SIGNED = payload(STOPPED_PUSH, headers={"sign": SIGNATURE})

SAMPLE_EVENT = {
    "time_iso": "2022-09-14T08:47:00+01:00",
    "time_utc": "2022-09-14T07:47:00Z",
    "description": "The shipment is available for pick-up from the retail outlet retail outlet Valentinskamp 88 "
    "20355 Hamburg as of now.",
    "location": "Germany",
    "stage": "AvailableForPickup",
}
SAMPLE = {
    "event": "TRACKING_UPDATED",
    "data": {
        "number": "1234567890",
        "carrier": 7041,
        "param": None,
        "tag": None,
        "track_info": {
            "latest_status": {"status": "Exception", "sub_status": "Exception_Other", "sub_status_descr": None},
            "latest_event": SAMPLE_EVENT | {"stage": "Exception"},
            "time_metrics": {"estimated_delivery_date": {"source": None, "from": None, "to": None}},
            "tracking": {
                "providers_hash": 120912544,
                "providers": [{"provider": {"key": 7041, "name": "DHL Paket"}, "events": [SAMPLE_EVENT]}],
            },
        },
    },
}

EVENT = {"time_iso": "2026-11-22T09:30:00+02:00", "stage": None, "sub_status": "InTransit_Other"}
STOPPED = Meaning(Status.ON_HOLD, Reason.OTHER)
CODES = {
    **dict.fromkeys(["", "NotFound", "NotFound_Other", "NotFound_InvalidCode", "Expired", "Expired_Other"], Meaning()),
    "InfoReceived": Meaning(Status.CREATED),
    **dict.fromkeys(
        [
            "InTransit",
            "InTransit_PickedUp",
            "InTransit_Departure",
            "InTransit_Arrival",
            "InTransit_CustomsProcessing",
            "InTransit_CustomsReleased",
            "InTransit_Other",
            "PickedUp",
            "Departure",
            "Arrival",
        ],
        Meaning(Status.IN_TRANSIT),
    ),
    "InTransit_CustomsRequiringInformation": Meaning(Status.ON_HOLD, Reason.CUSTOMS),
    **dict.fromkeys(["AvailableForPickup", "AvailableForPickup_Other"], Meaning(Status.READY_FOR_PICKUP)),
    **dict.fromkeys(["OutForDelivery", "OutForDelivery_Other"], Meaning(Status.OUT_FOR_DELIVERY)),
    **dict.fromkeys(["DeliveryFailure", "DeliveryFailure_Other"], Meaning(Status.ATTEMPTED)),
    "DeliveryFailure_NoBody": Meaning(Status.ATTEMPTED, Reason.NOBODY),
    "DeliveryFailure_Security": Meaning(Status.ATTEMPTED, Reason.OTHER),
    "DeliveryFailure_Rejected": Meaning(Status.ATTEMPTED, Reason.REFUSED),
    "DeliveryFailure_InvalidAddress": Meaning(Status.ATTEMPTED, Reason.WRONG_ADDRESS),
    **dict.fromkeys(["Delivered", "Delivered_Other"], Meaning(Status.DELIVERED)),
    **dict.fromkeys(["Exception", "Exception_Security", "Exception_Delayed", "Exception_Other"], STOPPED),
    **dict.fromkeys(["Exception_Returning", "Returning"], Meaning(Status.RETURNING)),
    **dict.fromkeys(["Exception_Returned", "Returned"], Meaning(Status.RETURNED)),
    "Exception_NoBody": Meaning(Status.ON_HOLD, Reason.WRONG_ADDRESS),
    "Exception_Damage": Meaning(Status.DAMAGED, Reason.DAMAGED),
    "Exception_Rejected": Meaning(Status.ON_HOLD, Reason.REFUSED),
    "Exception_Lost": Meaning(Status.LOST, Reason.MISSING),
    "Exception_Destroyed": Meaning(Status.LOST, Reason.OTHER),
    "Exception_Cancel": Meaning(Status.CANCELLED),
}


def parcel(*events: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"number": "T1", "track_info": {"tracking": {"providers": [{"events": events}]}} | fields}


def push(*events: dict[str, Any], **fields: Any) -> Payload:
    return payload({"event": "TRACKING_UPDATED", "data": parcel(*events, **fields)})


def told(**fields: Any) -> Update:
    (update,) = seventeen_track.read(push(EVENT | fields)).updates
    return update


def meant(code: str) -> Meaning:
    is_sub_status = "_" in code
    update = told(stage=None if is_sub_status else code, sub_status=code if is_sub_status else None)
    assert (update.raw_code, update.is_known) == (code, True)
    return Meaning(update.status, update.reason, update.handover)


@pytest.mark.parametrize("keys", [[KEY], ["another", KEY], [KEY, "another"]])
def test_what_was_signed_with_a_live_key_passes(keys: list[str]) -> None:
    seventeen_track.require_genuine(SIGNED, secrets=keys, at=NOON)


@pytest.mark.parametrize("place", range(len(STOPPED_PUSH)))
def test_one_flipped_byte_is_a_forgery(place: int) -> None:
    with pytest.raises(Forged):
        seventeen_track.require_genuine(flipped(SIGNED, place), secrets=[KEY], at=NOON)


@pytest.mark.parametrize("signature", ["", SIGNATURE[1:], "0" * 64])
@pytest.mark.parametrize("keys", [[KEY], [""], []])
def test_another_signature_is_a_forgery(signature: str, keys: list[str]) -> None:
    with pytest.raises(Forged):
        seventeen_track.require_genuine(payload(STOPPED_PUSH, headers={"sign": signature}), secrets=keys, at=NOON)


def test_without_a_key_everything_is_a_forgery() -> None:
    with pytest.raises(Forged):
        seventeen_track.require_genuine(SIGNED, secrets=["another", ""], at=NOON)


def test_the_sample_is_read() -> None:
    reading = seventeen_track.read(payload(SAMPLE))

    (update,) = reading.updates
    assert (update.tracking_number, update.occurred_at.isoformat()) == ("1234567890", "2022-09-14T08:47:00+01:00")
    assert (update.status, update.raw_code) == (Status.READY_FOR_PICKUP, "AvailableForPickup")
    assert (update.place, update.words) == ("Germany", SAMPLE_EVENT["description"])
    assert (reading.estimates, reading.problems) == ({}, ())


def test_one_that_is_followed_no_more_says_nothing() -> None:
    assert seventeen_track.read(SIGNED) == Reading()


def test_every_code_means_what_was_decided() -> None:
    assert dict(seventeen_track.CODES) == CODES
    assert {code: meant(code) for code in CODES} == CODES


def test_the_finer_code_counts() -> None:
    assert told(stage="Exception", sub_status="Exception_Lost").status == Status.LOST


def test_an_unknown_code_is_noticed() -> None:
    unknown, unknown_within = told(sub_status="Levitating_High"), told(sub_status="Exception_Stuck")

    assert (unknown.status, unknown.is_known, unknown.raw_code) == (None, False, "Levitating_High")
    assert (unknown_within.status, unknown_within.is_known) == (Status.ON_HOLD, False)


def test_the_newest_event_without_a_code_has_that_of_the_whole() -> None:
    bare = {"time_utc": "2026-11-22T09:30:00Z", "stage": None, "location": "Turku"}
    newer = {"time_utc": "2026-11-22T11:30:00Z", "location": "Turku"}
    whole = {"status": "OutForDelivery", "sub_status": "OutForDelivery_Other"}

    first = seventeen_track.read(push(bare, latest_status=whole)).updates
    both = seventeen_track.read(push(newer, bare, latest_status=whole)).updates

    assert [update.status for update in first] == [Status.OUT_FOR_DELIVERY]
    assert [update.status for update in both] == [None, Status.OUT_FOR_DELIVERY]
    assert [update.is_known for update in both] == [True, True]
    assert first[0].external_id == both[0].external_id


@pytest.mark.parametrize(
    ("times", "read"),
    [
        ({"time_iso": "2026-11-22T09:30:00+02:00", "time_utc": "2026-11-22T07:30:00Z"}, "2026-11-22T09:30:00+02:00"),
        ({"time_iso": None, "time_utc": "2026-11-22T07:30:00Z"}, "2026-11-22T07:30:00+00:00"),
        ({"time_iso": "2026-11-22T09:30:00"}, "2026-11-22T09:30:00"),
        ({"time_iso": None, "time_raw": {"date": "2026-11-22", "time": "09:30:00"}}, "2026-11-22T09:30:00"),
        ({"time_iso": None, "time_raw": {"date": "2026-11-22", "time": None}}, "2026-11-22T00:00:00"),
        (
            {"time_iso": None, "time_raw": {"date": "2026-11-22", "time": "09:30:00", "timezone": "+08:00"}},
            "2026-11-22T09:30:00+08:00",
        ),
    ],
)
def test_times_are_read_as_they_are_written(times: dict[str, Any], read: str) -> None:
    assert told(**times).occurred_at.isoformat() == read


def test_the_same_event_in_other_words_is_the_same() -> None:
    told_again = told(description="Angekommen", location="HELSINKI")

    assert told_again.external_id == told(description="Arrived", location="Helsinki").external_id
    assert told_again.external_id != told(location="Helsinki", sub_status="InTransit_Arrival").external_id


def test_events_of_all_providers_are_put_in_order_and_a_bad_one_costs_none_of_the_others() -> None:
    early = EVENT | {"time_iso": "2026-11-20T09:30:00+08:00", "location": "Shenzhen"}
    info = {"tracking": {"providers": [{"events": [EVENT, {"stage": "Delivered"}]}, {"events": [early]}]}}

    reading = seventeen_track.read(payload({"event": "TRACKING_UPDATED", "data": {"number": "T1", "track_info": info}}))

    assert [update.place for update in reading.updates] == ["Shenzhen", ""]
    assert reading.problems == ("event 2: Value error, no moment by ISO 8601",)


@pytest.mark.parametrize(
    ("told_as", "estimate"),
    [
        (
            {"from": "2026-11-24T14:00:00+02:00", "to": "2026-11-24T16:00:00+02:00"},
            Estimate(
                date(2026, 11, 24),
                datetime.fromisoformat("2026-11-24T14:00:00+02:00"),
                datetime.fromisoformat("2026-11-24T16:00:00+02:00"),
            ),
        ),
        ({"from": "2026-11-23T00:00:00-05:00", "to": "2026-11-24T00:00:00-05:00"}, Estimate(date(2026, 11, 24))),
        ({"from": "2026-11-24"}, Estimate(date(2026, 11, 24))),
    ],
)
def test_an_estimate_is_a_time_or_the_last_day(told_as: dict[str, str], estimate: Estimate) -> None:
    reading = seventeen_track.read(push(time_metrics={"estimated_delivery_date": told_as}))

    assert reading.estimates == {"T1": estimate}


def test_many_parcels_are_asked_for_at_once() -> None:
    (many, rest) = seventeen_track.ask([Sought(f"T{number}") for number in range(41)], key=KEY)

    assert (rest.method, rest.path, rest.body) == ("POST", "/track/v2.2/gettrackinfo", b'[{"number":"T40"}]')
    assert rest.headers == {"17token": KEY, "Content-Type": "application/json"}
    assert len(json.loads(many.body)) == 40


def test_an_answer_is_read_and_what_is_not_followed_is_a_problem() -> None:
    data = {
        "accepted": [parcel(EVENT), {"number": "T2", "carrier": 3011}],
        "rejected": [{"number": "T3", "error": {"code": -18019902, "message": "not registered"}}],
    }

    reading = seventeen_track.read_answer(payload({"code": 0, "data": data}))

    assert [update.tracking_number for update in reading.updates] == ["T1"]
    assert reading.problems == ("rejected 1: 17TRACK does not follow it",)


def test_an_error_is_no_answer() -> None:
    with pytest.raises(Unreadable, match="the error -18010002"):
        seventeen_track.read_answer(payload({"code": -18010002, "data": {"errors": []}}))


@pytest.mark.parametrize("body", [*SPOILT, b"{}", b'{"event": "TRACKING_UPDATED", "data": {}}', b'{"code": 0}'])
def test_what_is_not_the_format_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        seventeen_track.read(payload(body))
    with pytest.raises(Unreadable):
        seventeen_track.read_answer(payload(body))


@PATIENTLY
@given(st.binary() | with_holes(SAMPLE | {"code": 0}) | with_holes({"code": 0, "data": {"accepted": [SAMPLE["data"]]}}))
def test_whatever_comes_is_read_or_unreadable(body: object) -> None:
    assert_read_or_unreadable(seventeen_track.read, body)
    assert_read_or_unreadable(seventeen_track.read_answer, body)
