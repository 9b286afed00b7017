from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from notifications import gateways
from notifications.models import Consent, Inbound, Meaning, Notification, State
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_shipment
from tests.twilio import signing

pytestmark = pytest.mark.django_db

TOKEN = "12345"
STATUS = "/hooks/twilio/status/"
INBOUND = "/hooks/twilio/inbound/"
SID = "SM00000000000000000000000000000001"
PHONE = "+358401234567"
FORM = "application/x-www-form-urlencoded"

REPORTED = {
    "AccountSid": "AC00000000000000000000000000000000",
    "From": "+15005550006",
    "MessageSid": SID,
    "MessageStatus": "delivered",
    "To": PHONE,
}
WRITTEN = {
    "AccountSid": "AC00000000000000000000000000000000",
    "Body": "Where is it? äö €",
    "From": PHONE,
    "MessageSid": SID,
    "NumMedia": "",
    "To": "+15005550006",
}


@pytest.fixture(autouse=True)
def _token(settings: Settings) -> None:
    settings.TWILIO_AUTH_TOKEN = TOKEN


def make_text(**fields: Any) -> Notification:
    shipment = make_shipment()
    known = {
        "brand": shipment.brand,
        "shipment": shipment,
        "trigger": Trigger.ON_THE_WAY,
        "channel": Channel.SMS,
        "recipient": PHONE,
        "language": "en",
        "state": State.SENT,
        "created_at": NOON,
        "due_at": NOON,
        "expires_at": NOON,
    }
    return Notification.objects.create(**{**known, **fields})


def post(path: str, body: bytes | dict[str, str], signature: str, *, content_type: str = FORM) -> Any:
    content = body if isinstance(body, bytes) else urlencode(body).encode()
    headers = {"X-Twilio-Signature": signature} if signature else {}
    return Client(enforce_csrf_checks=True, raise_request_exception=False).generic(
        "POST", path, content, content_type=content_type, headers=headers
    )


def post_signed(path: str, form: dict[str, str], *, token: str = TOKEN) -> Any:
    return post(path, form, signing.sign(token, f"http://testserver{path}", form))


def stored() -> tuple[int, set[str]]:
    return Inbound.objects.count(), set(Notification.objects.values_list("provider_status", flat=True))


def test_the_stand_in_signs_as_twilios_own_example_has_it() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }

    signature = signing.sign(TOKEN, "https://mycompany.com/myapp.php?foo=1&bar=2", form)

    assert signature == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize(
    ("base_url", "signature"),
    [
        ("http://track.example", "xWtqD31dufsqN1cahnb/xOug78g="),
        ("http://track.example", "TeRzQs9ma5rarUez7IotF+jBdUI="),  # with :80
        ("http://track.example:80", "xWtqD31dufsqN1cahnb/xOug78g="),  # without
        ("https://track.example", "XT4oHHL66TRhWBl9z5AhLJzq9/c="),
        ("https://track.example", "sNF45D2GGvy2A3pBArFLVNgt3FA="),  # with :443
        ("https://track.example:443", "XT4oHHL66TRhWBl9z5AhLJzq9/c="),  # without
        ("https://track.example:443", "sNF45D2GGvy2A3pBArFLVNgt3FA="),
        ("http://track.example:1234", "ltaHWN0ec2C9Tg8CtYIJNEPEEto="),
        ("http://track.example:1234", "xWtqD31dufsqN1cahnb/xOug78g="),  # without
        ("https://track.example:1234", "3rLRxba1+NsAIl2t2AQOWcF6Vgw="),
    ],
)
def test_the_public_address_is_what_is_signed_whoever_passed_it_on(
    settings: Settings, base_url: str, signature: str
) -> None:
    settings.BASE_URL = base_url

    assert post(INBOUND, WRITTEN, signature).status_code == 200
    assert Inbound.objects.get().body == WRITTEN["Body"]


@pytest.mark.parametrize(
    ("base_url", "signature"),
    [
        ("http://track.example", "sDMwHfmPSt2rgEwAdpeeJRkCq7Y="),
        ("https://track.example", "cBr42t2DOKO9vCwBnU4kYaZLSbQ="),
        ("https://track.example", "Qqn5zjk3tpiG/l+fVHGxpyTnahw="),  # with :443
        ("https://track.example:1234", "L/PIQMVu0CNQymRv2Jd+DD0eFx8="),
    ],
)
def test_what_is_asked_of_the_address_is_signed_too(settings: Settings, base_url: str, signature: str) -> None:
    settings.BASE_URL = base_url
    text = make_text(id=7)

    assert post(f"{STATUS}?notification=7", REPORTED, signature).status_code == 204
    assert post(f"{STATUS}?notification=8", REPORTED, signature).status_code == 403
    assert post(STATUS, REPORTED, signature).status_code == 403

    text.refresh_from_db()
    assert text.state == State.DELIVERED


