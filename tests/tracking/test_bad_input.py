"""Whatever anybody sends to any address: a clear 4xx, never a 5xx, and nothing that was not there before."""

import json
from typing import Any
from urllib.parse import quote, quote_from_bytes

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_device, make_link, make_shipment
from tracking.links.models import LinkUse, TrackingLink
from tracking.shipments.lifecycle import Status

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"}
SAFE = {"GET", "HEAD"}
NAUGHTY = [
    "undefined",
    "null",
    "-1",
    "0x0",
    "1/0",
    "NaN",
    "'; DROP TABLE tracking_shipment; --",
    "' OR 1=1 --",
    "../../../../etc/passwd%00",
    "..%2f..%2fetc%2fpasswd",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{ 7*7 }}{% debug %}",
    "${jndi:ldap://127.0.0.1/a}",
    "$(touch /tmp/pwned)",
    "%s%s%s%n",
    "\r\nSet-Cookie: a=b",
    "\x00\x01\x1b[2J",
    "\u202e\u200b\ufeff",
    "\N{GRINNING FACE}\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}",
    "Ω≈ç√∫µ≤≥÷" * 50,
    "田中さんにあげて下さい",
    "x" * 10_000,
    "%" * 500,
]
BROKEN_BYTES = [b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\xf0\x28\x8c\x28", b"%zz%", b"\x80" * 200]

pytestmark = pytest.mark.django_db


@pytest.fixture
def link() -> TrackingLink:
    return make_link(make_shipment(status=Status.AT_HUB, at=timezone.now()), at=timezone.now())


def addresses(link: TrackingLink, key: str) -> dict[str, set[str]]:
    """List every address of the issue, with the methods it knows."""
    page = f"/t/{link.token}"
    return {
        "/": SAFE | {"POST"},
        f"{page}/": SAFE,
        f"{page}/widget/": SAFE,
        "/widget.js": SAFE,
        f"{page}.json": SAFE,
        f"{page}.txt": SAFE,
        f"{page}.ics": SAFE,
        f"{page}/unlock/": {"POST"},
        f"{page}/code/": {"POST"},
        f"{page}/messages/": SAFE,
        f"{page}/messages/preferences/": {"POST"},
        f"{page}/messages/channel/": {"POST"},
        f"{page}/messages/phone/": {"POST"},
        f"{page}/messages/email/": {"POST"},
        f"/gps/{key}/": {"GET", "POST"},
        "/tiles/15/18656/9479.svg": SAFE,
        "/colours/0b6e5f.css": SAFE,
        "/health/live": SAFE,
    }


def assert_refused(response: Any) -> None:
    """Expect a 4xx that says in its body what is wrong."""
    assert 400 <= response.status_code < 500
    kind = response.headers["Content-Type"].partition(";")[0]
    assert kind in {"text/html", "text/plain", "application/json", "application/problem+json"}
    assert response.content.strip()
    if kind.endswith("json"):
        assert json.loads(response.content)


def assert_no_5xx(response: Any) -> None:
    assert response.status_code < 500
    if response.status_code >= 400:
        assert_refused(response)


def rows(*, but: type[Model] | None = None) -> dict[str, list[Any]]:
    """Read every table of the database, but one."""
    return {
        model._meta.db_table: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model is not but
    }


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_method_that_an_address_does_not_know_is_refused_and_says_so(
    client: Client, link: TrackingLink, method: str
) -> None:
    for path, known in addresses(link, make_device().key).items():
        if method not in known:
            response = client.generic(method, path)
            assert response.status_code == 405, path
            assert set(response.headers["Allow"].split(", ")) == known
            if method != "HEAD":
                assert_refused(response)


@pytest.mark.parametrize("text", NAUGHTY)
def test_naughty_text_in_an_address_is_not_found(client: Client, text: str) -> None:
    written = quote(text, safe="")
    for path in (
        f"/t/{written}/",
        f"/t/{written}.json",
        f"/t/{written}.txt",
        f"/t/{written}.ics",
        f"/gps/{written}/",
        f"/gps/{written}",
        f"/tiles/{written}/1/1.svg",
        f"/tiles/1/1/{written}.svg",
        f"/tiles/1/1/1.svg?theme={written}",
        f"/colours/{written}.css",
        f"/colours/0b6e5f.css?font={written}",
        f"/logos/{written}.png",
        f"/t/{written}/widget/",
        f"/{written}",
    ):
        response = client.get(path, REMOTE_ADDR=f"2001:db8::{abs(hash(text)) % 65536:x}:0:0:0:0")
        assert response.status_code == 404, path
        assert_refused(response)
    assert_refused(client.post(f"/t/{written}/unlock/"))
    assert_refused(client.post(f"/t/{written}/code/"))


@pytest.mark.parametrize("broken", BROKEN_BYTES)
def test_an_address_that_is_no_text_is_not_found(client: Client, broken: bytes) -> None:
    written = quote_from_bytes(broken)
    for path in (f"/t/{written}/", f"/t/{written}.json", f"/t/{written}.ics", f"/gps/{written}/", f"/{written}"):
        response = client.get(path)
        assert response.status_code in {400, 404}, path
        assert_refused(response)


@pytest.mark.parametrize("text", NAUGHTY)
def test_naughty_text_in_a_form_is_refused_in_words(client: Client, link: TrackingLink, text: str) -> None:
    before = rows()

    for form in ({"number": text, "postcode": "00100"}, {"number": link.shipment.reference, "postcode": text}):
        response = client.post("/", form)
        assert response.status_code == 422
        assert_refused(response)

    after = rows()
    assert before == after


@pytest.mark.parametrize("text", NAUGHTY)
def test_naughty_text_is_a_wrong_postcode(client: Client, link: TrackingLink, text: str) -> None:
    response = client.post(f"/t/{link.token}/unlock/", {"postcode": text})

    assert response.status_code == 422
    assert_refused(response)


BODIES: list[tuple[str, bytes]] = [
    ("application/x-www-form-urlencoded", b""),
    ("application/x-www-form-urlencoded", b"postcode=%ff%fe&number=%00"),
    ("application/x-www-form-urlencoded", b"postcode=" + b"0" * 300_000),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(2000))),
    ("application/json", b'{"number": ["DS-1"], "postcode": {"a": 1}}'),
    ("application/json", b"["),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=postcode\r\n\r\n00101"),
    ("multipart/form-data; boundary=" + "x" * 500, b"--x"),
    ("multipart/form-data; boundary=x", b"--x\r\n" + b"A" * 300_000),
    ("text/plain; charset=no-such-charset", b"postcode=00100"),
    ("application/x-www-form-urlencoded; charset=utf-16", b"\xff\xfep\x00"),
    ("", b"\x00" * 1000),
]


