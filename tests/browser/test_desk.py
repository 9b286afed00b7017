"""The desk by keyboard alone: search, the shipment, an action; readable by day and by night."""

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from desk.models import Deed, Look, Role
from tests.browser.test_states import require_fit_for_all
from tests.factories import make_link, make_member, make_route, make_shipment
from tests.servers import Server
from tracking.shipments.models import Shipment, StatusEvent

DOORS = [(60.1689, 24.9455), (60.1675, 24.9400)]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def context(context: BrowserContext, daphne: Server) -> BrowserContext:
    """Open the browser of an agent who has signed in."""
    client = Client()
    client.force_login(make_member(Role.AGENT))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": daphne.url}])
    return context


def make_shipment_on_the_road() -> Shipment:
    route = make_route(DOORS, at=timezone.now())
    shipment = Shipment.objects.get(stop__route=route, stop__sequence=1)
    make_link(shipment)
    return shipment


def test_an_agent_searches_reads_and_acts_without_a_mouse(page: Page) -> None:
    shipment = make_shipment_on_the_road()
    page.goto("/admin/")

    page.get_by_label("Find a shipment").focus()
    page.keyboard.type(shipment.reference.lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{shipment.reference}: On its way")
    page.locator("summary", has_text="Correct the status").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Delivered")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.type("The driver forgot")
    page.keyboard.press("Enter")

    expect(page.get_by_text("The status is corrected.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{shipment.reference}: Delivered")
    expect(page.get_by_role("region", name="What we did")).to_contain_text("The driver forgot")
    assert StatusEvent.objects.latest("id").is_silent
    assert list(Look.objects.order_by("id").values_list("deed", flat=True)) == [
        Deed.SEARCHED,
        Deed.SAW,
        Deed.ACTED,
        Deed.SAW,
    ]


def test_everybody_at_the_desk_can_read_a_shipment(page: Page) -> None:
    shipment = make_shipment_on_the_road()
    page.goto(f"/admin/desk/shipments/{shipment.id}/")
    expect(page.locator(".map-picture")).to_be_visible()
    for summary in page.locator(".actions summary").all():
        summary.click()

    require_fit_for_all(page)


def test_everybody_at_the_desk_can_read_what_was_refused(page: Page, problems: list[str]) -> None:
    shipment = make_shipment_on_the_road()
    page.goto(f"/admin/desk/shipments/{shipment.id}/")
    page.locator("summary", has_text="Write a note").click()
    page.get_by_role("textbox", name="Reason").last.fill("   ")
    page.get_by_role("button", name="Write a note").click()
    expect(page.get_by_text("This field is required.")).to_be_visible()

    require_fit_for_all(page)
    problems[:] = [problem for problem in problems if "422" not in problem]


def test_everybody_at_the_desk_can_read_what_was_found(page: Page) -> None:
    for _ in range(3):
        make_shipment()
    page.goto("/admin/desk/search/?q=maija")
    expect(page.get_by_text("3 shipments, the newest first.")).to_be_visible()

    require_fit_for_all(page)
    page.goto("/admin/desk/search/?q=nobody")
    expect(page.get_by_text("Nothing was found.")).to_be_visible()
