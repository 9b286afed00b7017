"""The dispatcher's page in a real browser: the map, what is dragged, what comes up by itself; and without scripts."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from desk.models import Role
from dispatch.models import Plan, PlanState
from dispatch.services import plans
from tests.browser.conftest import PHONE
from tests.browser.test_states import require_fit_for_all
from tests.dispatch.fleets import make_demand, make_duty
from tests.dispatch.hubs import make_hub
from tests.factories import make_driver, make_member
from tests.servers import Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TOURS = [
    [(60.1689, 24.9455), (60.1681, 24.9502), (60.1701, 24.9480), (60.1712, 24.9461)],
    [(60.1740, 24.9410), (60.1752, 24.9451), (60.1760, 24.9400)],
]


def sign_in(context: BrowserContext, daphne: Server) -> BrowserContext:
    client = Client()
    client.force_login(make_member(Role.LEAD))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": daphne.url}])
    return context


@pytest.fixture
def context(context: BrowserContext, daphne: Server) -> BrowserContext:
    """Open the browser of a lead who has signed in."""
    return sign_in(context, daphne)


@pytest.fixture
def plan() -> Plan:
    """Plan tomorrow: two drivers with a tour each, and something that nobody knows where to bring."""
    hub, at = make_hub(), datetime.combine(timezone.now().date() + timedelta(days=1), time(7), UTC)
    drivers = [make_driver(given_name=name) for name in ("Aino", "Onni")]
    duties = [make_duty(hub, driver=driver, starts_at=at, ends_at=at + timedelta(hours=9)) for driver in drivers]
    latest = at + timedelta(hours=9)
    waiting = [[make_demand(hub, door, earliest=at, latest=latest) for door in doors] for doors in TOURS]
    make_demand(hub, None, earliest=at, latest=latest)
    plan = plans.draft(at.date(), [hub], by=make_member(Role.LEAD), at=timezone.now())
    for duty, demands in zip(duties, waiting, strict=True):
        for place, demand in enumerate(demands, start=1):
            plans.move(plan, demand.shipment, duty=duty, place=place, at=timezone.now())
    plan.refresh_from_db()
    return plan


def order(plan: Plan) -> list[list[int]]:
    tours = plan.tours.order_by("duty")
    return [[*tour.visits.order_by("sequence").values_list("shipment", flat=True)] for tour in tours]


def drag(page: Page, dragged: Locator, goal: Locator) -> None:
    """Drag as a hand does: a little at first, which begins it, then all the way."""
    dragged.hover(position={"x": 2, "y": 2})
    page.mouse.down()
    dragged.hover(position={"x": 12, "y": 6})
    goal.hover()
    goal.hover(position={"x": 4, "y": 4})
    page.mouse.up()


def test_everybody_can_read_a_day(page: Page, plan: Plan) -> None:
    page.goto(f"/admin/desk/board/?plan={plan.pk}")
    expect(page.locator("[data-map] .mark")).to_have_count(7)
    expect(page.get_by_role("link", name="© OpenStreetMap contributors")).to_be_visible()
    for tour in page.locator("details.tour:not([open]) summary").all():
        tour.click()

    require_fit_for_all(page)


def test_everybody_can_read_a_day_without_tours(page: Page) -> None:
    make_hub()
    page.goto("/admin/desk/board/")
    expect(page.get_by_text("Nobody has a tour on this day yet.")).to_be_visible()

    require_fit_for_all(page)


def test_everybody_can_read_what_a_plan_does_to_the_air(page: Page, plan: Plan) -> None:
    page.goto(f"/admin/desk/board/{plan.pk}/emissions/")
    expect(page.get_by_role("cell", name="Sum").or_(page.get_by_role("rowheader", name="Sum"))).to_have_count(2)

    require_fit_for_all(page)


def test_a_line_is_dragged_to_another_tour(page: Page, plan: Plan) -> None:
    before = order(plan)
    page.set_viewport_size({"width": 1280, "height": 1600})
    page.goto(f"/admin/desk/board/?plan={plan.pk}")
    expect(page.locator("[data-map] .mark")).to_have_count(7)
    for tour in page.locator("details.tour:not([open]) summary").all():
        tour.click()

    dragged, goal = (page.locator(f"tr[data-shipment='{shipment}'] time") for shipment in (before[0][0], before[1][1]))
    drag(page, dragged.first, goal.first)

    page.wait_for_url(f"**/?plan={plan.pk}")
    expect(page.locator("details.tour").nth(1).locator("summary")).to_contain_text("4 shipments")
    assert order(plan) == [before[0][1:], [before[1][0], before[0][0], *before[1][1:]]]


def test_a_plan_shows_by_itself_when_it_is_ready(page: Page, plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.WORKING, progress=30)
    page.goto(f"/admin/desk/board/?plan={plan.pk}")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "30")

    Plan.objects.filter(pk=plan.pk).update(progress=60)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "60")
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.READY, progress=100)

    expect(page.get_by_role("button", name="Publish this plan")).to_be_visible()
    expect(page.locator("[data-map] .mark")).to_have_count(7)


def test_a_day_needs_no_script(chromium: Browser, daphne: Server, plan: Plan) -> None:
    before = order(plan)
    context = sign_in(chromium.new_context(base_url=daphne.url, viewport=PHONE, java_script_enabled=False), daphne)
    page = context.new_page()
    page.goto(f"/admin/desk/board/?plan={plan.pk}")
    page.locator(f"tr[data-shipment='{before[0][2]}']").get_by_role("link", name="Move").click()
    page.get_by_label("To the tour of").select_option(index=2)
    page.get_by_label("Place").fill("2")
    page.get_by_role("button", name="Move it there").click()
    moved = [[*before[0][:2], before[0][3]], [before[1][0], before[0][2], *before[1][1:]]]
    assert order(plan) == moved

    page.get_by_role("button", name="Publish this plan").click()

    expect(page.get_by_text("The plan is published")).to_be_visible()
    expect(page.get_by_text("As it is on the road.", exact=False).first).to_be_visible()
    context.close()
