import json
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
from pytest_django import Settings

from notifications import gateways
from notifications.gateways import twilio as module
from notifications.gateways.outcomes import Accepted, Message, Refused, Unavailable, Uncertain
from notifications.gateways.twilio import Account, TwilioGateway
from notifications.triggers import Channel
from tests.notifications import strange
from tests.twilio.client import SENDER, Twilio

PHONE = "+358401234567"
TEXT = "Kauppa: your delivery comes today. https://track.example/t/abc/#4f1d22c90a"
CALLBACK = "https://track.example/hooks/twilio/status/"
SID = f"SM{'1' * 32}"
TAKEN = {
    "sid": SID,
    "status": "queued",
    "body": TEXT,
    "date_sent": None,
    "price": None,
    "price_unit": "USD",
    "error_code": None,
}


def make_message(**fields: Any) -> Message:
    known = {
        "notification_id": 7,
        "channel": Channel.SMS,
        "recipient": PHONE,
        "marker": "4f1d22c90a",
        "text": TEXT,
        "called_at": datetime.now(UTC),
    }
    return Message(**{**known, **fields})


def make_gateway(base_url: str, **fields: Any) -> TwilioGateway:
    known = {
        "name": "twilio",
        "sid": Twilio("").account,
        "token": Twilio("").token,
        "base_url": base_url,
        "callback_url": CALLBACK,
        "sender": SENDER,
        "whatsapp_sender": "+15005550007",
    }
    return TwilioGateway(Account(**{**known, **fields}))


def posted(twilio: Twilio) -> list[dict[str, str]]:
    return [row["form"] for row in twilio.ledger()]


def test_a_text_is_handed_over(twilio: Twilio) -> None:
    taken = make_gateway(twilio.url).send(make_message(seconds_left=540))

    [row] = twilio.ledger()
    assert taken == Accepted(provider_id=row["sid"], status="queued")
    assert row["form"] == {
        "To": PHONE,
        "From": SENDER,
        "Body": TEXT,
        "StatusCallback": f"{CALLBACK}?notification=7",
        "ValidityPeriod": "540",
    }


@pytest.mark.parametrize(
    ("own", "installation", "expected"),
    [
        ("", SENDER, {"From": SENDER}),
        ("", f"MG{'0' * 32}", {"MessagingServiceSid": f"MG{'0' * 32}"}),
        ("Kauppa", f"MG{'0' * 32}", {"From": "Kauppa"}),
        (f"MG{'1' * 32}", SENDER, {"MessagingServiceSid": f"MG{'1' * 32}"}),
    ],
)
def test_a_text_goes_out_under_the_brands_own_sender_where_it_has_one(
    twilio: Twilio, own: str, installation: str, expected: dict[str, str]
) -> None:
    make_gateway(twilio.url, sender=installation).send(make_message(sender=own))

    [form] = posted(twilio)
    assert {name: form[name] for name in ("From", "MessagingServiceSid") if name in form} == expected


def test_a_second_provider_knows_no_senders_of_brands(twilio: Twilio) -> None:
    make_gateway(twilio.url, has_brands=False).send(make_message(sender="Kauppa"))

    assert posted(twilio)[0]["From"] == SENDER


@pytest.mark.parametrize(("seconds_left", "expected"), [(0, None), (-5, "1"), (36_001, "36000")])
def test_a_text_is_worth_sending_for_as_long_as_twilio_can_say(
    twilio: Twilio, seconds_left: int, expected: str | None
) -> None:
    make_gateway(twilio.url).send(make_message(seconds_left=seconds_left))

    assert posted(twilio)[0].get("ValidityPeriod") == expected


def test_whatsapp_gets_free_text_where_there_is_no_template(twilio: Twilio) -> None:
    make_gateway(twilio.url).send(make_message(channel=Channel.WHATSAPP))

    [form] = posted(twilio)
    assert form["To"] == f"whatsapp:{PHONE}"
    assert form["From"] == "whatsapp:+15005550007"
    assert form["Body"] == TEXT


def test_whatsapp_gets_a_template_with_its_variables(twilio: Twilio) -> None:
    variables = {"1": "Kauppa", "2": "klo 14–15", "3": "abc/#4f1d22c90a"}
    message = make_message(channel=Channel.WHATSAPP, content_sid="HX1", content_variables=variables)

    make_gateway(twilio.url).send(message)

    [form] = posted(twilio)
    assert "Body" not in form
    assert form["ContentSid"] == "HX1"
    assert json.loads(form["ContentVariables"]) == variables


