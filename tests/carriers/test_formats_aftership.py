"""AfterShip's format, by the sample of its Webhook Specifications (2026-07), as hookdeck/webhook-skills quotes it.

AfterShip publishes no signature to check against: this one was made of the sample by ``openssl dgst -sha256 -hmac``, as
its page Webhook Signature says. The codes are those of its page Delivery Sub-statuses and of the changelog of 2026-07.
"""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.formats import aftership
from carriers.formats.said import Estimate, Forged, Meaning, Payload, Question, Reading, Sought, Unreadable, Update
from tests.carriers.payloads import PATIENTLY, SPOILT, assert_read_or_unreadable, flipped, payload, with_holes
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.reasons import Reason

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEADER = "aftership-hmac-sha256"
SECRET = "your_webhook_secret"
SIGNATURE = "qX6JsdrebwaZBkPlqhoMkn1Cfd4C91pDfOVOD2L0N68="
EVENT = (
    b'{"event":"tracking_update","event_id":"94dadd60-ed26-46d0-aa52-3ced925a50ff","is_tracking_first_tag":true,'
    b'"msg":{"id":"00000000000000000000000000000000","tracking_number":"0000000000000000","slug":"usps",'
    b'"tag":"InTransit","subtag":"InTransit_001","subtag_message":"In Transit","title":"0000000000000000",'
    b'"order_number":"string","checkpoints":[{"checkpoint_time":"2021-01-14T00:52:00",'
    b'"message":"Departed Shipping Partner Facility, USPS Awaiting Item","slug":"usps","tag":"InTransit",'
    b'"subtag":"InTransit_001"}]},"ts":1712741696}'
)
SIGNED = payload(EVENT, headers={HEADER: SIGNATURE})

CHECKPOINT = {"checkpoint_time": "2026-11-22T09:30:00", "tag": "InTransit", "subtag": "InTransit_007"}
TRACKING = {"tracking_number": "A1", "checkpoints": [CHECKPOINT]}

STOPPED = Meaning(Status.ON_HOLD, Reason.OTHER)
CODES = {
    "Pending": Meaning(),
    **dict.fromkeys([f"Pending_00{number}" for number in range(1, 7)], Meaning()),
    **dict.fromkeys(["InfoReceived", "InfoReceived_001"], Meaning(Status.CREATED)),
    "InTransit": Meaning(Status.IN_TRANSIT),
    **dict.fromkeys([f"InTransit_00{number}" for number in range(1, 10)], Meaning(Status.IN_TRANSIT)),
    **dict.fromkeys([f"InTransit_01{number}" for number in range(1, 4)], Meaning(Status.IN_TRANSIT)),
    **dict.fromkeys(["OutForDelivery", "OutForDelivery_001"], Meaning(Status.OUT_FOR_DELIVERY)),
    **dict.fromkeys(["OutForDelivery_003", "OutForDelivery_004"], Meaning()),
    **dict.fromkeys(["AvailableForPickup", "AvailableForPickup_001"], Meaning(Status.READY_FOR_PICKUP)),
    **dict.fromkeys(["AttemptFail", "AttemptFail_001"], Meaning(Status.ATTEMPTED)),
    "AttemptFail_002": Meaning(Status.ATTEMPTED, Reason.NOBODY),
    "AttemptFail_003": Meaning(Status.ATTEMPTED, Reason.CLOSED),
    **dict.fromkeys(["Delivered", "Delivered_001"], Meaning(Status.DELIVERED)),
    "Delivered_002": Meaning(Status.DELIVERED, None, Handover.PICKUP_POINT),
    "Delivered_003": Meaning(Status.DELIVERED, None, Handover.RECIPIENT),
    "Delivered_004": Meaning(Status.DELIVERED, None, Handover.RECIPIENT),
    "Delivered_005": Meaning(Status.DELIVERED, None, Handover.NEIGHBOUR),
    "Exception": STOPPED,
    "Exception_001": STOPPED,
    "Exception_002": Meaning(Status.ON_HOLD, Reason.WRONG_ADDRESS),
    "Exception_003": Meaning(Status.ATTEMPTED, Reason.REFUSED),
    "Exception_004": Meaning(Status.ON_HOLD, Reason.CUSTOMS),
    "Exception_005": STOPPED,
    "Exception_006": Meaning(Status.ON_HOLD, Reason.PAYMENT),
    "Exception_007": Meaning(Status.ON_HOLD, Reason.WRONG_ADDRESS),
    "Exception_008": Meaning(Status.ON_HOLD, Reason.NOT_COLLECTED),
    "Exception_009": STOPPED,
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
    **dict.fromkeys(["Expired", "Expired_001"], Meaning()),
}


