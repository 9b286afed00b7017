import json
import socket
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import management
from http_ece import ECEException
from py_vapid import Vapid
from pytest_django import Settings

from config.env import Environment
from notifications import gateways
from notifications.gateways import endpoints, push
from notifications.gateways.connection import Connection
from notifications.gateways.outcomes import Accepted, Message, Refused, Unavailable, Uncertain
from notifications.gateways.push import PushGateway
from notifications.triggers import Channel
from tests import web_server
from tests.browsers import VAPID_CONTACT, VAPID_KEY, Browser
from tests.factories import NOON
from tests.web_server import WebServer

LINK = "https://track.example/t/token/#0123456789"
BROWSER = Browser()
NEWS = Message(
    notification_id=7,
    channel=Channel.PUSH,
    recipient=json.dumps(BROWSER.subscription()),
    marker="0123456789",
    text="Päivänsäde tulee pian \N{DELIVERY TRUCK}",
    called_at=NOON,
    subject="Kauppa",
    link=LINK,
    seconds_left=600,
)


@pytest.fixture
def service() -> Iterator[WebServer]:
    with web_server.running() as service:
        service.status = 201
        yield service


@pytest.fixture
def origins() -> list[str]:
    return []


@pytest.fixture
def gateway(service: WebServer, origins: list[str]) -> PushGateway:
    return PushGateway(VAPID_KEY, VAPID_CONTACT, connect=detour(service, origins))


def detour(service: WebServer, origins: list[str]) -> Callable[[str], Connection]:
    """Lead every way to a push service here, and note where it would have led."""

    def connect(origin: str) -> Connection:
        origins.append(origin)
        return Connection(service.url)

    return connect


def test_only_the_browser_can_read_a_message(service: WebServer, gateway: PushGateway) -> None:
    accepted = gateway.send(NEWS)

    assert accepted == Accepted(provider_id="", status="sent")
    [asked] = service.asked
    told = {"title": "Kauppa", "body": NEWS.text, "link": LINK, "tag": "0123456789"}
    assert BROWSER.read(asked.body) == told
    assert b"Kauppa" not in asked.body
    with pytest.raises(ECEException):
        Browser().read(asked.body)


def test_the_service_is_told_how_long_and_how_urgent_and_who_asks(
    service: WebServer, gateway: PushGateway, origins: list[str]
) -> None:
    gateway.send(NEWS)

    [asked] = service.asked
    assert origins == ["https://fcm.googleapis.com"]
    assert (asked.method, asked.path) == ("POST", "/fcm/send/c2VjcmV0:APA91b")
    assert asked.headers["TTL"] == "600"
    assert asked.headers["Urgency"] == "high"
    assert asked.headers["Topic"] == "0123456789"
    assert asked.headers["Content-Encoding"] == "aes128gcm"
    assert Vapid.verify(asked.headers["Authorization"])
    claims = asked.headers["Authorization"].split("t=")[1].split(".")[1]
    assert json.loads(urlsafe_b64decode(claims + "==")) == {
        "aud": "https://fcm.googleapis.com",
        "sub": VAPID_CONTACT,
        "exp": int((NOON + timedelta(hours=12)).timestamp()),
    }


def test_what_can_wait_does_not_wake_the_device(service: WebServer, gateway: PushGateway) -> None:
    gateway.send(replace(NEWS, seconds_left=3600))

    assert service.asked[0].headers["Urgency"] == "normal"


def test_a_long_text_is_cut_so_that_every_service_takes_it(service: WebServer, gateway: PushGateway) -> None:
    gateway.send(replace(NEWS, subject="\N{DELIVERY TRUCK}" * 200, text="\N{DELIVERY TRUCK}" * 2000))

    [asked] = service.asked
    assert len(asked.body) < 4096
    assert len(BROWSER.read(asked.body)["body"]) == 500


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_refused_for_good(service: WebServer, gateway: PushGateway, status: int) -> None:
    service.status = status

    with pytest.raises(Refused) as refusal:
        gateway.send(NEWS)

    assert refusal.value.code == "gone"


@pytest.mark.parametrize("status", [400, 403, 413])
def test_what_the_service_refuses_is_final(service: WebServer, gateway: PushGateway, status: int) -> None:
    service.status = status

    with pytest.raises(Refused) as refusal:
        gateway.send(NEWS)

    assert refusal.value.code == str(status)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nobody_is_followed_elsewhere(
    service: WebServer, gateway: PushGateway, origins: list[str], status: int
) -> None:
    service.status, service.headers = status, {"Location": "http://169.254.169.254/latest/meta-data/"}

    with pytest.raises(Refused):
        gateway.send(NEWS)

    assert len(service.asked) == 1
    assert len(origins) == 1


@pytest.mark.parametrize("status", [401, 408, 503])
def test_what_will_pass_may_be_sent_later(service: WebServer, gateway: PushGateway, status: int) -> None:
    service.status, service.headers = status, {"Retry-After": "12"}

    with pytest.raises(Unavailable) as failure:
        gateway.send(NEWS)

    assert (failure.value.retry_after_seconds, failure.value.is_busy) == (12.0, False)


