"""Doorstep's own format. The vector of its signature is the one that Standard Webhooks' own libraries are tested by."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from carriers.formats import generic
from carriers.formats.said import Estimate, Forged, Meaning, Payload, Reading, Unreadable, Update
from tests.carriers.payloads import (
    PATIENTLY,
    SPOILT,
    assert_read_or_unreadable,
    flipped,
    payload,
    with_holes,
)
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.reasons import Reason

# standard-webhooks/standard-webhooks, libraries/python/tests/test_webhooks.py and its siblings in other languages.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
SIGNED = payload(
    b'{"test": 2432232314}',
    headers={
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
)
SIGNED_AT = datetime.fromtimestamp(1614265330, tz=UTC)

HELSINKI = timezone(timedelta(hours=2))
UPDATE = {"tracking_number": "P-1", "occurred_at": "2026-11-22T09:30:00+02:00", "status": "in_transit"}


def said(*updates: dict[str, Any], **more: Any) -> Payload:
    return payload({"updates": updates} | more)


def told(**fields: Any) -> Update:
    (update,) = generic.read(said(UPDATE | fields)).updates
    return update


def test_the_vector_of_standard_webhooks_passes() -> None:
    generic.require_genuine(SIGNED, secrets=[SECRET], at=SIGNED_AT)


def test_either_of_two_live_secrets_will_do() -> None:
    generic.require_genuine(SIGNED, secrets=[OTHER_SECRET, SECRET], at=SIGNED_AT)
    generic.require_genuine(SIGNED, secrets=[SECRET, OTHER_SECRET], at=SIGNED_AT)


def test_one_good_signature_of_several_will_do() -> None:
    signature = SIGNED.headers["webhook-signature"]
    several = {**SIGNED.headers, "webhook-signature": f"v1a,bm9uZQ== v1,Y2VudA== {signature}"}

    generic.require_genuine(Payload(SIGNED.body, several, {}), secrets=[SECRET], at=SIGNED_AT)


def test_what_the_package_signs_passes() -> None:
    body = said(UPDATE | {"place": "Jyväskylä"}).body
    signature = Webhook(OTHER_SECRET).sign("msg_1", SIGNED_AT, body.decode())
    headers = {**SIGNED.headers, "webhook-id": "msg_1", "webhook-signature": signature}

    generic.require_genuine(Payload(body, headers, {}), secrets=[OTHER_SECRET], at=SIGNED_AT)


@pytest.mark.parametrize("place", range(len(SIGNED.body)))
def test_one_flipped_byte_is_a_forgery(place: int) -> None:
    with pytest.raises(Forged):
        generic.require_genuine(flipped(SIGNED, place), secrets=[SECRET], at=SIGNED_AT)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_what_was_signed_at_another_time_is_a_forgery(minutes: int) -> None:
    with pytest.raises(Forged, match="another time"):
        generic.require_genuine(SIGNED, secrets=[SECRET], at=SIGNED_AT + timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [-5, 5])
def test_clocks_may_be_five_minutes_apart(minutes: int) -> None:
    generic.require_genuine(SIGNED, secrets=[SECRET], at=SIGNED_AT + timedelta(minutes=minutes))


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", ["", "0", "nan", "9" * 30, "v1,"])
def test_a_header_that_is_not_as_it_was_is_a_forgery(header: str, value: str) -> None:
    with pytest.raises(Forged):
        generic.require_genuine(
            Payload(SIGNED.body, {**SIGNED.headers, header: value}, {}), secrets=[SECRET], at=SIGNED_AT
        )


@pytest.mark.parametrize("secrets", [[], [""], ["whsec_"], ["whsec_!"], [OTHER_SECRET]])
def test_without_the_secret_everything_is_a_forgery(secrets: list[str]) -> None:
    with pytest.raises(Forged):
        generic.require_genuine(SIGNED, secrets=secrets, at=SIGNED_AT)


def test_an_empty_key_signs_nothing() -> None:
    # HMAC fills a short key up with zeros: this one signs as an empty one does.
    signature = Webhook(b"\0").sign("msg_1", SIGNED_AT, "{}")
    headers = {**SIGNED.headers, "webhook-id": "msg_1", "webhook-signature": signature}

    with pytest.raises(Forged):
        generic.require_genuine(Payload(b"{}", headers, {}), secrets=["whsec_"], at=SIGNED_AT)


def test_all_that_is_said_of_an_update_is_taken() -> None:
    update = told(
        id="scan-7",
        corrects="scan-6",
        status="delivered",
        reason="nobody",
        handover="neighbour",
        code="DL-02",
        place="Mannerheimintie 1",
        message="Left with the neighbour",
    )

    assert update == Update(
        external_id="scan-7",
        tracking_number="P-1",
        occurred_at=datetime(2026, 11, 22, 9, 30, tzinfo=HELSINKI),
        raw_code="DL-02",
        status=Status.DELIVERED,
        reason=Reason.NOBODY,
        handover=Handover.NEIGHBOUR,
        place="Mannerheimintie 1",
        words="Left with the neighbour",
        voids="scan-6",
    )


def test_every_status_of_ours_means_itself() -> None:
    assert dict(generic.CODES) == {"": Meaning()} | {status.value: Meaning(status) for status in Status}
    assert [told(status=status.value).status for status in Status] == list(Status)


def test_every_reason_and_handover_of_ours_is_taken() -> None:
    assert [told(reason=reason.value).reason for reason in Reason] == list(Reason)
    assert [told(status="delivered", handover=it.value).handover for it in Handover] == list(Handover)


@pytest.mark.parametrize("status", ["Delivered", "DELIVERED", "handed over", "17"])
def test_a_status_that_is_not_ours_is_an_update_and_nothing_more(status: str) -> None:
    update = told(status=status)

    assert (update.status, update.is_known, update.raw_code) == (None, False, status)


def test_an_update_without_a_status_is_known_to_be_no_step() -> None:
    update = told(status=None, code="NOTE")

    assert (update.status, update.is_known, update.raw_code) == (None, True, "NOTE")


@pytest.mark.parametrize("fields", [{"reason": "the cat"}, {"status": "delivered", "handover": "the cat"}])
def test_a_word_that_is_not_ours_is_noticed_and_costs_not_the_status(fields: dict[str, str]) -> None:
    update = told(**fields)

    assert (update.status, update.is_known, update.reason, update.handover) == (
        Status(fields.get("status", "in_transit")),
        False,
        None,
        None,
    )


def test_nobody_took_what_was_not_delivered() -> None:
    assert told(status="attempted", handover="neighbour").handover is None


def test_updates_are_put_in_order_and_the_local_time_stays_local() -> None:
    late, early = UPDATE | {"occurred_at": "2026-11-22T12:00"}, UPDATE | {"occurred_at": "2026-11-22"}

    reading = generic.read(said(late, UPDATE, early))

    assert [update.occurred_at for update in reading.updates] == [
        datetime.fromisoformat("2026-11-22T00:00"),
        datetime(2026, 11, 22, 9, 30, tzinfo=HELSINKI),
        datetime.fromisoformat("2026-11-22T12:00"),
    ]


def test_several_parcels_have_updates_and_estimates_of_their_own() -> None:
    reading = generic.read(
        said(
            UPDATE,
            UPDATE | {"tracking_number": "P-2"},
            estimates=[
                {"tracking_number": "P-1", "date": "2026-11-23"},
                {"tracking_number": "P-1", "date": "2026-11-24"},
                {
                    "tracking_number": "P-2",
                    "date": "2026-11-25",
                    "start": "2026-11-25T14:00:00+02:00",
                    "end": "2026-11-25T16:00:00+02:00",
                },
            ],
        )
    )

    assert {update.tracking_number for update in reading.updates} == {"P-1", "P-2"}
    assert len({update.external_id for update in reading.updates}) == 2
    assert reading.estimates == {
        "P-1": Estimate(date(2026, 11, 24)),
        "P-2": Estimate(
            date(2026, 11, 25),
            datetime(2026, 11, 25, 14, tzinfo=HELSINKI),
            datetime(2026, 11, 25, 16, tzinfo=HELSINKI),
        ),
    }


@pytest.mark.parametrize(
    "times",
    [
        {"start": "2026-11-25T14:00:00"},
        {"end": "2026-11-25T14:00:00"},
        {"start": "2026-11-25T14:00:00", "end": "2026-11-25T14:00:00"},
        {"start": "2026-11-25T14:00:00", "end": "2026-11-25T16:00:00+02:00"},
        {"start": "2026-11-24T14:00:00", "end": "2026-11-25T16:00:00"},
    ],
)
def test_an_estimate_without_a_time_on_its_day_is_a_day(times: dict[str, str]) -> None:
    reading = generic.read(said(estimates=[{"tracking_number": "P-1", "date": "2026-11-25"} | times]))

    assert reading.estimates == {"P-1": Estimate(date(2026, 11, 25))}


def test_a_bad_update_costs_none_of_the_others() -> None:
    reading = generic.read(
        said(
            UPDATE | {"occurred_at": "yesterday"},
            UPDATE,
            UPDATE | {"tracking_number": "7" * 61},
            UPDATE | {"occurred_at": "1970-01-01T00:00:00Z"},
            estimates=[{"tracking_number": "P-1", "date": "soon"}],
        )
    )

    assert [update.tracking_number for update in reading.updates] == ["P-1"]
    assert reading.problems == (
        "update 1: occurred_at: Value error, no moment by ISO 8601",
        "update 3: tracking_number: String should have at most 60 characters",
        "update 4: occurred_at: Value error, not of our time",
        "estimate 1: date: Value error, no moment by ISO 8601",
    )


def test_the_same_told_in_other_words_is_the_same() -> None:
    told_again = UPDATE | {"message": "In trasporto", "place": "HELSINKI 00100", "occurred_at": "2026-11-22T09:30:00.5"}

    reading = generic.read(said(UPDATE | {"message": "In transit", "place": "Helsinki, 00100"}, told_again))

    assert len(reading.updates) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"tracking_number": "P-2"},
        {"occurred_at": "2026-11-22T09:30:01+02:00"},
        {"status": "at_hub"},
        {"place": "Turku"},
    ],
)
def test_something_else_is_something_else(other: dict[str, str]) -> None:
    assert told(**other).external_id != told().external_id


def test_what_is_too_long_is_cut_and_an_id_is_not() -> None:
    update = told(id="a" * 101, corrects="a" * 101, code="c" * 101, place="p" * 101, message="m" * 501)
    other = told(id="a" * 100 + "b")

    assert (len(update.raw_code), len(update.place), len(update.words)) == (100, 100, 500)
    assert update.external_id == update.voids != other.external_id
    assert len(update.external_id) == 64


def test_signs_that_no_database_bears_are_left_out() -> None:
    update = told(place="Hel\0sinki\n\tKallio", code="A\x1fB")

    assert (update.place, update.raw_code) == ("Hel sinki Kallio", "A B")


def test_no_updates_are_a_try_out() -> None:
    assert generic.read(payload({"updates": []})) == Reading()


@pytest.mark.parametrize("body", [*SPOILT, b"{}", b'{"updates": {}}', b'{"updates": ["\\ud800"]}'])
def test_what_is_not_the_format_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        generic.read(payload(body))


@PATIENTLY
@given(st.binary() | with_holes({"updates": [UPDATE | {"id": "", "reason": "nobody"}], "estimates": []}))
def test_whatever_comes_is_read_or_unreadable(body: object) -> None:
    assert_read_or_unreadable(generic.read, body)