def test_a_refusal_is_final_and_names_twilios_code_alone(twilio: Twilio) -> None:
    twilio.faults(landlines=[PHONE])

    with pytest.raises(Refused) as refusal:
        make_gateway(twilio.url).send(make_message())

    assert refusal.value.code == "21614"
    assert PHONE not in str(refusal.value)
    assert posted(twilio) == []


def test_too_many_requests_are_safe_to_repeat_after_a_while(twilio: Twilio) -> None:
    twilio.faults(rate_per_s=1, retry_after_s=3)
    gateway = make_gateway(twilio.url)
    gateway.send(make_message())

    with pytest.raises(Unavailable) as refusal:
        gateway.send(make_message())

    assert refusal.value.is_busy
    assert refusal.value.retry_after_seconds == 3.0
    assert len(posted(twilio)) == 1


@pytest.mark.parametrize("fault", [{"drop_every": 1}, {"fail_every": 1}, {"fail_every": 1, "fail_takes": True}])
def test_without_an_answer_the_message_may_have_been_taken(twilio: Twilio, fault: dict[str, Any]) -> None:
    twilio.faults(**fault)

    with pytest.raises(Uncertain):
        make_gateway(twilio.url).send(make_message())


def test_a_provider_that_hangs_is_not_waited_for(twilio: Twilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALL_SECONDS", 0.3)
    twilio.faults(hang_every=1)
    begun = time.monotonic()

    with pytest.raises(Uncertain):
        make_gateway(twilio.url).send(make_message())

    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:9", "http://nowhere.invalid"])
def test_where_there_is_no_connection_the_message_was_not_taken(base_url: str) -> None:
    with pytest.raises(Unavailable) as away:
        make_gateway(base_url).send(make_message())

    assert not away.value.is_busy


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        ("400 Bad Request", b'{"code": 21610}', Refused("21610")),
        ("400 Bad Request", b'{"code": 99999}', Refused("99999")),
        ("429 Too Many Requests", b"slow down", Unavailable(is_busy=True)),
        ("400 Bad Request", b'{"code": 21611}', Unavailable(is_busy=True)),
        ("401 Unauthorized", b'{"code": 20003}', Unavailable()),
        ("403 Forbidden", b'{"code": 20005}', Unavailable()),
        ("404 Not Found", b'{"code": 20404}', Unavailable()),
        ("404 Not Found", b"<h1>nginx</h1>", Unavailable()),
        ("413 Content Too Large", b'["code"]', Unavailable()),
        ("400 Bad Request", b"[" * 100_000, Unavailable()),
        ("408 Request Timeout", b"", Uncertain()),
        ("301 Moved Permanently", b"", Uncertain()),
        ("500 Internal Server Error", b'{"code": 20500}', Uncertain()),
        ("503 Service Unavailable", b"", Uncertain()),
        ("201 Created", b"", Uncertain()),
        ("201 Created", b"<h1>Welcome to the hotel's network</h1>", Uncertain()),
        ("201 Created", b"[]", Uncertain()),
        ("201 Created", b"null", Uncertain()),
        ("201 Created", b"{}", Uncertain()),
        ("201 Created", b'{"sid": 5}', Uncertain()),
        ("201 Created", b'{"sid": "SM1", "date_sent": 5}', Uncertain()),
        ("201 Created", b"[" * 100_000, Uncertain()),
    ],
)
def test_only_twilios_own_word_is_final(status: str, body: bytes, expected: Refused | Unavailable | Uncertain) -> None:
    with strange.provider(strange.answering(body, status)) as base_url, pytest.raises(type(expected)) as end:
        make_gateway(base_url).send(make_message())

    assert getattr(end.value, "code", "") == getattr(expected, "code", "")
    assert getattr(end.value, "is_busy", None) == getattr(expected, "is_busy", None)


@pytest.mark.parametrize(("retry_after", "expected"), [("7", 7.0), ("9" * 400, 3600.0), ("soon", None), ("-1", None)])
def test_how_long_to_wait_is_believed_within_reason(retry_after: str, expected: float | None) -> None:
    busy = strange.answering(b"{}", "429 Too Many Requests", f"Retry-After: {retry_after}")

    with strange.provider(busy) as base_url, pytest.raises(Unavailable) as refusal:
        make_gateway(base_url).send(make_message())

    assert refusal.value.retry_after_seconds == expected


