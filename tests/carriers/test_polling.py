import json
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import pytest
from pytest_django import Settings

from carriers.models import Account, Alarm, AlarmKind, Followed, Format, Letter, LetterState, Via
from carriers.services import accounts, polling
from tests.carriers.partners import hear, make_account, make_carried
from tests.factories import NOON
from tests.serving import Quiet, serving
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
KEY = "EZAK1"

NOTHING_YET: Final[Mapping[Format, object]] = {
    Format.AFTERSHIP: {"data": {"trackings": [{"tracking_number": "JJFI1", "tag": "Pending", "checkpoints": []}]}},
    Format.EASYPOST: {"trackers": [{"tracking_code": "JJFI1", "status": "unknown", "tracking_details": []}]},
    Format.KARRIO: {"results": [{"tracking_number": "JJFI1", "status": "pending", "events": []}]},
    Format.SEVENTEEN_TRACK: {"code": 0, "data": {"accepted": [{"number": "JJFI1", "track_info": None}]}},
    Format.SHIPPO: {"tracking_number": "JJFI1", "tracking_status": {"status": "UNKNOWN"}, "tracking_history": []},
}
"""What partners answer about a parcel that they know, and of which they have seen nothing."""

NOBODY_KNOWS: Final[Mapping[Format, object]] = {
    Format.AFTERSHIP: {"data": {"trackings": []}},
    Format.EASYPOST: {"trackers": []},
    Format.KARRIO: {"results": []},
    Format.SEVENTEEN_TRACK: {"code": 0, "data": {"accepted": [], "rejected": []}},
    Format.SHIPPO: {"tracking_number": "JJFI1", "tracking_status": None, "tracking_history": []},
}
"""What they answer about one that they know nothing of."""


@dataclass
class Partner:
    """A partner's API: what it was asked, and what it answers next; each a status, headers and words."""

    url: str
    answers: deque[tuple[int, dict[str, str], bytes]] = field(default_factory=deque)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def running() -> Iterator[Partner]:
    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, headers, body = found.answers.popleft() if found.answers else (200, {}, b'{"trackers": []}')
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Partner(f"http://127.0.0.1:{server.server_port}")
    with serving(server):
        yield found


@pytest.fixture
def partner(settings: Settings) -> Iterator[Partner]:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    with running() as found:
        yield found


@pytest.fixture
def account(partner: Partner) -> Account:
    account = make_account(format=Format.EASYPOST, api_url=partner.url, poll_minutes=30)
    accounts.set_api_key(account, KEY)
    account.refresh_from_db()
    return account


def tracker(status: str) -> bytes:
    detail = {"status": status, "datetime": "2026-11-22T08:00:00Z", "message": "", "status_detail": ""}
    return json.dumps(
        {"trackers": [{"id": "trk_1", "tracking_code": "JJFI1", "carrier": "USPS", "tracking_details": [detail]}]}
    ).encode()


def poll(account: Account, *, minutes: float = 0) -> None:
    polling.poll(Account.objects.get(id=account.id), at=NOON + minutes * MINUTE)


def test_what_a_partner_answers_is_a_letter(account: Account, partner: Partner) -> None:
    shipment = make_carried("JJFI1")
    partner.answers.append((200, {}, tracker("delivered")))

    poll(account)

    assert [path for path, _ in partner.asked] == ["/v2/trackers?tracking_code=JJFI1&page_size=100"]
    assert partner.asked[0][1]["authorization"] == "Basic RVpBSzE6"
    letter = Letter.objects.get()
    assert (letter.via, letter.state, bytes(letter.body)) == (Via.POLL, LetterState.WAITING, tracker("delivered"))
    hear(account)
    shipment.refresh_from_db()
    assert shipment.status == Status.DELIVERED


def test_an_answer_that_says_nothing_is_an_alarm_and_never_a_status(account: Account, partner: Partner) -> None:
    shipment = make_carried("JJFI1")

    poll(account)
    hear(account)

    shipment.refresh_from_db()
    assert shipment.status == Status.CREATED
    assert list(Alarm.objects.values_list("kind", "times")) == [(AlarmKind.EMPTY, 1)]


@pytest.mark.parametrize(("format_", "answer"), NOTHING_YET.items())
def test_a_parcel_that_a_partner_knows_and_has_not_scanned_yet_is_no_alarm(format_: Format, answer: object) -> None:
    account = make_account(format=format_)
    shipment = make_carried("JJFI1")

    hear(account, json.dumps(answer).encode(), via=Via.POLL)

    shipment.refresh_from_db()
    assert Letter.objects.values_list("state", "problem").get() == (LetterState.READ, "")
    assert (shipment.status, Alarm.objects.count()) == (Status.CREATED, 0)


@pytest.mark.parametrize(("format_", "answer"), NOBODY_KNOWS.items())
def test_a_parcel_that_a_partner_does_not_know_is_an_alarm(format_: Format, answer: object) -> None:
    account = make_account(format=format_)
    make_carried("JJFI1")

    hear(account, json.dumps(answer).encode(), via=Via.POLL)

    assert Alarm.objects.values_list("kind", "times").get() == (AlarmKind.EMPTY, 1)