def event(*checkpoints: dict[str, Any], **fields: Any) -> Payload:
    return payload({"event": "tracking_update", "msg": TRACKING | {"checkpoints": checkpoints} | fields})


def told(**fields: Any) -> Update:
    (update,) = aftership.read(event(CHECKPOINT | fields)).updates
    return update


def meant(code: str) -> Meaning:
    tag, _, number = code.partition("_")
    update = told(tag=tag, subtag=code if number else None)
    assert (update.is_known, update.raw_code) == (True, code)
    return Meaning(update.status, update.reason, update.handover)


def estimated(**fields: Any) -> Estimate:
    return aftership.read(event(**fields)).estimates["A1"]


@pytest.mark.parametrize("secrets", [[SECRET], ["another", SECRET], [SECRET, "another"]])
def test_what_was_signed_with_a_live_secret_passes(secrets: list[str]) -> None:
    aftership.require_genuine(SIGNED, secrets=secrets, at=NOON)


@pytest.mark.parametrize("place", [0, len(EVENT) // 2, len(EVENT) - 1])
def test_one_flipped_byte_is_a_forgery(place: int) -> None:
    with pytest.raises(Forged):
        aftership.require_genuine(flipped(SIGNED, place), secrets=[SECRET], at=NOON)


@pytest.mark.parametrize("signature", ["", SIGNATURE.lower(), SIGNATURE.rstrip("="), "sha256=" + SIGNATURE])
def test_another_signature_is_a_forgery(signature: str) -> None:
    with pytest.raises(Forged):
        aftership.require_genuine(payload(EVENT, headers={HEADER: signature}), secrets=[SECRET], at=NOON)


@pytest.mark.parametrize("secrets", [[], [""], ["another"]])
def test_without_the_secret_everything_is_a_forgery(secrets: list[str]) -> None:
    with pytest.raises(Forged):
        aftership.require_genuine(SIGNED, secrets=secrets, at=NOON)


def test_the_sample_is_read_and_its_time_stays_the_local_one() -> None:
    (update,) = aftership.read(SIGNED).updates

    assert (update.tracking_number, update.occurred_at.isoformat()) == ("0000000000000000", "2021-01-14T00:52:00")
    assert (update.status, update.raw_code, update.is_known) == (Status.IN_TRANSIT, "InTransit_001", True)
    assert update.words == "Departed Shipping Partner Facility, USPS Awaiting Item"


def test_every_code_means_what_was_decided() -> None:
    assert dict(aftership.CODES) == CODES
    assert {code: meant(code) for code in CODES} == CODES


def test_an_unknown_tag_is_an_update_and_nothing_more() -> None:
    update = told(tag="Delivering", subtag="Delivering_001")

    assert (update.status, update.is_known, update.raw_code) == (None, False, "Delivering_001")


def test_an_unknown_subtag_is_noticed_and_costs_not_the_status() -> None:
    update = told(tag="Exception", subtag="Exception_099")

    assert (update.status, update.reason, update.is_known) == (Status.ON_HOLD, Reason.OTHER, False)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-22", "2026-11-22T00:00:00"),
        ("2026-11-22T09:30:00", "2026-11-22T09:30:00"),
        ("2026-11-22T09:30:00+02:00", "2026-11-22T09:30:00+02:00"),
        ("2026-11-22T09:30:00Z", "2026-11-22T09:30:00+00:00"),
    ],
)
def test_times_are_read_as_they_are_written(written: str, read: str) -> None:
    assert told(checkpoint_time=written).occurred_at.isoformat() == read


def test_the_same_checkpoint_in_other_words_is_the_same() -> None:
    plain = told(message="Departed", location="Memphis, TN, US")

    assert told(message="Parti", location="MEMPHIS TN US").external_id == plain.external_id
    assert (
        told(checkpoint_time="2026-11-22T09:30:00-06:00", location="Memphis, TN, US").external_id == plain.external_id
    )
    assert told(subtag="InTransit_003", location="Memphis, TN, US").external_id != plain.external_id


