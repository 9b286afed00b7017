import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from notifications.gateways.mail.server import ServerGateway
from notifications.gateways.outcomes import Accepted, Message, Refused, Unavailable, Uncertain
from notifications.triggers import Channel
from tests import mail_server
from tests.factories import NOON
from tests.mail_server import DROP, GREETING, HANG, MESSAGE, MailServer

SENDER = "Doorstep <deliveries@shop.example>"
LETTER = Message(
    notification_id=7,
    channel=Channel.EMAIL,
    recipient="maija@example.org",
    marker="0123456789",
    text="Your parcel comes today.\n\n.\nhttps://track.example/t/token/#0123456789\n",
    called_at=NOON,
    sender="Kauppa & Pojat Öy",
    subject="Your parcel is on its way",
    html="<p>Your parcel comes today.</p>",
    unsubscribe_url="https://track.example/unsubscribe/" + "k" * 300 + "/",
    seconds_left=3600,
)


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server.running() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 3
        yield server


@pytest.fixture
def gateway() -> ServerGateway:
    return ServerGateway(SENDER)


def test_a_mail_brings_its_logo_along(server: MailServer, gateway: ServerGateway) -> None:
    gateway.send(replace(LETTER, logo=b"\x89PNG"))
    gateway.send(replace(LETTER, marker="1123456789"))

    with_logo, without = server.letters()
    [logo] = with_logo.iter_attachments()
    assert (logo.get_content_type(), logo["Content-ID"]) == ("image/png", "<logo@doorstep>")
    assert logo.get_content_disposition() == "inline"
    assert logo.get_content() == b"\x89PNG"
    assert list(without.iter_attachments()) == []


def test_a_mail_says_everything_in_text_and_in_html(server: MailServer, gateway: ServerGateway) -> None:
    accepted = gateway.send(LETTER)

    assert accepted == Accepted(provider_id="<0123456789@shop.example>", status="sent")
    [letter] = server.letters()
    [sender] = letter["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Kauppa & Pojat Öy", "deliveries@shop.example")
    assert letter["To"] == "maija@example.org"
    assert letter["Subject"] == "Your parcel is on its way"
    assert letter["Message-ID"] == "<0123456789@shop.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter.get_content_type() == "multipart/alternative"
    text, html = letter.iter_parts()
    assert (text.get_content_type(), text.get_content().replace("\r\n", "\n")) == ("text/plain", LETTER.text)
    assert (html.get_content_type(), html.get_content().strip()) == ("text/html", LETTER.html)


def test_the_way_out_is_not_broken_over_lines(server: MailServer, gateway: ServerGateway) -> None:
    gateway.send(LETTER)

    assert f" <{LETTER.unsubscribe_url}>\r\n".encode() in server.kept[0]
    assert server.letters()[0]["List-Unsubscribe"].strip() == f"<{LETTER.unsubscribe_url}>"


def test_a_code_has_no_way_out(server: MailServer, gateway: ServerGateway) -> None:
    gateway.send(replace(LETTER, unsubscribe_url="", html=""))

    [letter] = server.letters()
    assert "List-Unsubscribe" not in letter
    assert "List-Unsubscribe-Post" not in letter
    assert letter.get_content_type() == "text/plain"


def test_a_brand_without_a_name_of_its_own_has_the_installations(server: MailServer, gateway: ServerGateway) -> None:
    gateway.send(replace(LETTER, sender=""))

    assert server.letters()[0]["From"] == SENDER


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x85", "\u2028", "\r\n\r\n"])
def test_no_header_is_smuggled_in(server: MailServer, gateway: ServerGateway, breaks: str) -> None:
    smuggled = f"Hello{breaks}Bcc: all@example.org"

    gateway.send(
        replace(LETTER, subject=smuggled, sender=smuggled, unsubscribe_url=f"https://x.example/{breaks}Bcc: a")
    )

    [letter] = server.letters()
    assert "Bcc" not in letter
    assert letter["Subject"] == "Hello Bcc: all@example.org"
    assert letter["From"] == '"Hello Bcc: all@example.org" <deliveries@shop.example>'
    assert letter["List-Unsubscribe"] == "<https://x.example/ Bcc: a>"
    assert server.commands.count("RCPT") == 1


@pytest.mark.parametrize(
    "recipient",
    ["", "maija", "maija@example.org\r\nBcc: all@example.org", "a@b.example, c@d.example", "mäija@example.org"],
)
def test_what_is_no_address_is_refused_before_anybody_is_called(
    server: MailServer, gateway: ServerGateway, recipient: str
) -> None:
    with pytest.raises(Refused) as refusal:
        gateway.send(replace(LETTER, recipient=recipient))

    assert refusal.value.code == "address"
    assert server.lines == []


@pytest.mark.parametrize(
    ("at", "reply"),
    [
        (GREETING, "421 Too many"),
        (GREETING, "554 No service"),
        (GREETING, DROP),
        ("EHLO", DROP),
        ("MAIL", "451 Later"),
        ("MAIL", "550 Not from you"),
        ("MAIL", DROP),
        ("RCPT", "450 Greylisted"),
        ("RCPT", "421 Closing"),
        ("RCPT", DROP),
        ("DATA", "451 Later"),
        ("DATA", DROP),
        (MESSAGE, "452 Disk full"),
    ],
)
def test_what_the_server_has_not_taken_may_be_sent_later(
    server: MailServer, gateway: ServerGateway, at: str, reply: str
) -> None:
    server.instead[at] = reply

    with pytest.raises(Unavailable):
        gateway.send(LETTER)

    server.instead.clear()
    assert gateway.send(LETTER).status == "sent"
    assert len(server.kept) == 1 + (at == MESSAGE)


