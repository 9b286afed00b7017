import httpx
import pytest
from django.db import connection
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests import servers

TOKEN = "c2VjcmV0LXRva2VuLW9mLTEyOA"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", servers.WEB_COMMANDS)
def test_a_server_logs_no_secret_address(kind: str, request: pytest.FixtureRequest) -> None:
    server: servers.Server = request.getfixturevalue(kind)

    with httpx.Client(base_url=server.url) as client:
        statuses = [
            client.get(f"/{place}").status_code for place in (f"t/{TOKEN}/", f"t/{TOKEN}.json", f"gps/{TOKEN}/")
        ]
    with (
        connect(f"{server.url.replace('http', 'ws')}/ws/t/{TOKEN}/") as socket,
        pytest.raises(ConnectionClosed) as closed,
    ):
        socket.recv(timeout=5)

    assert statuses == [404, 404, 404]
    assert "4404" in str(closed.value)
    assert "/t/c2Vj…" in server.log.read_text()
    assert TOKEN not in server.log.read_text()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", servers.WEB_COMMANDS)
def test_files_come_compressed_and_for_ever(kind: str, request: pytest.FixtureRequest) -> None:
    server: servers.Server = request.getfixturevalue(kind)
    page = httpx.get(f"{server.url}/admin/login/")
    address = page.text.split('<link rel="stylesheet" href="')[1].split('"')[0]

    style = httpx.get(f"{server.url}{address}")

    assert style.headers["Content-Encoding"] == "gzip"
    assert style.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert style.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_database_has_ended_fails_nobody(daphne: servers.Server) -> None:
    assert httpx.get(f"{daphne.url}/health/ready").status_code == 200

    with connection.cursor() as cursor:
        # Waits until each has ended, so that what is asked next cannot meet one that is about to.
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [servers.APPLICATION],
        )
        ended = cursor.rowcount

    assert ended > 0
    assert httpx.get(f"{daphne.url}/health/ready").json() == {"database": "ok", "redis": "ok"}
