"""The drivers' links of a day: issued once, shown to leads alone, and written into the book."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from desk.board import driving
from desk.models import Deed, Look, Role
from dispatch.models import Hub
from dispatch.services import publishing
from driving.models import DriveLink
from driving.services import links
from tests.dispatch.fleets import make_day, make_plan
from tests.factories import NOON, make_member
from tracking.rounds import services as rounds
from tracking.rounds.models import Shift, ShiftState

DRIVERS = "/admin/desk/board/drivers/"
DAY = "2026-11-22"

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client: Client) -> User:
    user = make_member(Role.LEAD)
    client.force_login(user)
    return user


def make_published() -> Hub:
    hub, _ = make_day()
    publishing.publish(make_plan(hub), by=None, at=NOON)
    return hub


def page(client: Client, address: str = f"{DRIVERS}?day={DAY}") -> str:
    return client.get(address).content.decode()


def test_a_published_day_says_who_has_no_link_and_makes_it_once(client: Client, lead: User) -> None:
    make_published()
    board = page(client, f"/admin/desk/board/?day={DAY}")
    assert f'<a href="{DRIVERS}?day={DAY}">' in board
    assert "1 driver has none yet" in board
    assert "Make the 1 link that is missing" in page(client)

    answers = [client.post(f"{DRIVERS}issue/", {"day": DAY}) for _ in range(2)]

    assert {answer["Location"] for answer in answers} == {f"{DRIVERS}?day={DAY}"}
    link = DriveLink.objects.get()
    text = page(client)
    assert f'/drive/{link.token}/"' in text
    assert "Not opened yet." in text
    assert "is missing" not in text
    assert "none yet" not in page(client, f"/admin/desk/board/?day={DAY}")
    assert list(Look.objects.filter(deed=Deed.ACTED).values_list("what", "details")) == [
        ("issue_drive_links", {"day": DAY, "links": [link.pk]})
    ]
    assert Look.objects.filter(deed=Deed.SAW, what="drivers", details={"day": DAY, "rows": 1}).exists()


def test_what_leads_nowhere_any_more_is_missing_again(client: Client, lead: User) -> None:
    hub = make_published()
    (first,) = links.issue_missing([Shift.objects.get()], at=NOON)
    links.bind(first, at=NOON)
    assert "Open on a phone since" in page(client)

    links.revoke(first, at=NOON)

    (way,) = driving.read(NOON.date(), [hub])
    assert (way.link, way.address) == (None, "")
    (second,) = links.issue_missing([Shift.objects.get()], at=NOON + timedelta(hours=1))
    assert driving.read(NOON.date(), [hub])[0].link == second


def test_who_is_done_needs_no_link(client: Client, lead: User) -> None:
    hub = make_published()
    shift = Shift.objects.get()
    for state in (ShiftState.WORKING, ShiftState.ENDED):
        rounds.move_shift(shift, state, at=NOON)

    assert driving.read(NOON.date(), [hub]) == []
    assert "Nobody has anything to drive on this day." in page(client)


def test_an_agent_sees_no_link(client: Client) -> None:
    make_published()
    links.issue_missing([Shift.objects.get()], at=NOON)
    client.force_login(make_member(Role.AGENT))

    assert client.get(DRIVERS).status_code == 403
    assert DRIVERS not in page(client, f"/admin/desk/board/?day={DAY}")


def test_a_day_that_is_none_is_refused(client: Client, lead: User) -> None:
    assert client.get(f"{DRIVERS}?day=never").status_code == 422


def test_it_takes_two_queries_however_many_drive(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    hub, _ = make_day(vans=3)
    publishing.publish(make_plan(hub), by=None, at=NOON)

    with django_assert_num_queries(2):
        driving.read(NOON.date(), [hub])