@pytest.mark.parametrize(
    ("at", "reply", "code"),
    [
        ("RCPT", "550 5.1.1 No such user maija@example.org", "550"),
        ("RCPT", "553 Not here", "553"),
        ("DATA", "554 No", "554"),
        (MESSAGE, "550 5.7.1 Spam", "550"),
    ],
)
def test_what_the_server_refuses_is_final(
    server: MailServer, gateway: ServerGateway, at: str, reply: str, code: str
) -> None:
    server.instead[at] = reply

    with pytest.raises(Refused) as refusal:
        gateway.send(LETTER)

    assert refusal.value.code == code
    assert str(refusal.value) == code
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


@pytest.mark.parametrize("reply", [DROP, "nonsense"])
def test_what_was_lost_once_the_message_had_left_is_uncertain(
    server: MailServer, gateway: ServerGateway, reply: str
) -> None:
    server.instead[MESSAGE] = reply

    with pytest.raises(Uncertain):
        gateway.send(LETTER)


@pytest.mark.parametrize(("at", "outcome"), [("EHLO", Unavailable), ("RCPT", Unavailable), (MESSAGE, Uncertain)])
def test_a_server_that_hangs_is_left(
    server: MailServer, gateway: ServerGateway, monkeypatch: pytest.MonkeyPatch, at: str, outcome: type[Exception]
) -> None:
    monkeypatch.setattr("notifications.gateways.mail.smtp.CONVERSATION_SECONDS", 0.5)
    server.instead[at] = HANG
    started = time.monotonic()

    with pytest.raises(outcome):
        gateway.send(LETTER)

    assert time.monotonic() - started < 1


def test_a_server_that_is_slow_at_every_step_is_left_in_time(
    server: MailServer, gateway: ServerGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.gateways.mail.smtp.CONVERSATION_SECONDS", 1.0)
    server.seconds_a_reply = 0.3
    started = time.monotonic()

    with pytest.raises(Unavailable):
        gateway.send(LETTER)

    assert time.monotonic() - started < 1.5


def test_nobody_at_home_is_no_doubt(gateway: ServerGateway, settings: Settings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", closed.getsockname()[1]

        with pytest.raises(Unavailable, match="ConnectionRefusedError"):
            gateway.send(LETTER)


def test_a_name_that_does_not_exist_is_no_doubt(gateway: ServerGateway, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.invalid"

    with pytest.raises(Unavailable, match="gaierror"):
        gateway.send(LETTER)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for 127.0.0.1 that nobody has signed but its owner, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


@pytest.fixture
def secure_server(certificate: Path, settings: Settings) -> Iterator[MailServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with mail_server.running(context) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 3
        settings.EMAIL_USE_SSL = True
        yield server


def test_a_server_under_tls_is_sent_to_where_its_certificate_is_known(
    secure_server: MailServer, gateway: ServerGateway, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    for _ in range(2):
        gateway.send(LETTER)

    assert (len(secure_server.lines), len(secure_server.kept)) == (1, 2)


def test_a_server_that_nobody_knows_is_told_nothing(secure_server: MailServer, gateway: ServerGateway) -> None:
    with pytest.raises(Unavailable, match="SSLCertVerificationError"):
        gateway.send(LETTER)

    assert secure_server.commands == []


def test_a_server_without_tls_is_not_told_a_password(
    server: MailServer, gateway: ServerGateway, settings: Settings
) -> None:
    settings.EMAIL_USE_TLS, settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = True, "me", "s3cr3t"

    with pytest.raises(Unavailable, match="SMTPNotSupportedError"):
        gateway.send(LETTER)

    assert "AUTH" not in server.commands


def test_a_wrong_password_can_be_mended(server: MailServer, gateway: ServerGateway, settings: Settings) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "me", "s3cr3t"
    server.instead |= {"EHLO": "250-mail.example\r\n250 AUTH PLAIN", "AUTH": "535 Wrong"}

    with pytest.raises(Unavailable, match="SMTPAuthenticationError 535") as failure:
        gateway.send(LETTER)

    assert "s3cr3t" not in str(failure.value)


def test_a_thread_keeps_its_connection(server: MailServer, gateway: ServerGateway) -> None:
    for _ in range(3):
        gateway.send(LETTER)

    assert (len(server.lines), len(server.kept)) == (1, 3)


def test_threads_do_not_share_a_connection(server: MailServer, gateway: ServerGateway) -> None:
    with ThreadPoolExecutor(4) as threads:
        accepted = list(threads.map(gateway.send, [LETTER] * 20))

    assert len(accepted) == len(server.kept) == 20
    assert 1 <= len(server.lines) <= 4


def test_a_connection_that_the_server_has_closed_meanwhile_costs_nothing(
    server: MailServer, gateway: ServerGateway
) -> None:
    gateway.send(LETTER)
    server.hang_up()
    time.sleep(0.05)

    gateway.send(LETTER)

    assert (len(server.lines), len(server.kept)) == (2, 2)


def test_a_mail_server_cannot_be_asked(gateway: ServerGateway) -> None:
    assert not gateway.can_be_asked
    with pytest.raises(Unavailable):
        gateway.find(LETTER)
