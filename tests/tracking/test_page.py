import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_brand, make_device, make_link, make_recipient, make_route, make_shipment
from tracking import surroundings
from tracking.links import limits
from tracking.links import services as links
from tracking.links.models import LinkUse, TrackingLink, UseKind
from tracking.rounds.models import Position
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent, WindowChange
from tracking.shipments.services import Recipient, Report
from tracking.shipments.window import Cause, Window

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

QUERIES = 6
"""The link; the stops of its round, its parcels and its events; what may be changed; the ledger of its window."""

SECRETS = ["Aleksanterinkatu", "00100", "Meikäläinen", "maija@example.org", "401234567", "4711B"]
"""What the page holds back of the recipient that the factories make."""


def address_of(link: TrackingLink) -> str:
    return f"/t/{link.token}/"


def read(client: Client, link: TrackingLink) -> str:
    return client.get(address_of(link)).content.decode()


def make_link_now(status: Status = Status.PLANNED, *, recipient: Recipient | None = None) -> TrackingLink:
    at = timezone.now()
    return make_link(make_shipment(status=status, at=at - timedelta(hours=5), recipient=recipient), at=at)


def make_link_on_a_round() -> TrackingLink:
    at = timezone.now()
    route = make_route([(60.1689, 24.9455), (60.1722, 24.9455)], at=at - timedelta(hours=1))
    return make_link(Shipment.objects.get(stop__route=route, stop__sequence=2), at=at)


def tell(link: TrackingLink, start: datetime) -> None:
    window = Window(start.astimezone(link.shipment.zone).date(), start, start + timedelta(minutes=20))
    services.estimate(link.shipment, window, cause=Cause.BEHIND, at=timezone.now())


def test_the_page_is_kept_out_of_caches_search_engines_and_other_sites_logs(client: Client) -> None:
    response = client.get(address_of(make_link_now()))

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_what_the_page_says_is_what_a_policy_without_inline_code_allows(client: Client) -> None:
    html = read(client, make_link_on_a_round())

    assert not re.search(r"<[^>]+\s(?:style|on\w+)\s*=", html)
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", html) == []


def test_the_page_begins_with_the_answer(client: Client) -> None:
    link = make_link_on_a_round()
    tell(link, timezone.now() + timedelta(minutes=30))

    html = read(client, link)

    assert html.count("<h1") == html.count("<main") == 1
    assert (
        html.index("Arriving ")
        < html.index("1 stop before you.")
        < html.index("map-picture")
        < html.index('class="rail"')
    )
    assert "Aino brings it by van" in html
    assert "Virtanen" not in html


def test_why_the_time_changed_is_said_once_it_has(client: Client) -> None:
    link = make_link_on_a_round()
    tell(link, timezone.now() + timedelta(minutes=30))
    told = read(client, link)
    tell(link, timezone.now() + timedelta(minutes=60))
    told_again = read(client, link)

    assert "Why did my time change?" not in told
    assert "Why did my time change?" in told_again
    assert "Earlier stops or traffic took longer than planned." in told_again


def test_a_get_changes_nothing(client: Client) -> None:
    link = make_link_on_a_round()
    tables: list[Any] = [Shipment, StatusEvent, TrackingLink, LinkUse, Position, WindowChange]
    before = [list(table.objects.values()) for table in tables]

    client.get(address_of(link))
    client.head(address_of(link))

    assert [list(table.objects.values()) for table in tables] == before


@pytest.mark.parametrize("events", [1, 10, 300])
def test_the_queries_do_not_grow_with_the_history(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, events: int
) -> None:
    link = make_link_on_a_round()
    at = timezone.now()
    for number in range(events):
        report = Report("post", f"e{number}", at - timedelta(days=9, minutes=number), Status.IN_TRANSIT, place="Vantaa")
        services.ingest(link.shipment, report, at=at)
    for number in range(min(events, 30)):
        tell(link, at + timedelta(hours=number + 1))

    with django_assert_num_queries(QUERIES):
        client.get(address_of(link))


@pytest.mark.parametrize("neighbours", [0, 20])
def test_the_queries_do_not_grow_with_the_round(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, neighbours: int
) -> None:
    at = timezone.now()
    doors = [(60.1689 + number / 10_000, 24.9455) for number in range(neighbours + 1)]
    route = make_route(doors, at=at)
    link = make_link(Shipment.objects.filter(stop__route=route).latest("stop__sequence"), at=at)
    tell(link, at + timedelta(hours=1))

    with django_assert_num_queries(QUERIES):
        client.get(address_of(link))