def test_a_service_may_ask_us_to_slow_down(service: WebServer, gateway: PushGateway) -> None:
    service.status, service.headers = 429, {"retry-after": "30"}

    with pytest.raises(Unavailable) as failure:
        gateway.send(NEWS)

    assert (failure.value.retry_after_seconds, failure.value.is_busy) == (30.0, True)


def test_a_service_that_fails_may_have_taken_it(service: WebServer, gateway: PushGateway) -> None:
    service.status = 500
    with pytest.raises(Uncertain):
        gateway.send(NEWS)

    service.is_silent = True
    with pytest.raises(Uncertain):
        gateway.send(NEWS)


def test_nobody_at_home_is_no_doubt() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gateway = PushGateway(
            VAPID_KEY, VAPID_CONTACT, connect=lambda _: Connection(f"http://127.0.0.1:{closed.getsockname()[1]}")
        )

        with pytest.raises(Unavailable):
            gateway.send(NEWS)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:APA91b-_",
        "https://fcm.googleapis.com:443/wp/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAAA",
        "https://web.push.apple.com/QGZ",
        "https://db5p.notify.windows.com/w/?token=BQYAAAB%2fv",
    ],
)
def test_the_browsers_own_services_are_known(endpoint: str) -> None:
    assert endpoints.is_push_service(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com:8443/fcm/send/abc",
        "https://fcm.googleapis.com.evil.example/fcm/send/abc",
        "https://evil.example/fcm.googleapis.com/",
        "https://evilpush.apple.com/abc",
        "https://push.apple.com/abc",
        "https://notify.windows.com.evil.example/",
        "https://user@fcm.googleapis.com/fcm",
        "https://fcm.googleapis.com@evil.example/fcm",
        "https://evil.example\\@fcm.googleapis.com/fcm",
        "https://fcm.googleapis.com\\.evil.example/fcm",
        "https://evil.example#@fcm.googleapis.com/",
        "https://evil.example?.push.apple.com/",
        "https://FCM.googleapis.com/fcm",
        "https://fcm.googleapis.com/a b",
        "https://fcm.googleapis.com/a\r\nHost: evil.example",
        "https://fcm.googleapis.com/\N{SNOWMAN}",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "//fcm.googleapis.com/fcm",
        "https://fcm.googleapis.com/" + "a" * 500,
    ],
)
def test_nobody_else_is_ever_called(
    service: WebServer, gateway: PushGateway, origins: list[str], endpoint: str
) -> None:
    subscription = Browser(endpoint=endpoint).subscription()

    with pytest.raises(Refused, match="endpoint"):
        gateway.send(replace(NEWS, recipient=json.dumps(subscription)))

    assert not endpoints.is_push_service(endpoint)
    assert service.asked == []
    assert origins == []


def test_a_thread_keeps_a_connection_to_each_service(
    service: WebServer, gateway: PushGateway, origins: list[str]
) -> None:
    for endpoint in ("https://fcm.googleapis.com/a", "https://fcm.googleapis.com/b", "https://web.push.apple.com/c"):
        gateway.send(replace(NEWS, recipient=json.dumps(Browser(endpoint=endpoint).subscription())))

    assert origins == ["https://fcm.googleapis.com", "https://web.push.apple.com"]
    assert len(service.asked) == 3


def test_a_push_service_cannot_be_asked(gateway: PushGateway) -> None:
    assert not gateway.can_be_asked
    with pytest.raises(Unavailable):
        gateway.find(NEWS)


def test_what_carries_push_follows_from_the_settings(settings: Settings) -> None:
    settings.VAPID_PRIVATE_KEY, settings.VAPID_CONTACT = VAPID_KEY, VAPID_CONTACT

    [gateway] = gateways.of(Channel.PUSH)
    key = push.public_key()

    assert isinstance(gateway, PushGateway)
    assert gateways.of(Channel.PUSH) == [gateway]
    assert len(key) == 87
    assert key.startswith("B")


@pytest.mark.parametrize(
    ("key", "contact"),
    [
        ("", ""),
        (VAPID_KEY, ""),
        ("", VAPID_CONTACT),
        ("nonsense", VAPID_CONTACT),
        (VAPID_KEY, "operations@shop.example"),
    ],
)
def test_half_a_configuration_is_none(settings: Settings, key: str, contact: str) -> None:
    settings.VAPID_PRIVATE_KEY, settings.VAPID_CONTACT = key, contact

    assert push.configured() is None
    assert push.public_key() == ""
    assert [gateway.name for gateway in gateways.of(Channel.PUSH)] == ["local"]


def test_a_new_key_is_one_line_of_the_environment(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        management.call_command("make_vapid_key")

    first, second = capsys.readouterr().out.splitlines()
    settings.VAPID_PRIVATE_KEY, settings.VAPID_CONTACT = (
        Environment.read(dict([first.split("=")])).vapid_private_key,
        "mailto:a@b.example",
    )
    assert first != second
    assert len(push.public_key()) == 87
