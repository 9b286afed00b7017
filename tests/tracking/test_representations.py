import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone, translation
from icalendar import Calendar, Event
from pytest_django import DjangoAssertNumQueries

from tests.factories import NOON, make_brand, make_link, make_route, make_shipment
from tests.zones import ZONES, changes_of_the_clocks
from tracking import facts
from tracking.facts import Facts, WindowFact
from tracking.links import limits
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment
from tracking.shipments.services import Report
from tracking.shipments.window import Cause, Window
from tracking.words import calendar, plain_text

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
HELSINKI = ZoneInfo("Europe/Helsinki")
FORMS = ["json", "txt", "ics"]
NAUGHTY = "Kamppi\r\nEND:VCALENDAR\r\nX-EVIL:1\x00\x1b[2J\u202e\u2028<script>alert(1)</script>; a, b\\n"

pytestmark = pytest.mark.django_db


def fetch(client: Client, link: TrackingLink | str, form: str, **headers: str) -> HttpResponse:
    token = link if isinstance(link, str) else link.token
    return cast("HttpResponse", client.get(f"/t/{token}.{form}", headers=headers))


def entry(ics: bytes) -> Event:
    (found,) = Calendar.from_ical(ics).events
    return found


@pytest.fixture
def link() -> TrackingLink:
    """Give the link of the second of three shipments on the road, with a window and a promise."""
    now = timezone.now().replace(microsecond=0)
    route = make_route(DOORS, at=now)
    shipment = route.stops.all()[1].shipments.get()
    services.promise(shipment, start=now, end=now + timedelta(hours=1), at=now)
    found = Window(now.astimezone(HELSINKI).date(), now + timedelta(minutes=10), now + timedelta(minutes=30))
    services.estimate(shipment, found, cause=Cause.ON_THE_ROAD, at=now)
    return make_link(shipment, at=now)


def test_the_json_is_what_the_contract_says(client: Client, link: TrackingLink) -> None:
    response = fetch(client, link, "json")

    shipment = Shipment.objects.with_round().get(id=link.shipment_id)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert json.loads(response.content) == facts.as_json(facts.gather(shipment, fix=None, at=timezone.now()))


@pytest.mark.parametrize("form", FORMS)
def test_nobody_keeps_an_answer_lists_it_or_learns_where_a_reader_came_from(
    client: Client, link: TrackingLink, form: str
) -> None:
    for token in (link.token, "no-such-token"):
        response = fetch(client, token, form)

        assert response["Cache-Control"] == "no-store"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("form", FORMS)
def test_whoever_has_the_latest_is_told_so_until_something_changes(
    client: Client, link: TrackingLink, form: str
) -> None:
    etag = fetch(client, link, form)["ETag"]

    unchanged = fetch(client, link, form, if_none_match=etag)
    assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", etag)
    assert unchanged["Cache-Control"] == "no-store"

    services.record(link.shipment, Status.DELIVERED, at=timezone.now())

    changed = fetch(client, link, form, if_none_match=etag)
    assert changed.status_code == 200
    assert changed["ETag"] != etag