@pytest.mark.parametrize(("content_type", "body"), BODIES)
def test_a_body_that_is_no_form_is_refused(client: Client, link: TrackingLink, content_type: str, body: bytes) -> None:
    key = make_device().key
    before = rows(but=LinkUse)

    paths = ["/", *(f"/t/{link.token}/{form}/" for form in ("unlock", "messages/channel", "messages/phone"))]
    for path in (*paths, f"/gps/{key}/"):
        response = client.generic("POST", path, body, content_type=content_type)
        assert_no_5xx(response)
        assert response.status_code != 302

    assert rows(but=LinkUse) == before


def test_a_form_without_our_token_is_refused_as_somebody_elses(link: TrackingLink) -> None:
    stranger = Client(enforce_csrf_checks=True)

    for path in ("/", f"/t/{link.token}/unlock/"):
        response = stranger.post(path, {"number": link.shipment.reference, "postcode": "00100"})
        assert response.status_code == 403
        assert_refused(response)


@pytest.mark.parametrize(
    "headers",
    [
        {"accept-language": "x" * 5000},
        {"accept-language": "en;q=NaN, ../../, \x00"},
        {"if-none-match": '"' * 1000},
        {"if-none-match": "W/"},
        {"if-modified-since": "yesterday"},
        {"if-match": "*"},
        {"cookie": "door=x; sessionid=\x00; csrftoken=" + "a" * 5000},
        {"cookie": "=;=;=" * 200},
        {"range": "bytes=-1--5"},
        {"accept": "\xff/\xff"},
        {"accept-encoding": "gzip;q=x, *;q=1e9"},
        {"origin": "null"},
        {"referer": "javascript:alert(1)"},
        {"x-forwarded-for": "' OR 1=1"},
        {"user-agent": "() { :; }; /bin/true"},
    ],
)
def test_no_header_breaks_anything(client: Client, link: TrackingLink, headers: dict[str, str]) -> None:
    for path in addresses(link, make_device().key):
        assert_no_5xx(client.get(path, headers=headers))


def test_a_host_that_is_not_ours_is_refused(client: Client, link: TrackingLink) -> None:
    for host in ("evil.example", "127.0.0.1@evil.example", "", "a" * 300, "[::1"):
        response = client.get(f"/t/{link.token}/", headers={"host": host})
        assert response.status_code == 400, host
        assert_refused(response)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(NAUGHTY),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["lat", "lon", "tst", "_type", "location", "coords", "timestamp", "a"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=anything,
    query=st.dictionaries(st.sampled_from(["lat", "lon", "timestamp", "speed", "id"]), st.text(), max_size=4),
)
def test_whatever_a_device_sends_is_kept_or_refused(client: Client, sent: object, query: dict[str, str]) -> None:
    key = make_device().key

    assert_no_5xx(client.post(f"/gps/{key}/", json.dumps(sent), content_type="application/json"))
    assert_no_5xx(client.get(f"/gps/{key}/", query))


@pytest.mark.parametrize(
    "visitor",
    [
        "",
        "Mozilla/5.0 (iPhone) WhatsApp/2.0",
        "Mozilla/5.0 (compatible; Microsoft Outlook SafeLinks)",
        "Twitterbot/1.0",
        "curl/8.0",
        "facebookexternalhit/1.1",
    ],
)
def test_looking_changes_nothing_whoever_looks(client: Client, link: TrackingLink, visitor: str) -> None:
    paths = [path for path in addresses(link, "no-such-key") if not path.startswith("/gps/")]
    before = rows()

    for path in paths:
        for method in (client.get, client.head):
            method(path, headers={"user-agent": visitor})
        client.get(f"{path}?postcode=00100&number={link.shipment.reference}")

    assert rows() == before


def test_no_question_to_the_database_is_put_together_from_what_was_sent(client: Client, link: TrackingLink) -> None:
    wanted = "' OR '1'='1"

    for path in (f"/t/{quote(wanted)}.json", f"/gps/{quote(wanted)}/"):
        assert client.get(path).status_code == 404
    assert client.post("/", {"number": wanted, "postcode": wanted}).status_code == 422
    assert "tracking_shipment" in connection.introspection.table_names()
