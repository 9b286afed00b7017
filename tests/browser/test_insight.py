"""The figures in a real browser: readable for all, by day and by night, and complete without JavaScript."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from desk.models import Role
from feedback import services as feedback
from feedback.models import Source
from feedback.reasons import Reason
from feedback.services import deliveries
from tests.browser.conftest import PHONE
from tests.browser.test_states import require_fit_for_all
from tests.factories import make_brand, make_member, make_shipment
from tests.servers import Server
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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


@pytest.fixture(autouse=True)
def _rated() -> None:
    """Let a dozen shoppers like their deliveries, and say so."""
    at, brand = timezone.now() - timedelta(hours=2), make_brand()
    shipments = [make_shipment(status=Status.DELIVERED, brand=brand, at=at) for _ in range(12)]
    deliveries.record([shipment.id for shipment in shipments])
    for shipment in shipments:
        feedback.rate(shipment, score=5, source=Source.PAGE, at=at)
        feedback.elaborate(
            shipment, given=[Reason.FRIENDLY], words="So kind!", recommends=10, source=Source.PAGE, at=at
        )


def test_everybody_can_read_the_figures(page: Page) -> None:
    page.goto("/admin/desk/insight/?by=brand")
    page.get_by_text("As a table").click()

    require_fit_for_all(page)


def test_a_lead_goes_from_a_figure_to_what_was_written(page: Page) -> None:
    page.goto("/admin/desk/insight/")
    page.get_by_role("link", name="Weekday").press("Enter")
    expect(page.get_by_role("heading", name="By weekday")).to_be_visible()
    page.get_by_role("link", name="The driver was friendly").press("Enter")
    expect(page.get_by_role("article")).to_have_count(12)
    expect(page.get_by_role("article").first).to_contain_text("So kind!")

    require_fit_for_all(page)


def test_the_figures_need_no_script(chromium: Browser, daphne: Server) -> None:
    context = sign_in(chromium.new_context(base_url=daphne.url, viewport=PHONE, java_script_enabled=False), daphne)
    page = context.new_page()
    page.goto("/admin/desk/insight/")
    page.get_by_label("From").fill((timezone.now() - timedelta(days=3)).date().isoformat())
    page.get_by_role("button", name="Show").click()

    expect(page.get_by_role("heading", name="12 deliveries")).to_be_visible()
    expect(page.get_by_role("img", name="the figures are in the table below")).to_have_count(12)
    context.close()