@pytest.mark.parametrize("base_url", ["https://track.example", "https://track.example:1234", "http://other.example"])
def test_a_signature_for_another_address_counts_for_nothing(settings: Settings, base_url: str) -> None:
    settings.BASE_URL = base_url

    assert post(INBOUND, WRITTEN, "xWtqD31dufsqN1cahnb/xOug78g=").status_code == 403
    assert stored() == (0, set())


def test_one_flipped_byte_is_refused_and_nothing_stored(settings: Settings) -> None:
    settings.BASE_URL = "http://track.example"
    signature, body = "xWtqD31dufsqN1cahnb/xOug78g=", urlencode(WRITTEN).encode()

    for place in range(len(body)):
        flipped = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert post(INBOUND, flipped, signature).status_code == 403, flipped
    for place in range(len(signature)):
        flipped_signature = signature[:place] + chr(ord(signature[place]) ^ 1) + signature[place + 1 :]
        assert post(INBOUND, body, flipped_signature).status_code == 403, flipped_signature

    assert stored() == (0, set())
    assert post(INBOUND, body, signature).status_code == 200


@pytest.mark.parametrize("signature", ["", "nonsense", "ä", "=" * 28, "x" * 10_000])
def test_without_a_good_signature_nothing_is_stored(signature: str) -> None:
    make_text(id=7)

    for path, form in ((INBOUND, WRITTEN), (f"{STATUS}?notification=7", REPORTED)):
        answer = post(path, form, signature)
        assert answer.status_code == 403
        assert answer.json() == {"error": "The signature is missing or wrong."}

    assert stored() == (0, {""})


def test_without_a_token_nobody_is_believed(settings: Settings) -> None:
    settings.TWILIO_AUTH_TOKEN = ""

    assert post_signed(INBOUND, WRITTEN, token="").status_code == 403
    assert post_signed(INBOUND, WRITTEN).status_code == 403
    assert stored() == (0, set())


def test_a_second_provider_is_believed_by_its_own_token(settings: Settings) -> None:
    settings.TWILIO_BACKUP_AUTH_TOKEN = "67890"

    assert post_signed(INBOUND, WRITTEN, token="67890").status_code == 200
    assert post_signed(INBOUND, {**WRITTEN, "MessageSid": "SM2"}).status_code == 200
    assert post_signed(INBOUND, {**WRITTEN, "MessageSid": "SM3"}, token="54321").status_code == 403
    assert Inbound.objects.count() == 2