def expire(link: TrackingLink) -> None:
    TrackingLink.objects.filter(id=link.id).update(expires_at=timezone.now() - timedelta(seconds=1))


def revoke(link: TrackingLink) -> None:
    links.revoke(link, at=timezone.now())


def outlive(link: TrackingLink) -> None:
    long_ago = timezone.now() - timedelta(days=99)
    Shipment.objects.filter(id=link.shipment_id).update(status=Status.DELIVERED, finished_at=long_ago)


@pytest.mark.parametrize("end", [expire, revoke, outlive])
def test_a_link_that_has_ended_and_one_that_never_was_get_the_same_page(
    client: Client, end: Callable[[TrackingLink], None]
) -> None:
    link = make_link_now()
    end(link)

    ended, unknown = client.get(address_of(link)), client.get("/t/never-there/")

    assert ended.status_code == unknown.status_code == 404
    assert ended.content == unknown.content
    assert ended.headers == unknown.headers
    assert "This link leads nowhere" in ended.content.decode()


def test_guessing_links_is_refused_after_a_while_and_good_ones_still_open(client: Client) -> None:
    link = make_link_now()
    answers = [client.get(f"/t/guess-{number}/") for number in range(limits.BY_ADDRESS.misses * 2 + 1)]

    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert "One moment, please" in answers[-1].content.decode()
    assert client.get(address_of(link)).status_code == 200


def test_no_naughty_token_breaks_the_page(client: Client) -> None:
    for token in ["%00", "%F0%9F%9A%9A", "a" * 4000, "..%2f..%2fetc", "'%20OR%201=1--", "%3Cscript%3E"]:
        assert client.get(f"/t/{token}/").status_code in {404, 429}


def test_what_a_shop_or_carrier_writes_is_never_markup(client: Client) -> None:
    attack = "<script>alert(1)</script>"
    shipment = make_shipment(brand=make_brand(name=attack), parcel_numbers=[attack], at=timezone.now())
    report = Report("post", "e1", timezone.now(), Status.IN_TRANSIT, place=attack)
    services.ingest(shipment, report, at=timezone.now())

    html = read(client, make_link(shipment, at=timezone.now()))

    assert attack not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_address_and_its_exact_place_are_hidden_until_the_second_factor_is_given(client: Client) -> None:
    link = make_link_on_a_round()
    latitude, longitude = surroundings.of(60.1722, 24.9455)

    html = read(client, link)

    assert [secret for secret in SECRETS if secret in html] == []
    assert "60.1722" not in html
    assert f'data-latitude="{latitude}"' in html
    assert f'data-longitude="{longitude}"' in html
    assert "map-around" in html
    assert "map-place" not in html


