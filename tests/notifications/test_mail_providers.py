import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from config import mail as config_mail
from notifications.gateways import mail
from notifications.gateways.mail.provider import ProviderGateway
from notifications.gateways.mail.server import ServerGateway
from notifications.gateways.outcomes import Accepted, Message, Refused, Unavailable, Uncertain
from notifications.triggers import Channel
from tests import web_server
from tests.factories import NOON
from tests.web_server import WebServer

SENDER = "Doorstep <deliveries@shop.example>"
TAKEN = {"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a", "To": "maija@example.org", "SubmittedAt": "now"}
INACTIVE = {
    "ErrorCode": 406,
    "Message": "Found inactive addresses: maija@example.org. Inactive recipients are ones that have bounced.",
}
LETTER = Message(
    notification_id=7,
    channel=Channel.EMAIL,
    recipient="maija@example.org",
    marker="0123456789",
    text="Your parcel comes today.",
    called_at=NOON,
    sender="Päivänsäde & Pojat",
    subject="Your parcel\r\nBcc: all@example.org",
    html="<p>Your parcel comes today.</p>",
    unsubscribe_url="https://track.example/unsubscribe/key/",
)


@pytest.fixture
def postmark(settings: Settings) -> Iterator[WebServer]:
    with web_server.running() as server:
        server.body = json.dumps(TAKEN).encode()
        use(settings, f"postmark://TOKEN@?api_url={server.url}/")
        yield server


@pytest.fixture
def gateway() -> ProviderGateway:
    return ProviderGateway("postmark", SENDER)


def use(settings: Settings, url: str) -> None:
    read = config_mail.read(url)
    settings.EMAIL_BACKEND, settings.ANYMAIL, settings.EMAIL_FROM = read.backend, read.anymail, SENDER


def test_a_provider_is_told_everything_and_counts_nobody(postmark: WebServer, gateway: ProviderGateway) -> None:
    accepted = gateway.send(LETTER)

    assert accepted == Accepted(provider_id="b7bc2f4a", status="sent")
    [asked] = postmark.asked
    assert asked.headers["X-Postmark-Server-Token"] == "TOKEN"
    assert json.loads(asked.body) == {
        "From": "Päivänsäde & Pojat <deliveries@shop.example>",
        "To": "maija@example.org",
        "Subject": "Your parcel Bcc: all@example.org",
        "TextBody": "Your parcel comes today.",
        "HtmlBody": "<p>Your parcel comes today.</p>",
        "Headers": [
            {"Name": "Auto-Submitted", "Value": "auto-generated"},
            {"Name": "List-Unsubscribe", "Value": "<https://track.example/unsubscribe/key/>"},
            {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
        ],
        "Metadata": {"notification": "7"},
        "Tag": "doorstep",
        "TrackLinks": "None",
        "TrackOpens": False,
    }


@pytest.mark.parametrize(
    ("url", "answer", "accepted"),
    [
        ("brevo://KEY@?api_url={}", {"messageId": "<1@smtp-relay>"}, Accepted("<1@smtp-relay>", "queued")),
        ("mailgun://KEY@mg.example?api_url={}", {"id": "<1@mg>", "message": "Queued."}, Accepted("<1@mg>", "queued")),
        ("resend://KEY@?api_url={}", {"id": "49a3999c"}, Accepted("49a3999c", "queued")),
        (
            "sparkpost://KEY@?api_url={}",
            {"results": {"total_rejected_recipients": 0, "total_accepted_recipients": 1, "id": "1166"}},
            Accepted("1166", "queued"),
        ),
        (
            "scaleway://KEY@?project_id=P&api_url={}",
            {"emails": [{"id": "d5", "mail_rcpt": "maija@example.org", "status": "new"}]},
            Accepted("d5", "queued"),
        ),
        (
            "mailjet://KEY:SECRET@?api_url={}",
            {"Messages": [{"Status": "success", "To": [{"Email": "maija@example.org", "MessageID": 12}]}]},
            Accepted("12", "sent"),
        ),
        ("unisender_go://KEY@?api_url={}", {"status": "success", "job_id": "1", "emails": ["maija@example.org"]}, None),
        (
            "postal://KEY@?api_url={}",
            {"status": "success", "data": {"message_id": "m", "messages": {"maija@example.org": {"id": 1503}}}},
            Accepted("1503", "queued"),
        ),
    ],
)
def test_other_providers_take_the_same_message(
    settings: Settings, url: str, answer: dict[str, Any], accepted: Accepted | None
) -> None:
    with web_server.running() as server:
        server.body = json.dumps(answer).encode()
        use(settings, url.format(f"{server.url}/"))

        taken = ProviderGateway("provider", SENDER).send(LETTER)

    assert taken == accepted or (accepted is None and taken.provider_id)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [401, 402, 403, 404, 408, 503])
def test_what_is_no_fault_of_the_message_may_be_sent_later(
    postmark: WebServer, gateway: ProviderGateway, status: int
) -> None:
    postmark.status, postmark.body, postmark.headers = status, b"{}", {"Retry-After": "7"}

    with pytest.raises(Unavailable) as failure:
        gateway.send(LETTER)

    assert failure.value.retry_after_seconds == 7
    assert not failure.value.is_busy


