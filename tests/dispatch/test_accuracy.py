"""The public page of how good the windows were, and the figures behind it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dispatch import accuracy
from dispatch.accuracy import FEWEST, Share
from tests.dispatch.hubs import make_hub
from tests.factories import make_shipment
from tracking.rounds.models import Place
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, WindowChange
from tracking.shipments.window import Cause

NOW = timezone.now().replace(microsecond=0)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def deliver(*, at: datetime = NOW - HOUR, hub: Place | None = None, minutes_late: float = 0) -> Shipment:
    """Deliver in the middle of a window of half an hour that was told two hours before, or later."""
    shipment = make_shipment(status=Status.DELIVERED)
    Shipment.objects.filter(id=shipment.id).update(
        finished_at=at + minutes_late * MINUTE, hub=hub, promised_start=at - HOUR, promised_end=at + HOUR
    )
    tell(shipment, at=at - 2 * HOUR, start=at - 15 * MINUTE, end=at + 15 * MINUTE)
    return shipment


def tell(shipment: Shipment, *, at: datetime, start: datetime | None, end: datetime | None) -> None:
    date = (start or at).date()
    WindowChange.objects.create(shipment=shipment, at=at, cause=Cause.BEHIND, date=date, start=start, end=end)


@pytest.mark.sqlite
def test_judged_is_the_window_that_was_shown_an_hour_before() -> None:
    inside, moved_late, moved_in_time = deliver(), deliver(minutes_late=40), deliver(minutes_late=40)
    at = NOW - HOUR
    tell(moved_late, at=at - 10 * MINUTE, start=at + 30 * MINUTE, end=at + 50 * MINUTE)
    tell(moved_in_time, at=at - 30 * MINUTE, start=at + 30 * MINUTE, end=at + 50 * MINUTE)

    (whole,) = accuracy.of_windows(at=NOW)

    assert inside.finished_at is not None
    assert whole.shown == Share(hits=2, n=3)
    assert whole.promised == Share(hits=3, n=3)
    assert whole.minutes_wide is None


def test_a_day_alone_is_no_window_and_neither_is_one_that_was_told_later() -> None:
    with_a_day, told_late, untold = (make_shipment(status=Status.DELIVERED) for _ in range(3))
    Shipment.objects.update(finished_at=NOW)
    tell(with_a_day, at=NOW - 5 * HOUR, start=None, end=None)
    tell(told_late, at=NOW - 59 * MINUTE, start=NOW - MINUTE, end=NOW + MINUTE)

    (whole,) = accuracy.of_windows(at=NOW)

    assert untold.id
    assert whole.shown == whole.promised == Share(hits=0, n=0)


def test_only_deliveries_of_the_last_thirty_days_count() -> None:
    deliver(at=NOW - timedelta(days=30) - MINUTE)
    deliver(at=NOW - timedelta(days=30) + MINUTE)
    make_shipment(status=Status.CANCELLED)

    assert accuracy.of_windows(at=NOW)[0].shown == Share(hits=1, n=1)


def test_hubs_are_told_apart_where_there_are_several() -> None:
    first, second = make_hub().place, make_hub().place
    deliver(hub=first)
    assert len(accuracy.of_windows(at=NOW)) == 1

    cache.clear()
    deliver(hub=second, minutes_late=30)
    deliver()

    whole, *hubs = accuracy.of_windows(at=NOW)
    assert whole.shown == Share(hits=2, n=3)
    assert [(hub.hub, hub.shown) for hub in hubs] == [(first.name, Share(1, 1)), (second.name, Share(0, 1))]


def test_it_takes_one_question_in_ten_minutes_however_many_ask(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        deliver()

    with django_assert_num_queries(1):
        answers = [client.get("/accuracy/"), client.get("/accuracy/"), client.get("/accuracy.json")]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[0].headers["Cache-Control"] == "public, max-age=600"


def test_below_fifty_deliveries_nothing_is_said(client: Client) -> None:
    for _ in range(3):
        deliver()

    page = client.get("/accuracy/").content.decode()

    assert '<h1 id="headline">' in page
    assert "There is too little to say yet: 3 deliveries" in " ".join(page.split())
    assert "too few to say" in page
    assert "of 100 deliveries came" not in page


def test_with_nothing_delivered_there_is_no_table(client: Client) -> None:
    page = client.get("/accuracy/").content.decode()

    assert "0 deliveries of the last 30 days" in " ".join(page.split())
    assert "<table>" not in page


def test_from_fifty_on_it_is_said_in_the_heading_the_table_and_the_json(client: Client) -> None:
    for number in range(FEWEST):
        deliver(minutes_late=20 if number < 10 else 0)

    page = " ".join(client.get("/accuracy/").content.decode().split())
    facts = client.get("/accuracy.json").json()

    assert '<h1 id="headline"> 80 of 100 deliveries came inside the window </h1>' in page
    assert "Half of these windows were 30 minutes wide or less." in page
    assert facts == {
        "days": 30,
        "fewest": 50,
        "aims": {"shown": 0.8, "promised": 0.95},
        "shown_an_hour_before": {"deliveries": 50, "inside": 0.8},
        "promised": {"deliveries": 50, "inside": 1.0},
        "median_minutes_wide": 30,
        "hubs": [],
    }


@pytest.mark.parametrize("address", ["/accuracy/", "/accuracy.json"])
def test_there_is_nothing_to_post(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