def test_what_a_message_costs_is_read_where_twilio_says_so() -> None:
    taken = {**TAKEN, "price": "-0.00750", "price_unit": "eur"}

    with strange.provider(strange.answering(json.dumps(taken).encode())) as base_url:
        accepted = make_gateway(base_url).send(make_message())

    assert accepted == Accepted(provider_id=SID, status="queued", cost=Decimal("0.00750"), currency="EUR")


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_a_message_that_was_taken_is_found(twilio: Twilio, channel: Channel) -> None:
    twilio.faults(drop_every=2, listing_lag_s=0)
    gateway = make_gateway(twilio.url)
    message = make_message(channel=channel)
    gateway.send(replace(message, marker="another", text="another"))
    with pytest.raises(Uncertain):
        gateway.send(message)

    assert gateway.find(message) == Accepted(provider_id=twilio.ledger()[1]["sid"], status="queued")


def test_a_message_that_was_not_taken_is_not_found(twilio: Twilio) -> None:
    twilio.faults(listing_lag_s=0)
    gateway = make_gateway(twilio.url)
    gateway.send(make_message())

    assert gateway.find(make_message(marker="another")) is None
    assert gateway.find(make_message(recipient="+358409999999")) is None


def test_a_message_that_the_listing_does_not_show_yet_is_not_found(twilio: Twilio) -> None:
    gateway = make_gateway(twilio.url)
    gateway.send(make_message())

    assert gateway.find(make_message()) is None


def test_a_message_is_found_on_a_later_page(twilio: Twilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MESSAGES_PER_PAGE", 2)
    twilio.faults(listing_lag_s=0)
    gateway = make_gateway(twilio.url)
    first = gateway.send(make_message())
    for number in range(4):
        gateway.send(make_message(marker=f"later {number}", text=f"later {number}"))

    assert gateway.find(make_message()) == first


def listing(taken: Sequence[dict[str, Any]], asked: list[str]) -> strange.Behaviour:
    """List these, one a page, and note what was asked for."""

    def behave(line: socket.socket, head: bytes) -> None:
        while head:
            target = head.split(b" ")[1].decode()
            asked.append(target)
            page = int(parse_qs(target.partition("?")[2]).get("Page", ["0"])[0])
            more = f"/2010-04-01/Accounts/AC/Messages.json?Page={page + 1}" if page + 1 < len(taken) else None
            body = json.dumps({"messages": taken[page : page + 1], "next_page_uri": more}).encode()
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            head = line.recv(65536)

    return behave


def test_a_message_that_still_waits_at_twilio_is_found_too() -> None:
    called_at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    taken = [
        {**TAKEN, "body": "later", "date_sent": "Sun, 22 Nov 2026 10:00:05 +0000"},
        {**TAKEN, "date_sent": None, "status": "accepted"},
    ]
    asked: list[str] = []

    with strange.provider(listing(taken, asked)) as base_url:
        found = make_gateway(base_url).find(make_message(called_at=called_at))

    assert found == Accepted(provider_id=SID, status="accepted")
    assert "DateSent" not in "".join(asked)


def test_a_message_that_has_failed_since_is_found_with_the_reason() -> None:
    taken = [{**TAKEN, "status": "undelivered", "error_code": 30007, "date_sent": "Sun, 22 Nov 2026 10:00:05 +0000"}]

    with strange.provider(listing(taken, [])) as base_url:
        found = make_gateway(base_url).find(make_message(called_at=datetime(2026, 11, 22, 10, 0, tzinfo=UTC)))

    assert found == Accepted(provider_id=SID, status="undelivered", error_code="30007")


def test_twilio_is_not_asked_for_what_came_long_before() -> None:
    called_at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    taken = [{**TAKEN, "body": "before", "date_sent": "Sun, 22 Nov 2026 08:59:59 +0000"}] * 3
    asked: list[str] = []

    with strange.provider(listing(taken, asked)) as base_url:
        found = make_gateway(base_url).find(make_message(called_at=called_at))

    assert found is None
    assert len(asked) == 1


def test_a_template_is_found_by_the_text_that_whatsapp_made_of_it() -> None:
    message = make_message(channel=Channel.WHATSAPP, text="", content_sid="HX1")
    asked: list[str] = []

    with strange.provider(listing([TAKEN], asked)) as base_url:
        found = make_gateway(base_url).find(message)

    assert found == Accepted(provider_id=SID, status="queued")
    assert "To=whatsapp%3A%2B358401234567" in asked[0]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", b'{"messages": 5}'),
        ("200 OK", b'{"messages": [[]]}'),
        ("200 OK", b"null"),
        ("200 OK", b"hello"),
        ("204 No Content", b""),
        ("400 Bad Request", b'{"code": 21211}'),
        ("401 Unauthorized", b'{"code": 20003}'),
        ("429 Too Many Requests", b'{"code": 20429}'),
        ("500 Internal Server Error", b""),
    ],
)
def test_a_provider_that_does_not_say_what_it_took_is_asked_later(status: str, body: bytes) -> None:
    with strange.provider(strange.answering(body, status)) as base_url, pytest.raises(Unavailable):
        make_gateway(base_url).find(make_message())