def test_a_checkpoint_with_a_name_of_its_own_keeps_it() -> None:
    assert (
        told(hash="f00d", message="Departed").external_id
        == told(hash="f00d", location="Turku").external_id
        == "A1:f00d"
    )


def test_checkpoints_are_put_in_order_and_a_bad_one_costs_none_of_the_others() -> None:
    early = CHECKPOINT | {"checkpoint_time": "2026-11-20", "location": None, "city": "Turku", "state": "FI-19"}

    reading = aftership.read(event(CHECKPOINT, {"tag": "Delivered"}, early))

    assert [update.place for update in reading.updates] == ["Turku, FI-19", ""]
    assert reading.problems == ("checkpoint 2: checkpoint_time: Field required",)


def test_the_newest_estimate_counts() -> None:
    window = {"datetime_min": "2026-11-24T14:00:00", "datetime_max": "2026-11-24T18:00:00"}
    courier = {"estimated_delivery_date": "2026-11-26"}

    assert estimated(latest_estimated_delivery=window, courier_estimated_delivery_date=courier) == Estimate(
        date(2026, 11, 24),
        datetime.fromisoformat("2026-11-24T14:00:00"),
        datetime.fromisoformat("2026-11-24T18:00:00"),
    )
    assert estimated(courier_estimated_delivery_date=courier, expected_delivery="2026-11-27") == Estimate(
        date(2026, 11, 26)
    )
    assert estimated(expected_delivery="2026-11-27T00:00:00Z") == Estimate(date(2026, 11, 27))


@pytest.mark.parametrize(
    "told_as",
    [
        {"type": "specific", "datetime": "2026-11-24"},
        {"datetime_min": "2026-11-22", "datetime_max": "2026-11-24"},
        {"datetime_min": "2026-11-24T00:00:00", "datetime_max": "2026-11-24T23:59:59"},
    ],
)
def test_an_estimate_without_a_time_is_the_last_day(told_as: dict[str, str]) -> None:
    assert estimated(latest_estimated_delivery=told_as) == Estimate(date(2026, 11, 24))


def test_an_estimate_that_cannot_be_read_costs_no_checkpoint() -> None:
    reading = aftership.read(event(CHECKPOINT, expected_delivery="soon"))

    assert (len(reading.updates), reading.estimates) == (1, {})
    assert reading.problems == ("estimate 1: expected_delivery: Value error, no moment by ISO 8601",)


def test_an_event_of_something_else_says_nothing() -> None:
    assert aftership.read(payload({"event": "return_update", "msg": {}})) == Reading()


def test_many_parcels_are_asked_for_at_once() -> None:
    questions = aftership.ask([Sought(f"A{number}") for number in range(51)], key="asat_1")

    assert questions[1] == Question(
        path="/tracking/2026-07/trackings?tracking_numbers=A50&limit=200", headers={"as-api-key": "asat_1"}
    )
    assert questions[0].path.startswith("/tracking/2026-07/trackings?tracking_numbers=A0%2CA1%2C")
    assert len(questions) == 2


def test_an_answer_of_several_trackings_is_read() -> None:
    trackings = [TRACKING, {"tracking_number": ""}, TRACKING | {"tracking_number": "A2"}]

    reading = aftership.read_answer(payload({"meta": {"code": 200}, "data": {"trackings": trackings}}))

    assert {update.tracking_number for update in reading.updates} == {"A1", "A2"}
    assert reading.problems == ("tracking 2: tracking_number: String should have at least 1 character",)


@pytest.mark.parametrize(
    "body",
    [*SPOILT, b"{}", b'{"event": "tracking_update"}', b'{"event": "tracking_update", "msg": {"tracking_number": 7}}'],
)
def test_what_is_not_the_format_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        aftership.read(payload(body))
    with pytest.raises(Unreadable):
        aftership.read_answer(payload(body))


@PATIENTLY
@given(st.binary() | with_holes({"event": "tracking_update", "msg": TRACKING, "data": {"trackings": [TRACKING]}}))
def test_whatever_comes_is_read_or_unreadable(body: object) -> None:
    assert_read_or_unreadable(aftership.read, body)
    assert_read_or_unreadable(aftership.read_answer, body)
