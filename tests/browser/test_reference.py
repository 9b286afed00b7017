"""The reference of the API in a real browser: readable for all, by day and by night, and all of it by keyboard."""

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import PHONE
from tests.browser.test_states import require_fit_for_all

DESK = ViewportSize(width=1280, height=900)
MOST_TABS = 12
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_everybody_can_read_all_that_can_be_asked(page: Page, viewport: ViewportSize) -> None:
    page.set_viewport_size(viewport)
    page.goto("/api/v1/docs")
    page.evaluate(OPEN_ALL)

    require_fit_for_all(page)


def test_an_operation_and_its_example_are_reached_by_keyboard_alone(page: Page) -> None:
    page.goto("/api/v1/docs")
    operation = page.get_by_role("article", name="Hear of news")
    link = page.get_by_role("navigation").get_by_role("link", name="Hear of news")
    link.focus()

    page.keyboard.press("Enter")
    example = operation.locator("summary", has_text="Example")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if example.evaluate("each => each === document.activeElement"):
            break
    expect(example).to_be_focused()
    page.keyboard.press("Enter")

    expect(operation.get_by_role("heading", name="Hear of news")).to_be_in_viewport()
    expect(operation.locator("pre")).to_contain_text("curl")
    expect(operation.locator("pre")).to_be_visible()


def test_whoever_comes_by_keyboard_passes_over_the_head_of_the_page(page: Page) -> None:
    page.goto("/api/v1/docs")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="openapi.json")).to_be_focused()
