import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from notifications.gateways import connection
from notifications.gateways.connection import Broken, Connection, NothingSent, Reply
from tests.notifications import strange

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def ask(line: Connection, *, seconds: float = 5) -> Reply:
    return line.exchange("POST", "/messages", headers={}, body=b"Body=Hi", deadline=time.monotonic() + seconds)


def test_a_connection_serves_one_exchange_after_another() -> None:
    dialled: list[int] = []

    def behave(line: socket.socket, head: bytes) -> None:
        dialled.append(line.getpeername()[1])
        strange.answering(b"{}", "200 OK", "Retry-After: 3")(line, head)

    with strange.provider(behave) as origin:
        line = Connection(origin)
        answers = [ask(line) for _ in range(3)]
        line.close()

    assert answers == [Reply(200, {"Content-Length": "2", "Retry-After": "3"}, b"{}")] * 3
    assert len(dialled) == 1


def test_a_connection_that_the_server_has_closed_is_opened_again() -> None:
    with strange.provider(strange.saying(OK)) as origin:
        line = Connection(origin)
        for _ in range(3):
            assert ask(line).body == b"{}"
            time.sleep(0.05)
        line.close()


def test_a_connection_that_has_long_been_idle_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled: list[int] = []

    def behave(line: socket.socket, head: bytes) -> None:
        dialled.append(line.getpeername()[1])
        strange.answering(b"{}", "200 OK")(line, head)

    monkeypatch.setattr(connection, "IDLE_SECONDS", 0.0)
    with strange.provider(behave) as origin:
        line = Connection(origin)
        ask(line)
        ask(line)
        line.close()

    assert len(dialled) == 2


@pytest.mark.parametrize("origin", ["http://127.0.0.1:9", "http://nowhere.invalid", "https://127.0.0.1:9"])
def test_where_there_is_no_connection_nothing_was_sent(origin: str) -> None:
    with pytest.raises(NothingSent):
        ask(Connection(origin))


def test_a_host_whose_address_does_not_answer_is_given_half_the_time() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, socket.socket() as filler:
        filler.connect(listener.getsockname())
        others = [socket.socket() for _ in range(4)]
        for other in others:
            other.setblocking(False)
            other.connect_ex(listener.getsockname())
        begun = time.monotonic()

        with pytest.raises(NothingSent):
            ask(Connection(f"http://127.0.0.1:{listener.getsockname()[1]}"), seconds=0.6)

        assert time.monotonic() - begun == pytest.approx(0.3, abs=0.15)
        for other in others:
            other.close()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a length\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n" + b" " * 1_048_577,
    ],
)
def test_without_a_whole_answer_the_request_may_have_arrived(said: bytes) -> None:
    with strange.provider(strange.saying(said)) as origin:
        line = Connection(origin)
        with pytest.raises(Broken):
            ask(line)


@pytest.mark.parametrize("said", [b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 200, OK[:-2] + b" " * 200])
def test_a_server_that_drips_does_not_outlast_the_deadline(said: bytes) -> None:
    is_over = threading.Event()

    def drip(line: socket.socket, head: bytes) -> None:
        for byte in said:
            line.sendall(bytes([byte]))
            if is_over.wait(0.02):
                break

    with strange.provider(drip) as origin:
        line = Connection(origin)
        begun = time.monotonic()
        with pytest.raises(Broken):
            ask(line, seconds=0.5)
        is_over.set()

    assert time.monotonic() - begun == pytest.approx(0.5, abs=0.2)


def test_a_server_is_spoken_to_in_secret_where_the_machine_trusts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    with strange.provider(strange.answering(b"{}", "200 OK"), tls=context) as origin:
        connection._trust.cache_clear()
        with pytest.raises(NothingSent):
            ask(Connection(origin))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        connection._trust.cache_clear()
        line = Connection(origin)
        answers = [ask(line), ask(line)]
        line.close()
        connection._trust.cache_clear()

    assert [answer.body for answer in answers] == [b"{}", b"{}"]


def make_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a provider")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