def test_a_provider_whose_pages_never_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALL_SECONDS", 0.3)
    begun = time.monotonic()

    with (
        strange.provider(listing([{**TAKEN, "body": "another"}] * 1_000_000, [])) as base_url,
        pytest.raises(Unavailable),
    ):
        make_gateway(base_url).find(make_message())

    assert time.monotonic() - begun < 1


def test_threads_do_not_share_a_connection(twilio: Twilio) -> None:
    gateway = make_gateway(twilio.url)
    together = threading.Barrier(8, timeout=10)

    def send(number: int) -> None:
        together.wait()
        for _ in range(5):
            gateway.send(make_message(notification_id=number))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    callbacks = [form["StatusCallback"] for form in posted(twilio)]
    assert {callback: callbacks.count(callback) for callback in callbacks} == {
        f"{CALLBACK}?notification={number}": 5 for number in range(8)
    }


def test_secrets_do_not_show_in_an_account() -> None:
    account = Account(name="twilio", sid="AC1", token="hush", base_url="http://127.0.0.1", callback_url=CALLBACK)

    assert "hush" not in repr(account)


def test_a_log_knows_neither_numbers_nor_texts(twilio: Twilio, caplog: pytest.LogCaptureFixture) -> None:
    gateway = make_gateway(twilio.url)

    with caplog.at_level("DEBUG"):
        gateway.send(make_message())
        gateway.find(make_message())
        twilio.faults(bad_numbers=[PHONE])
        with pytest.raises(Refused):
            gateway.send(make_message())

    for secret in ("401234567", "track.example", Twilio("").token):
        assert secret not in caplog.text


def use(settings: Settings, twilio: Twilio, **more: str) -> None:
    for name, value in {**twilio.settings, **more}.items():
        setattr(settings, name, value)


def test_without_a_provider_there_is_the_local_outbox() -> None:
    for channel in Channel:
        [gateway] = gateways.of(channel)

        assert gateway.name == "local"
        assert gateway.send(make_message()) == gateway.find(make_message())


def test_a_provider_is_used_where_it_is_whole(settings: Settings, twilio: Twilio) -> None:
    use(settings, twilio)

    assert [gateway.name for gateway in gateways.of(Channel.SMS)] == ["twilio"]
    assert [gateway.name for gateway in gateways.of(Channel.WHATSAPP)] == ["local"]

    settings.TWILIO_FROM = ""
    assert [gateway.name for gateway in gateways.of(Channel.SMS)] == ["local"]

    settings.TWILIO_MESSAGING_SERVICE_SID = f"MG{'0' * 32}"
    settings.TWILIO_WHATSAPP_FROM = "+15005550007"
    assert [gateway.name for gateway in gateways.of(Channel.SMS)] == ["twilio"]
    assert [gateway.name for gateway in gateways.of(Channel.WHATSAPP)] == ["twilio"]


def test_a_second_provider_comes_after_the_first(settings: Settings, twilio: Twilio) -> None:
    backup = {
        "TWILIO_BACKUP_ACCOUNT_SID": twilio.account,
        "TWILIO_BACKUP_AUTH_TOKEN": twilio.token,
        "TWILIO_BACKUP_FROM": "+15005550008",
        "TWILIO_BACKUP_API_BASE": twilio.url,
    }
    use(settings, twilio, **backup)

    first, second = gateways.of(Channel.SMS)
    second.send(make_message(sender="Kauppa"))

    assert [first.name, second.name] == ["twilio", "twilio_backup"]
    assert posted(twilio)[0]["From"] == "+15005550008"
    assert posted(twilio)[0]["StatusCallback"] == "http://testserver/hooks/twilio/status/?notification=7"


def test_a_gateway_lasts_as_long_as_its_settings(settings: Settings, twilio: Twilio) -> None:
    use(settings, twilio)
    [gateway] = gateways.of(Channel.SMS)
    assert gateways.of(Channel.SMS) == [gateway]

    settings.BASE_URL = "https://track.example"
    [other] = gateways.of(Channel.SMS)
    other.send(make_message())

    assert other is not gateway
    assert posted(twilio)[0]["StatusCallback"] == f"{CALLBACK}?notification=7"


def test_the_clock_of_twilio_may_be_off(twilio: Twilio) -> None:
    twilio.faults(listing_lag_s=0)
    gateway = make_gateway(twilio.url)
    taken = gateway.send(make_message())

    assert gateway.find(make_message(called_at=datetime.now(UTC) + timedelta(minutes=59))) == taken