@pytest.mark.sqlite
def test_a_report_settles_its_message(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    text = make_text()
    path = f"{STATUS}?notification={text.id}"

    with django_assert_num_queries(3):
        answer = post_signed(path, {**REPORTED, "MessageStatus": "sent"})
    assert (answer.status_code, answer.content) == (204, b"")
    post_signed(path, {**REPORTED, "MessageStatus": "undelivered", "ErrorCode": "30003"})

    text.refresh_from_db()
    assert (text.state, text.provider_id, text.error_code) == (State.FAILED, SID, "30003")


@pytest.mark.sqlite
@pytest.mark.parametrize(("prefix", "channel"), [("", Channel.SMS), ("whatsapp:", Channel.WHATSAPP)])
def test_a_message_from_a_phone_is_kept_once(prefix: str, channel: Channel) -> None:
    form = {**WRITTEN, "From": f"{prefix}{PHONE}"}

    answers = [post_signed(INBOUND, form) for _ in range(2)]

    for answer in answers:
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml")
        assert answer.content == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
    inbound = Inbound.objects.get()
    assert (inbound.channel, inbound.sender, inbound.body) == (channel, PHONE, WRITTEN["Body"])
    assert (inbound.provider_id, inbound.meaning) == (SID, Meaning.KEPT)


def test_a_stop_that_arrives_here_stops_what_waits() -> None:
    text = make_text(state=State.PENDING)

    post_signed(INBOUND, {**WRITTEN, "Body": " Stop "})

    text.refresh_from_db()
    assert text.state == State.SKIPPED
    assert not Consent.objects.get(channel=Channel.SMS, address=PHONE).is_given


@pytest.mark.parametrize("sender", ["Telia", "18400", "Posti & Co.", "Ääni-kirja"])
def test_a_sender_need_not_have_a_number(sender: str) -> None:
    assert post_signed(INBOUND, {**WRITTEN, "From": sender}).status_code == 200
    assert Inbound.objects.get().sender == sender


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        (STATUS, REPORTED, 400),
        (f"{STATUS}?notification=", REPORTED, 400),
        (f"{STATUS}?notification=-1", REPORTED, 400),
        (f"{STATUS}?notification=seven", REPORTED, 400),
        (f"{STATUS}?notification=%D9%A7", REPORTED, 400),
        (f"{STATUS}?notification={'9' * 5000}", REPORTED, 400),
        (f"{STATUS}?notification={'9' * 18}", REPORTED, 404),
        (f"{STATUS}?notification=0", REPORTED, 404),
        (f"{STATUS}?notification=7", {**REPORTED, "MessageSid": ""}, 400),
        (f"{STATUS}?notification=7", {**REPORTED, "MessageSid": "SM\0"}, 400),
        (f"{STATUS}?notification=7", {**REPORTED, "MessageSid": "S" * 101}, 400),
        (f"{STATUS}?notification=7", {**REPORTED, "ErrorCode": "' OR 1=1"}, 400),
        (f"{STATUS}?notification=7", {**REPORTED, "ErrorCode": "9" * 100}, 400),
        (f"{STATUS}?notification=7", {**REPORTED, "MessageStatus": "\0" * 1000}, 204),
        (f"{STATUS}?notification=7", {**REPORTED, "MessageStatus": ""}, 204),
        (INBOUND, {}, 400),
        (INBOUND, {**WRITTEN, "MessageSid": ""}, 400),
        (INBOUND, {**WRITTEN, "From": ""}, 400),
        (INBOUND, {**WRITTEN, "From": "whatsapp:"}, 400),
        (INBOUND, {**WRITTEN, "From": "+358\0"}, 400),
        (INBOUND, {**WRITTEN, "From": "+" + "3" * 30}, 400),
    ],
)
def test_what_is_signed_and_makes_no_sense_is_told_so(path: str, form: dict[str, str], status: int) -> None:
    make_text(id=7)

    answer = post_signed(path, form)

    assert answer.status_code == status
    if status >= 400:
        assert list(answer.json()) == ["error"]
    assert stored() == (0, {""})


@pytest.mark.parametrize("body", ["", "\0", "a\0b", "\ud7ff\U0001f4e6" * 400, "x" * 30_000, "%00%ff"])
def test_whatever_a_phone_writes_is_taken(body: str) -> None:
    assert post_signed(INBOUND, {**WRITTEN, "Body": body}).status_code == 200
    assert Inbound.objects.get().body == body.replace("\0", "")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", FORM, 403),
        (b"\xff\xfe\x00", FORM, 403),
        (b"%ff=%fe&%00=%00", FORM, 403),
        (b"&&&===&", FORM, 403),
        (b'{"MessageSid": "SM1"}', "application/json", 403),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x", 403),
        (b"a=1", "", 403),
        (b"a=1&" * 2000, FORM, 400),
        (b"a" * 65_537, FORM, 413),
    ],
)
@pytest.mark.parametrize("path", [STATUS, INBOUND])
def test_nonsense_is_refused(path: str, body: bytes, content_type: str, status: int) -> None:
    assert post(path, body, "nonsense", content_type=content_type).status_code == status
    assert stored() == (0, set())


@pytest.mark.parametrize("path", [STATUS, INBOUND])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_a_post_says_anything(path: str, method: str) -> None:
    assert Client().generic(method, path).status_code == 405


def test_twilio_is_told_the_address_that_there_is() -> None:
    assert reverse("notifications:twilio_status") == gateways.STATUS_PATH


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_a_log_knows_neither_numbers_nor_texts(caplog: pytest.LogCaptureFixture, level: str) -> None:
    text = make_text(id=7)

    with caplog.at_level(level):
        post_signed(INBOUND, WRITTEN)
        post_signed(INBOUND, {**WRITTEN, "From": ""})
        post_signed(f"{STATUS}?notification=7", {**REPORTED, "MessageStatus": "failed", "ErrorCode": "30007"})
        post(INBOUND, WRITTEN, "nonsense")

    assert f"message {text.id}" in caplog.text
    for secret in ("401234567", "Where is it", TOKEN, SID):
        assert secret not in caplog.text