@pytest.mark.parametrize(("wait", "seconds"), [("30", 30.0), ("", None), ("Sun, 22 Nov 2026 10:00:00 GMT", None)])
def test_a_provider_may_ask_us_to_slow_down(
    postmark: WebServer, gateway: ProviderGateway, wait: str, seconds: float | None
) -> None:
    postmark.status, postmark.body, postmark.headers = 429, b"{}", {"Retry-After": wait}

    with pytest.raises(Unavailable) as failure:
        gateway.send(LETTER)

    assert failure.value.is_busy
    assert failure.value.retry_after_seconds == seconds


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_the_provider_refuses_is_final(postmark: WebServer, gateway: ProviderGateway, status: int) -> None:
    postmark.status, postmark.body = status, b'{"ErrorCode": 300, "Message": "Invalid: maija@example.org"}'

    with pytest.raises(Refused) as refusal:
        gateway.send(LETTER)

    assert str(refusal.value) == str(status)
    assert refusal.value.__suppress_context__


def test_a_recipient_whom_the_provider_does_not_write_to_any_more_is_refused(
    postmark: WebServer, gateway: ProviderGateway
) -> None:
    postmark.status, postmark.body = 422, json.dumps(INACTIVE).encode()

    with pytest.raises(Refused) as refusal:
        gateway.send(LETTER)

    assert str(refusal.value) == "RecipientsRefused"


def test_a_message_that_the_provider_failed_to_make_is_refused(settings: Settings) -> None:
    with web_server.running() as server:
        server.body = json.dumps({"Messages": [{"Status": "error", "Errors": [{"ErrorCode": "mj-0013"}]}]}).encode()
        use(settings, f"mailjet://KEY:SECRET@?api_url={server.url}/")

        with pytest.raises(Refused, match="failed"):
            ProviderGateway("mailjet", SENDER).send(LETTER)


def test_an_answer_that_leaves_the_recipient_out_is_uncertain(postmark: WebServer, gateway: ProviderGateway) -> None:
    postmark.body = json.dumps({**TAKEN, "ErrorCode": 406, "Message": "Something new"}).encode()

    with pytest.raises(Uncertain):
        gateway.send(LETTER)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_provider_that_fails_may_have_taken_it(postmark: WebServer, gateway: ProviderGateway, status: int) -> None:
    postmark.status = status

    with pytest.raises(Uncertain):
        gateway.send(LETTER)


def test_an_answer_that_cannot_be_read_is_uncertain(postmark: WebServer, gateway: ProviderGateway) -> None:
    postmark.body = b"<html>"

    with pytest.raises(Uncertain):
        gateway.send(LETTER)


def test_no_answer_at_all_is_uncertain(postmark: WebServer, gateway: ProviderGateway) -> None:
    postmark.is_silent = True

    with pytest.raises(Uncertain):
        gateway.send(LETTER)


def test_an_answer_that_comes_too_late_is_uncertain(
    postmark: WebServer, gateway: ProviderGateway, settings: Settings
) -> None:
    settings.ANYMAIL = {**settings.ANYMAIL, "REQUESTS_TIMEOUT": (1.0, 0.2)}
    postmark.waits_seconds = 0.5

    with pytest.raises(Uncertain):
        gateway.send(LETTER)


def test_nobody_at_home_is_no_doubt(gateway: ProviderGateway, settings: Settings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        use(settings, f"postmark://TOKEN@?api_url=http://127.0.0.1:{closed.getsockname()[1]}/")

        with pytest.raises(Unavailable, match="no connection"):
            gateway.send(LETTER)


def test_a_name_that_does_not_exist_is_no_doubt(gateway: ProviderGateway, settings: Settings) -> None:
    use(settings, "postmark://TOKEN@?api_url=http://api.invalid/")

    with pytest.raises(Unavailable, match="no connection"):
        gateway.send(LETTER)


def test_half_a_configuration_can_be_mended(gateway: ProviderGateway, settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.ANYMAIL = "anymail.backends.postmark.EmailBackend", {}

    with pytest.raises(Unavailable, match="AnymailConfigurationError"):
        gateway.send(LETTER)


def test_a_recipient_that_is_no_address_is_refused_before_anybody_is_called(
    postmark: WebServer, gateway: ProviderGateway
) -> None:
    with pytest.raises(Refused, match="address"):
        gateway.send(replace(LETTER, recipient="maija@example.org, all@example.org"))

    assert postmark.asked == []


def test_a_connection_is_kept(postmark: WebServer, gateway: ProviderGateway) -> None:
    for _ in range(3):
        gateway.send(LETTER)

    assert len({asked.headers["Host"] for asked in postmark.asked}) == 1
    assert len(postmark.asked) == 3


def test_a_provider_cannot_be_asked(gateway: ProviderGateway) -> None:
    assert not gateway.can_be_asked
    with pytest.raises(Unavailable):
        gateway.find(LETTER)


def test_what_carries_mail_follows_from_the_settings(settings: Settings) -> None:
    settings.EMAIL_FROM = SENDER
    assert mail.configured() is None

    use(settings, "smtp://mail.example")
    server = mail.configured()
    use(settings, "amazon_ses://eu-north-1")
    provider = mail.configured()
    settings.EMAIL_FROM = ""

    assert isinstance(server, ServerGateway)
    assert isinstance(provider, ProviderGateway)
    assert (server.name, provider.name) == ("smtp", "amazon_ses")
    assert mail.configured() is None
