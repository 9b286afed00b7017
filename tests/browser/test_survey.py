"""How was it?, as a shopper answers it: by tap, by keyboard, without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from feedback.models import Rating
from tests.browser.test_states import require_fit_for_all
from tests.factories import make_link, make_shipment
from tests.servers import Server
from tracking.shipments.lifecycle import Status

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def survey_address(status: Status = Status.DELIVERED) -> str:
    shipment = make_shipment(status=status, at=timezone.now() - timedelta(days=1))
    return f"/t/{make_link(shipment, at=timezone.now()).token}/feedback/"


def test_the_tap_is_kept_although_the_tab_closes_after_it(page: Page) -> None:
    page.goto(survey_address())

    page.get_by_role("button", name="2 stars, bad").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.close()

    assert Rating.objects.get().score == 2


def test_everything_is_said_by_keyboard_and_without_javascript(chromium: Browser, daphne: Server) -> None:
    with chromium.new_context(base_url=daphne.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{survey_address()}?score=4")
        page.get_by_role("button", name="Give 4 stars").press("Enter")
        page.get_by_label("It came when promised").press("Space")
        page.get_by_label("In your own words").fill("Kiitos!")
        page.get_by_role("button", name="Send").press("Enter")
        expect(page.get_by_label("In your own words")).to_have_value("Kiitos!")

    rating = Rating.objects.get()
    assert (rating.score, rating.reasons, rating.words) == (4, ["on_time"], "Kiitos!")


@pytest.mark.parametrize("query", ["", "?score=4"])
def test_everybody_can_read_the_question(page: Page, query: str) -> None:
    page.goto(survey_address() + query)

    require_fit_for_all(page)


def test_everybody_can_read_what_comes_too_early(page: Page) -> None:
    page.goto(survey_address(Status.OUT_FOR_DELIVERY))

    require_fit_for_all(page)


@pytest.mark.parametrize("stars", ["1 star, very bad", "5 stars, very good"])
def test_everybody_can_read_what_is_asked_after_the_stars(page: Page, stars: str) -> None:
    page.goto(survey_address())
    page.get_by_role("button", name=stars).click()

    require_fit_for_all(page)
