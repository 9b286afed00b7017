"""The desk's page of whether forecasts hold what they claim; who may see it, test_roles says."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from desk.models import Role
from dispatch import accuracy
from dispatch.accuracy import Calibration
from dispatch.models import Forecast
from tests.factories import make_driver, make_member, make_route
from tracking.rounds.models import Stop

NOW = timezone.now().replace(microsecond=0)
MINUTE = timedelta(minutes=1)
PAGE = "/admin/desk/calibration/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return make_member(Role.LEAD)


def make_stop() -> Stop:
    return make_route([(60.17, 24.94)], driver=make_driver()).stops.get()


def foretell(stop: Stop, count: int, *, done_after: float | None, horizon: int = 2, at: datetime = NOW) -> None:
    """Keep forecasts for 20 to 40 minutes from then on, of a stop that was done after so many."""
    before = Forecast.objects.count()
    moments = [at - timedelta(hours=1) + timedelta(seconds=before + number) for number in range(count)]
    Forecast.objects.bulk_create(
        Forecast(
            stop=stop,
            at=moment,
            horizon=horizon,
            p10=moment + 20 * MINUTE,
            p50=moment + 30 * MINUTE,
            p90=moment + 40 * MINUTE,
            shown_start=moment + 20 * MINUTE,
            shown_end=moment + 40 * MINUTE,
            hour=12,
            model="m",
            done_at=moment + done_after * MINUTE if done_after is not None else None,
        )
        for moment in moments
    )


@pytest.mark.sqlite
def test_forecasts_are_counted_by_hub_and_horizon(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    stop = make_stop()
    for done_after, count in ((19, 2), (20, 3), (40, 4), (41, 5), (None, 6)):
        foretell(stop, count, done_after=done_after)
    foretell(stop, 1, done_after=30, horizon=4)
    foretell(stop, 1, done_after=30, at=NOW - timedelta(days=40))

    with django_assert_num_queries(1):
        found = accuracy.of_forecasts(since=NOW - timedelta(days=30))

    assert found == [Calibration("Kamppi", 2, 14, early=2, late=5), Calibration("Kamppi", 4, 1, early=0, late=0)]
    assert found[0].held == 7


def test_the_page_says_what_held_and_what_is_off(client: Client, lead: User) -> None:
    stop = make_stop()
    foretell(stop, 80, done_after=30)
    foretell(stop, 8, done_after=10)
    foretell(stop, 32, done_after=50)
    client.force_login(lead)

    page = " ".join(client.get(PAGE).content.decode().split())

    assert "<td>20 to 45 minutes before</td> <td>120</td>" in page
    assert "67 % <strong>off</strong> <br><small>58 % to 74 %</small>" in page
    assert "<td> 7 % <br><small>3 % to 13 %</small> </td>" in page
    assert "27 % <strong>off</strong>" in page


def test_of_few_forecasts_nothing_is_said(client: Client, lead: User) -> None:
    foretell(make_stop(), 9, done_after=30, horizon=5)
    client.force_login(lead)

    page = " ".join(client.get(PAGE).content.decode().split())

    assert "<td>more than 180 minutes before</td> <td>9</td> <td> too few to say </td>" in page


def test_before_any_round_is_over_it_says_so(client: Client, lead: User) -> None:
    foretell(make_stop(), 9, done_after=None, horizon=0)
    client.force_login(lead)

    page = client.get(PAGE).content.decode()

    assert "No round with a forecast is over yet." in page
    assert "Forecasts by hub and horizon" not in page
