"""Every state of the page, as a browser shows it: to everybody, by day and by night, on the narrowest phone."""

from collections.abc import Callable
from typing import Final, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import PHONE, Post
from tests.browser.scenes import ON_THE_WAY, SCENES, make_round
from tracking.links.models import TrackingLink

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
CHANGED_MS = 300
DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 800}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def findings(page: Page) -> list[str]:
    found = Axe().run(page, options=WCAG).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


def findings_in(page: Page, scheme: Literal["dark", "light"]) -> list[str]:
    """Find what is wrong by day or by night, once the colours have changed: those of the stock admin take a moment."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_timeout(CHANGED_MS)
    return findings(page)


def require_fit_for_all(page: Page) -> None:
    by_day, by_night = findings_in(page, "light"), findings_in(page, "dark")
    page.set_viewport_size({"width": 320, "height": 640})
    overflow = page.evaluate(OVERFLOW)
    page.evaluate("document.documentElement.dir = 'rtl'")

    assert by_day == []
    assert by_night == []
    assert (overflow, page.evaluate(OVERFLOW)) == (0, 0)


def require_fit_on_any_screen(page: Page) -> None:
    """Look at it as wide as a desk first, then as narrow as a phone, which is left narrow."""
    page.set_viewport_size(DESKTOP)
    assert findings_in(page, "light") == []
    assert findings_in(page, "dark") == []
    page.set_viewport_size(PHONE)
    require_fit_for_all(page)


@pytest.mark.parametrize("scene", SCENES.values(), ids=list(SCENES))
def test_everybody_can_read_the_page_whatever_happened(page: Page, scene: Callable[[], TrackingLink]) -> None:
    page.goto(f"/t/{scene().token}/")
    expect(page.locator("#sync")).to_have_text("Live")

    require_fit_for_all(page)


def test_everybody_can_read_the_page_with_the_driver_on_it(page: Page, post: Post) -> None:
    round_ = make_round()
    post(round_.key, ON_THE_WAY)
    page.goto(f"/t/{round_.links[0].token}/")
    page.get_by_text("Why did my time change?").click()
    page.get_by_text("Show the full address").click()

    require_fit_for_all(page)


def test_everybody_can_read_what_a_wrong_postcode_leads_to(page: Page, problems: list[str]) -> None:
    page.goto(f"/t/{make_round().links[0].token}/")
    page.get_by_text("Show the full address").click()
    page.get_by_label("Postcode of the delivery").fill("99999")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not the postcode of this delivery.")).to_be_visible()

    require_fit_for_all(page)
    problems[:] = [problem for problem in problems if "422" not in problem]


@pytest.mark.parametrize("address", ["/", "/t/nothing/", "/nowhere"])
def test_everybody_can_read_the_other_pages(page: Page, problems: list[str], address: str) -> None:
    page.goto(address)

    require_fit_for_all(page)
    problems[:] = [problem for problem in problems if "404" not in problem]


def test_everybody_can_use_the_large_map(page: Page, post: Post) -> None:
    round_ = make_round()
    post(round_.key, ON_THE_WAY)
    page.goto(f"/t/{round_.links[0].token}/")
    page.get_by_role("button", name="Larger map").click()
    expect(page.locator(".leaflet-tile-loaded").first).to_be_visible()

    require_fit_for_all(page)