def test_the_postcode_opens_the_address_for_this_device_and_this_link_alone(client: Client) -> None:
    link = make_link_on_a_round()
    other_link = make_link(link.shipment, at=timezone.now())

    response = client.post(f"{address_of(link)}unlock/", {"postcode": " 00-100 "})
    html = read(client, link)

    assert (response.status_code, response["Location"]) == (302, address_of(link))
    cookie = response.cookies["door"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (address_of(link), True, "Lax")
    assert "Aleksanterinkatu 13 B 7, 00100 Helsinki" in html
    assert "map-place" in html
    assert [secret for secret in SECRETS[2:] if secret in html] == []
    assert "Aleksanterinkatu" not in read(Client(), link)
    client.cookies["door"]["path"] = "/"
    assert "Aleksanterinkatu" not in read(client, other_link)
    assert LinkUse.objects.get().kind == UseKind.UNLOCKED


def test_the_door_closes_after_a_day(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    link = make_link_now()
    client.post(f"{address_of(link)}unlock/", {"postcode": "00100"})
    tomorrow = timezone.now().timestamp() + timedelta(days=1).total_seconds() + 1

    monkeypatch.setattr("time.time", lambda: tomorrow)

    assert "Aleksanterinkatu" not in read(client, link)


@pytest.mark.parametrize("cookie", ["", "nonsense", "{token}", "{token}:1abc:forged"])
def test_a_forged_cookie_opens_nothing(client: Client, cookie: str) -> None:
    link = make_link_now()
    client.cookies["door"] = cookie.format(token=link.token)

    assert "Aleksanterinkatu" not in read(client, link)


def test_a_wrong_postcode_is_said_beside_the_field(client: Client) -> None:
    link = make_link_now()

    response = client.post(f"{address_of(link)}unlock/", {"postcode": "99999"})

    assert response.status_code == 422
    assert "This is not the postcode of this delivery." in response.content.decode()
    assert "Aleksanterinkatu" not in response.content.decode()
    assert "door" not in response.cookies
    assert LinkUse.objects.get().kind == UseKind.REFUSED


def test_after_five_wrong_postcodes_even_the_right_one_has_to_wait(client: Client) -> None:
    link = make_link_now()
    for _ in range(links.TRIES):
        client.post(f"{address_of(link)}unlock/", {"postcode": "99999"})

    response = client.post(f"{address_of(link)}unlock/", {"postcode": "00100"})

    assert response.status_code == 429
    assert response["Retry-After"] == "3600"
    assert "Too many tries. Please wait an hour and try again." in response.content.decode()
    assert "Aleksanterinkatu" not in response.content.decode()
    assert LinkUse.objects.count() == links.TRIES


@pytest.mark.parametrize("form", [{}, {"postcode": ""}, {"postcode": "0" * 17}, {"postcode": "00\x00100"}])
def test_what_is_no_postcode_counts_as_no_try(client: Client, form: dict[str, Any]) -> None:
    link = make_link_now()

    response = client.post(f"{address_of(link)}unlock/", form)

    assert response.status_code == 422
    assert not LinkUse.objects.exists()


def test_the_postcode_opens_nothing_for_who_came_by_it(client: Client) -> None:
    shipment = make_link_now().shipment
    link = links.look_up(shipment.reference, shipment.postcode, at=timezone.now())

    html = read(client, link)
    response = client.post(f"{address_of(link)}unlock/", {"postcode": "00100"})

    assert "Postcode of the delivery" not in html
    assert response.status_code == 422
    assert "Aleksanterinkatu" not in response.content.decode()


def test_only_a_post_of_our_own_form_opens_the_door() -> None:
    client = Client(enforce_csrf_checks=True)
    link = make_link_now()

    response = client.post(f"{address_of(link)}unlock/", {"postcode": "00100"})

    assert client.get(f"{address_of(link)}unlock/").status_code == 405
    assert response.status_code == 403
    assert "Please try once more" in response.content.decode()
    assert not LinkUse.objects.exists()


def test_an_address_without_a_point_has_a_page_without_a_map(client: Client) -> None:
    link = make_link_now(recipient=make_recipient(latitude=None, longitude=None))

    html = read(client, link)

    assert "map-picture" not in html
    assert "Planned for today" in html


def test_an_address_outside_every_map_has_a_page_without_one(client: Client) -> None:
    link = make_link_now(recipient=make_recipient(latitude=-33.86, longitude=151.2))

    assert "map-picture" not in read(client, link)


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.PLANNED, Status.OUT_FOR_DELIVERY}))
def test_a_map_is_shown_only_where_it_answers_a_question(client: Client, status: Status) -> None:
    assert "map-picture" not in read(client, make_link_now(status))


@pytest.mark.django_db(transaction=True)
def test_the_driver_is_on_the_map_only_while_they_may_be_seen(client: Client) -> None:
    link = make_link_on_a_round()
    key = make_device(link.shipment.stop.route.shift.driver, at=timezone.now()).key if link.shipment.stop else ""
    query = {"lat": "60.1705", "lon": "24.9420", "timestamp": str(timezone.now().timestamp())}
    assert client.get(f"/gps/{key}/", query).status_code == 200

    seen = read(client, link)
    services.record(link.shipment, Status.DELIVERED, at=timezone.now())
    delivered = read(client, link)

    assert 'data-sight="fresh"' in seen
    assert "Aino is about 300 m away." in seen
    assert "Aino" not in delivered
    assert 'data-sight="none"' in delivered


def test_the_page_speaks_the_zone_of_the_destination(client: Client) -> None:
    html = read(client, make_link_now())

    assert "All times are Helsinki time." in html


def test_the_page_of_another_method_is_refused(client: Client) -> None:
    assert client.post(address_of(make_link_now())).status_code == 405