@pytest.mark.parametrize("form", FORMS)
def test_a_head_is_a_get_without_its_body(client: Client, link: TrackingLink, form: str) -> None:
    head, get = client.head(f"/t/{link.token}.{form}"), fetch(client, link, form)

    assert head.content == b""
    assert (head.status_code, head["ETag"], head["Content-Type"]) == (200, get["ETag"], get["Content-Type"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written_here(client: Client, link: TrackingLink, form: str, method: str) -> None:
    assert getattr(client, method)(f"/t/{link.token}.{form}").status_code == 405


def refusals(client: Client, form: str) -> Iterator[HttpResponse]:
    """Ask with a token that never was, an expired one, a revoked one, and one that cannot be."""
    now = timezone.now()
    expired = make_link(make_shipment(status=Status.DELIVERED, at=now - timedelta(days=30)), at=now)
    revoked = make_link(at=now)
    links.revoke(revoked, at=now)
    for token in ("A" * 32, expired.token, revoked.token, "%00", "x" * 5000, "ä"):
        yield fetch(client, token, form)


@pytest.mark.parametrize(
    ("form", "content_type"),
    [("json", "application/problem+json"), ("txt", "text/plain; charset=utf-8"), ("ics", "text/plain; charset=utf-8")],
)
def test_a_wrong_an_expired_and_a_revoked_token_get_the_same_answer(
    client: Client, form: str, content_type: str
) -> None:
    answers = [(answer.status_code, answer.content, sorted(answer.items())) for answer in refusals(client, form)]

    assert answers == [answers[0]] * 6
    assert answers[0][0] == 404
    assert dict(answers[0][2])["Content-Type"] == content_type


def test_a_problem_says_what_is_wrong_to_a_program_and_to_a_person(client: Client) -> None:
    assert json.loads(fetch(client, "nothing", "json").content) == {
        "type": "about:blank",
        "title": "No such delivery",
        "status": 404,
        "detail": "This link opens no delivery. It may be old or mistyped.",
    }
    assert fetch(client, "nothing", "txt").content.decode() == (
        "No such delivery. This link opens no delivery. It may be old or mistyped.\n"
    )


def test_finding_out_that_a_token_is_good_old_or_wrong_costs_one_question_each(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    expired = make_link(make_shipment(status=Status.DELIVERED, at=now - timedelta(days=30)), at=now)

    for token in ("A" * 32, expired.token):
        with django_assert_num_queries(1):
            fetch(client, token, "json")


@pytest.mark.parametrize("form", FORMS)
def test_an_address_that_guesses_is_told_to_wait_while_a_good_link_goes_on_working(
    client: Client, link: TrackingLink, form: str
) -> None:
    answers = [fetch(client, f"guess-{number}", form) for number in range(99)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert [answer.status_code for answer in answers[: limits.BY_ADDRESS.misses]] == [404] * limits.BY_ADDRESS.misses
    assert refused
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert fetch(client, link, form).status_code == 200


def test_each_form_costs_the_same_few_questions_however_long_the_history(
    client: Client, link: TrackingLink, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(50):
        report = Report("carrier", str(number), timezone.now(), None)
        services.ingest(link.shipment, report, at=timezone.now())

    for form in FORMS:
        with django_assert_num_queries(5):
            fetch(client, link, form)


def test_the_text_is_read_aloud_from_the_answer_to_the_history() -> None:
    at = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    shipment = make_shipment(brand=make_brand(name="Kauppa"), status=Status.AT_HUB, parcel_numbers=["P1", "P2"], at=at)
    found = Window(date(2026, 11, 22), at + timedelta(hours=1), at + timedelta(hours=2))
    services.promise(shipment, start=at, end=at + timedelta(hours=1), at=at)
    services.estimate(shipment, found, cause=Cause.BEHIND, at=at)

    told = plain_text.write(gather(shipment, at), brand="Kauppa", now=at.astimezone(HELSINKI))

    assert told == (
        f"Kauppa, {shipment.reference}\n"
        "At the local hub. Expected 13:00–14:00\n"
        "Only the last part of its way is left.\n"
        "Later than promised. We promised 12:00–13:00 today and are sorry that you have to wait. "
        "Earlier stops or traffic took longer than planned.\n"
        "Nothing to do yet. The time becomes more exact on the day.\n"
        "\n"
        "Status: At the local hub\n"
        "Expected: Sunday 22 November 2026, 13:00–14:00 (Europe/Helsinki)\n"
        "Promised: Sunday 22 November 2026 12:00 – Sunday 22 November 2026 13:00\n"
        "Why: Earlier stops or traffic took longer than planned.\n"
        "\n"
        "Parcels:\n"
        "- P1: At the local hub\n"
        "- P2: At the local hub\n"
        "\n"
        "What happened:\n"
        "- Sunday 22 November 2026 12:00: Order received\n"
        "- Sunday 22 November 2026 12:01: At the local hub\n"
        "\n"
        "As of: Sunday 22 November 2026 12:00\n"
    )


def gather(shipment: Shipment, at: datetime) -> Facts:
    return facts.gather(Shipment.objects.with_round().get(id=shipment.id), fix=None, at=at)


def test_the_calendar_has_the_window_under_a_name_that_stays(client: Client, link: TrackingLink) -> None:
    response = fetch(client, link, "ics")
    before = entry(response.content)
    told = json.loads(fetch(client, link, "json").content)

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert before.start == datetime.fromisoformat(told["window"]["start"])
    assert before.end == datetime.fromisoformat(told["window"]["end"])
    assert b"DTSTART;TZID=Europe/Helsinki:" in response.content
    assert (before.status, before.sequence, before.classification) == ("CONFIRMED", told["version"], "PRIVATE")
    assert before.summary == "Delivery from Kauppa"
    assert before.url == f"http://testserver/t/{link.token}/"
    assert b"METHOD:PUBLISH" in response.content

    services.record(link.shipment, Status.AT_HUB, at=timezone.now())

    after = entry(fetch(client, link, "ics").content)
    assert after.uid == before.uid
    assert after.sequence == told["version"] + 1


def test_the_name_of_an_entry_gives_away_neither_the_token_nor_an_id(client: Client, link: TrackingLink) -> None:
    uid = entry(fetch(client, link, "ics").content).uid

    assert len(uid) == 32
    assert uid != entry(fetch(client, make_link(link.shipment, at=timezone.now()), "ics").content).uid
    assert link.token not in uid


def test_a_date_without_a_time_is_a_day_of_the_calendar(client: Client) -> None:
    now = timezone.now()
    tomorrow = now.astimezone(HELSINKI).date() + timedelta(days=1)
    shipment = make_shipment(status=Status.IN_TRANSIT, at=now)
    services.estimate(shipment, Window(tomorrow), cause=Cause.CARRIER, at=now)

    ics = fetch(client, make_link(shipment, at=now), "ics").content

    assert (entry(ics).start, entry(ics).end) == (tomorrow, tomorrow + timedelta(days=1))
    assert f"DTSTART;VALUE=DATE:{tomorrow:%Y%m%d}\r\n".encode() in ics


def test_what_a_carrier_dates_without_a_time_is_told_by_its_day_in_every_form(client: Client) -> None:
    midnight = datetime(2026, 11, 20, tzinfo=HELSINKI)
    shipment = make_shipment(at=midnight - timedelta(days=1))
    services.ingest(shipment, Report("post", "1", midnight, Status.IN_TRANSIT, place="Oulu"), at=NOON)
    link = make_link(shipment)

    said = {form: fetch(client, link, form).content.decode() for form in ("json", "txt")}
    page = client.get(f"/t/{link.token}/").content.decode()

    assert json.loads(said["json"])["events"][-1] == {
        "at": "2026-11-20",
        "status": "in_transit",
        "label": "In transit",
        "place": "Oulu",
    }
    assert "- Friday 20 November 2026: In transit, Oulu" in said["txt"]
    assert "00:00" not in said["txt"] + page


def test_what_was_cancelled_is_cancelled_in_the_calendar(client: Client) -> None:
    now = timezone.now()
    shipment = make_shipment(status=Status.CANCELLED, at=now)

    found = entry(fetch(client, make_link(shipment, at=now), "ics").content)

    assert found.status == "CANCELLED"
    assert found.start == shipment.changed_at.astimezone(HELSINKI).date()


@pytest.mark.parametrize("status", [Status.CREATED, Status.DELIVERED, Status.ATTEMPTED, Status.LOST])
def test_where_nobody_knows_a_time_the_calendar_is_whole_and_empty(client: Client, status: Status) -> None:
    now = timezone.now()

    ics = fetch(client, make_link(make_shipment(status=status, at=now), at=now), "ics").content

    assert [component.name for component in Calendar.from_ical(ics).subcomponents] == ["VTIMEZONE"]


def span(ics: bytes, *, zone: tzinfo | None = None) -> tuple[datetime, datetime]:
    """Read from when to when an entry lasts, taking its zone for the one that it names, or for another one."""
    found = entry(ics)
    start, end = found.start, found.end
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    if zone is not None and start.tzname() != "UTC":
        start, end = start.replace(tzinfo=zone), end.replace(tzinfo=zone)
    return start.astimezone(UTC), end.astimezone(UTC)


@pytest.mark.parametrize("name", ZONES)
def test_a_calendar_that_knows_no_time_zones_reads_the_same_moments(name: str) -> None:
    zone = ZoneInfo(name)
    known = gather(make_shipment(), NOON)
    for change in (*changes_of_the_clocks(name, 2026), datetime(2026, 6, 30, 23, 58, tzinfo=UTC)):
        for minutes in range(-130, 131, 26):
            start, end = change + timedelta(minutes=minutes), change + timedelta(minutes=minutes + 40)
            told = WindowFact(
                date=start.astimezone(zone).date(),
                start=start.astimezone(zone),
                end=end.astimezone(zone),
                timezone=name,
                promised_start=None,
                promised_end=None,
                reason="",
            )

            ics = calendar.write(replace(known, window=told), brand="", address="http://testserver/", zone=zone)

            described = Calendar.from_ical(ics).timezones[0].to_tz(lookup_tzid=False)
            assert span(ics) == span(ics, zone=described) == (start, end)


@pytest.fixture
def naughty() -> TrackingLink:
    """Give the link of a shipment in which every text that others write tries to break out."""
    now = timezone.now()
    brand = make_brand(name=NAUGHTY.replace("\x00", ""))
    shipment = make_shipment(brand=brand, parcel_numbers=[NAUGHTY[:50].replace("\x00", "")], at=now)
    Shipment.objects.filter(id=shipment.id).update(reference=NAUGHTY[:50].replace("\x00", ""))
    report = Report("carrier", "1", now, Status.AT_HUB, place=NAUGHTY.replace("\x00", ""))
    services.ingest(shipment, report, at=now)
    services.estimate(shipment, Window(now.date() + timedelta(days=1)), cause=Cause.CARRIER, at=now)
    return make_link(shipment, at=now)


def test_nothing_that_others_write_ends_a_line_of_the_text(client: Client, naughty: TrackingLink) -> None:
    told = fetch(client, naughty, "txt").content.decode()

    assert not set(told) & set("\r\x00\x1b\u202e\u2028")
    assert [line for line in told.split("\n") if line.startswith(("END:", "X-EVIL"))] == []
    assert "[2J <script>alert(1)</script>; a, b\\n" in told


def test_nothing_that_others_write_adds_a_line_to_the_calendar(client: Client, naughty: TrackingLink) -> None:
    ics = fetch(client, naughty, "ics").content
    lines = ics.decode().split("\r\n")

    assert lines.count("END:VCALENDAR") == lines.count("END:VEVENT") == 1
    assert not any(line.startswith(("X-EVIL", "\n")) for line in lines)
    assert not set(ics.decode()) & set("\x00\x1b\u202e\u2028")
    assert str(entry(ics).summary).startswith("Delivery from Kamppi END:VCALENDAR X-EVIL:1 [2J")


def test_the_json_gives_what_others_wrote_as_it_is_and_as_json(client: Client, naughty: TrackingLink) -> None:
    response = fetch(client, naughty, "json")

    told: dict[str, Any] = json.loads(response.content)
    assert told["events"][-1]["place"] == NAUGHTY.replace("\x00", "")
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("handover", Handover)
def test_every_form_can_say_every_handover(client: Client, handover: Handover) -> None:
    now = timezone.now()
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, at=now)
    services.record(shipment, Status.DELIVERED, handover=handover, at=now + timedelta(seconds=1))
    link = make_link(shipment, at=now)

    assert json.loads(fetch(client, link, "json").content)["handover"] == handover.value
    assert f"Handover: {handover.label}\n" in fetch(client, link, "txt").content.decode()


def test_a_reader_is_answered_in_their_language_and_told_that_it_matters(client: Client, link: TrackingLink) -> None:
    with translation.override("en"):
        response = fetch(client, link, "txt", accept_language="en")

    assert "Accept-Language" in response["Vary"]
    assert response["Content-Language"] == "en"
