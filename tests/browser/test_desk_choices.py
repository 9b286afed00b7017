"""Who carries a shipment and why, at the desk in a real browser: the sum, a choice by hand, what a partner booked."""

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from carriers.models import Choice
from carriers.services import choosing
from desk.models import Role
from tests.browser.test_states import require_fit_on_any_screen
from tests.carriers.bookable import make_booked
from tests.carriers.choices import make_carrier, make_score, make_weighing
from tests.factories import make_brand, make_member, make_shipment
from tests.servers import Server
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def context(context: BrowserContext, daphne: Server) -> BrowserContext:
    """Open the browser of an agent who has signed in."""
    client = Client()
    client.force_login(make_member(Role.AGENT))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": daphne.url}])
    return context


def make_chosen() -> Shipment:
    """Let Posti be chosen by the sum, where another carrier was to be had and a third was not."""
    brand = make_brand()
    make_weighing(brand)
    make_score(make_carrier("posti", base="5.00"), on_window=0.95, on_window_n=60)
    make_carrier("other", base="9.00")
    make_carrier("gone", base="1.00", area="33")
    shipment = make_shipment(brand=brand)
    choosing.choose(shipment, at=timezone.now())
    return shipment


def test_an_agent_reads_the_sum_and_chooses_by_hand_with_the_keyboard(page: Page) -> None:
    shipment = make_chosen()
    page.goto(f"/admin/desk/shipments/{shipment.id}/")
    why = page.get_by_role("region", name="Why this carrier")
    expect(why.get_by_role("heading", level=3)).to_contain_text("Posti, by the sum")
    expect(why.get_by_role("table")).to_be_visible()

    page.locator("summary", has_text="Choose another carrier").press("Enter")
    action = page.locator("details", has=page.get_by_role("button", name="Choose another carrier"))
    action.get_by_label("Carrier").select_option("Other")
    action.get_by_label("Reason").fill("The customer asked")
    action.get_by_role("button", name="Choose another carrier").press("Enter")

    expect(page.get_by_text("Other has it now.")).to_be_visible()
    expect(why.get_by_role("heading", level=3).first).to_contain_text("Other, by hand")
    expect(why).to_contain_text("The customer asked")
    assert Choice.objects.latest("id").reason == "The customer asked"


def test_everybody_at_the_desk_can_read_why_a_carrier_has_it(page: Page) -> None:
    shipment = make_chosen()
    page.goto(f"/admin/desk/shipments/{shipment.id}/")
    for summary in page.get_by_role("region", name="Why this carrier").locator("details:not([open]) summary").all():
        summary.click()

    require_fit_on_any_screen(page)


def test_everybody_at_the_desk_can_read_what_a_partner_booked(page: Page) -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    make_booked(shipment, at=timezone.now())

    page.goto(f"/admin/desk/shipments/{shipment.id}/")
    expect(page.get_by_role("region", name="Handed over")).to_contain_text("RE000000001FI")

    require_fit_on_any_screen(page)
