import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from requests.exceptions import ConnectionError as Dropped
from requests.exceptions import ReadTimeout
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from tests.twilio import signing
from tests.twilio.client import ACCOUNT, SENDER, TOKEN, Twilio

MAIJA = "+358401234567"
MATTI = "+358407654321"


@pytest.fixture
def api(twilio: Twilio) -> Client:
    """Talk to the stand-in through Twilio's own library."""
    return make_client(twilio, TOKEN)


def make_client(twilio: Twilio, token: str) -> Client:
    client = Client(ACCOUNT, token, http_client=TwilioHttpClient(timeout=0.5))
    client.api.base_url = twilio.url
    return client


def send(api: Client, to: str = MAIJA, body: str = "Hei", callback: str = "") -> MessageInstance:
    return api.messages.create(to=to, from_=SENDER, body=body, status_callback=callback)


def test_what_is_taken_is_answered_as_twilio_does_and_in_the_ledger(api: Client, twilio: Twilio) -> None:
    answer = send(api, body="x" * 161)

    assert (answer.status, answer.num_segments, answer.price) == ("queued", "2", None)
    [row] = twilio.ledger()
    assert (row["sid"], row["to"], row["body"]) == (answer.sid, MAIJA, "x" * 161)
    assert api.messages(answer.sid or "").fetch().to == MAIJA


def test_another_token_is_refused(twilio: Twilio) -> None:
    with pytest.raises(TwilioRestException) as refused:
        send(make_client(twilio, "guessed"))

    assert (refused.value.status, refused.value.code) == (401, 20003)
    assert twilio.ledger() == []


@pytest.mark.parametrize(
    ("faults", "to", "code"),
    [
        ({"opted_out": [MAIJA]}, MAIJA, 21610),
        ({"bad_numbers": [MAIJA]}, MAIJA, 21211),
        ({"landlines": [MAIJA]}, MAIJA, 21614),
        ({}, "0401234567", 21211),
    ],
)
def test_a_number_is_refused(api: Client, twilio: Twilio, faults: dict[str, list[str]], to: str, code: int) -> None:
    twilio.faults(**faults)

    with pytest.raises(TwilioRestException) as refused:
        send(api, to=to)

    assert (refused.value.status, refused.value.code) == (400, code)
    assert twilio.ledger() == []


def test_the_listing_has_the_latest_first_by_recipient_and_day(api: Client, twilio: Twilio) -> None:
    twilio.faults(listing_lag_s=0)
    sids = [send(api).sid for _ in range(3)]
    send(api, to=MATTI)
    yesterday, tomorrow = (datetime.now(UTC) + timedelta(days=days) for days in (-1, 1))

    listed = api.messages.list(to=MAIJA, date_sent_after=yesterday, page_size=2)

    assert [message.sid for message in listed] == sids[::-1]
    assert api.messages.list(to=MAIJA, date_sent_after=tomorrow) == []


def test_the_listing_lags(api: Client, twilio: Twilio) -> None:
    twilio.faults(listing_lag_s=0.5)
    send(api)

    assert api.messages.list(to=MAIJA) == []
    time.sleep(0.6)
    assert len(api.messages.list(to=MAIJA)) == 1


def test_a_dropped_call_was_taken(api: Client, twilio: Twilio) -> None:
    twilio.faults(drop_every=2)
    send(api)

    with pytest.raises(Dropped):
        send(api)

    assert len(twilio.ledger()) == 2
    assert [call["status"] for call in twilio.calls()] == [201, 0]


def test_of_the_hung_calls_every_other_one_was_taken(api: Client, twilio: Twilio) -> None:
    twilio.faults(hang_every=1)

    for _ in range(2):
        with pytest.raises(ReadTimeout):
            send(api)

    assert len(twilio.ledger()) == 1
    assert 0.4 < twilio.calls()[0]["lasted_s"] < 5


def test_a_failed_call_was_not_taken(api: Client, twilio: Twilio) -> None:
    twilio.faults(fail_every=1)

    with pytest.raises(TwilioRestException) as failed:
        send(api)

    assert failed.value.status == 500
    assert twilio.ledger() == []


def test_too_many_calls_are_told_when_to_come_again(twilio: Twilio) -> None:
    twilio.faults(rate_per_s=1, retry_after_s=2)
    form = {"To": MAIJA, "From": SENDER, "Body": "Hei"}
    address = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"

    first, second = (httpx.post(address, data=form, auth=(ACCOUNT, TOKEN)) for _ in range(2))

    assert first.status_code == 201
    assert (second.status_code, second.json()["code"], second.headers["Retry-After"]) == (429, 20429, "2")
    assert len(twilio.ledger()) == 1


def test_statuses_are_reported_to_who_asked(api: Client, twilio: Twilio) -> None:
    twilio.faults(reports=["sent", "delivered"], doubled=True, early=True, undelivered_every=2)
    nowhere = f"{twilio.url}/nowhere"

    first, second = (send(api, callback=nowhere).sid for _ in range(2))

    assert [(report["sid"], report["status"], report["answer"]) for report in twilio.reports()] == [
        *[(first, status, 404) for status in ("sent", "sent", "delivered", "delivered")],
        *[(second, status, 404) for status in ("sent", "sent", "undelivered", "undelivered")],
    ]
    assert [row["error_code"] for row in twilio.ledger()] == [None, 30003]


def test_the_signature_is_twilios() -> None:
    form = {"To": "+18005551212", "Digits": "1234", "Caller": "+14158675310"}
    url = "https://example.com/myapp.php?foo=1&bar=2"

    signature = signing.sign("12345", url, form)

    assert RequestValidator("12345").validate(url, form, signature)