def test_only_live_parcels_that_were_not_heard_of_are_asked_for(account: Account, partner: Partner) -> None:
    make_carried("DONE", status=Status.DELIVERED)
    heard, _unheard = make_carried("HEARD"), make_carried("UNHEARD")
    Followed.objects.create(account=account, parcel=heard.parcels.get(), heard_at=NOON, said_at=NOON)

    poll(account, minutes=29)
    assert [path.split("=")[1] for path, _ in partner.asked] == ["UNHEARD&page_size"]

    poll(account, minutes=58)
    assert [path.split("=")[1] for path, _ in partner.asked[1:]] == ["HEARD&page_size"]

    poll(account, minutes=59)
    assert [path.split("=")[1] for path, _ in partner.asked[2:]] == ["UNHEARD&page_size"]


def test_what_has_not_changed_is_not_sent_again(account: Account, partner: Partner) -> None:
    make_carried("JJFI1")
    partner.answers += [(200, {"ETag": '"v1"'}, tracker("in_transit")), (304, {}, b""), (200, {}, tracker("delivered"))]

    for minutes in (0, 30, 60):
        poll(account, minutes=minutes)

    assert [headers.get("if-none-match") for _, headers in partner.asked] == [None, '"v1"', '"v1"']
    assert Letter.objects.count() == 2
    assert Followed.objects.get().etag == ""


def test_what_a_partner_knows_nothing_of_is_no_failure(account: Account, partner: Partner) -> None:
    make_carried("JJFI1")
    partner.answers.append((404, {}, b"{}"))

    poll(account)

    account.refresh_from_db()
    assert (account.failures, account.asked_at, Letter.objects.count()) == (0, NOON, 0)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_who_does_not_answer_is_left_alone_and_an_alarm(account: Account, partner: Partner, status: int) -> None:
    make_carried("JJFI1")
    partner.answers += [(status, {"Retry-After": "7200"}, b""), (200, {}, tracker("in_transit"))]

    poll(account)
    poll(account, minutes=119)
    account.refresh_from_db()
    assert (len(partner.asked), account.failures, account.ask_after) == (1, 1, NOON + 120 * MINUTE)
    assert Alarm.objects.filter(settled_at=None).values_list("kind", "times").get() == (AlarmKind.NOT_ANSWERING, 1)

    poll(account, minutes=120)
    account.refresh_from_db()
    assert (len(partner.asked), account.failures, account.ask_after) == (2, 0, None)
    assert not Alarm.objects.filter(settled_at=None).exists()


def test_failures_are_told_once_and_the_pauses_grow(account: Account, partner: Partner) -> None:
    make_carried("JJFI1")
    partner.answers += [(500, {}, b"")] * 3

    for hours in range(3):
        poll(account, minutes=hours * 60)

    account.refresh_from_db()
    assert account.failures == 3
    assert Alarm.objects.get().times == 3
    assert [polling.pause(failures, chance=lambda: 0.5) for failures in (1, 2, 3, 9, 10**6)] == [
        MINUTE,
        2 * MINUTE,
        4 * MINUTE,
        256 * MINUTE,
        timedelta(hours=6),
    ]
    assert [polling.pause(1, chance=chance) for chance in (float, lambda: 1.0)] == [
        timedelta(seconds=48),
        timedelta(seconds=72),
    ]
    assert polling.pause(1, chance=lambda: 0.5, wished=timedelta(days=9)) == timedelta(days=1)


def test_nobody_inside_the_house_is_asked(account: Account, partner: Partner, settings: Settings) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    make_carried("JJFI1")

    poll(account)

    assert partner.asked == []
    assert Alarm.objects.get().kind == AlarmKind.NOT_ANSWERING


def test_an_answer_that_is_too_long_is_none(account: Account, partner: Partner) -> None:
    make_carried("JJFI1")
    partner.answers.append((200, {}, b" " * (1024 * 1024 + 1)))

    poll(account)

    account.refresh_from_db()
    assert (account.failures, Letter.objects.count()) == (1, 0)


def test_whom_somebody_else_is_asking_is_not_asked_as_well(account: Account, partner: Partner) -> None:
    make_carried("JJFI1")
    Account.objects.update(ask_after=NOON + polling.CLAIM)

    poll(account)
    assert partner.asked == []

    poll(account, minutes=2)
    assert len(partner.asked) == 1


def test_who_can_be_asked_for_many_at_once_is_asked_once(partner: Partner) -> None:
    account = make_account(format=Format.AFTERSHIP, api_url=partner.url, poll_minutes=30)
    for number in range(3):
        make_carried(f"P{number}")
    partner.answers.append((200, {"ETag": '"all"'}, b'{"meta": {"code": 200}, "data": {"trackings": []}}'))

    poll(account)

    assert len(partner.asked) == 1
    assert list(Followed.objects.values_list("asked_at", flat=True)) == [NOON] * 3


def test_only_those_that_want_to_be_asked_are(account: Account) -> None:
    Account.objects.filter(id=account.id).update(is_active=False)
    make_account(slug="quiet")

    assert list(Account.objects.to_ask(at=NOON)) == []
    assert Shipment.objects.count() == 0
