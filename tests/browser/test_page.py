import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser.conftest import PHONE, Post
from tests.browser.scenes import ON_THE_WAY, make_round
from tests.servers import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

MOST_BYTES = 40_000
MOST_REQUESTS = 5


@pytest.fixture
def plain_page(chromium: Browser, daphne: Server) -> Iterator[Page]:
    """Open a tab of a browser that runs no script."""
    context = chromium.new_context(base_url=daphne.url, viewport=PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.innerText || document.activeElement.labels?.[0].innerText"):
            return
    pytest.fail(f"{name} cannot be reached by keyboard.")


def test_the_page_is_complete_without_javascript(plain_page: Page, post: Post) -> None:
    round_ = make_round()
    post(round_.key, ON_THE_WAY)

    plain_page.goto(f"/t/{round_.links[1].token}/")

    expect(plain_page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Arriving .*\d\d:\d\d.*\d\d:\d\d$"))
    expect(plain_page.locator(".lede")).to_have_text("1 stop before you.")
    expect(plain_page.locator(".map-picture")).to_be_visible()
    expect(plain_page.locator("[data-mark=van]")).to_be_visible()
    expect(plain_page.locator("#whereabouts")).to_have_text(re.compile(r"^Aino is about \d+ m away\.$"))
    expect(plain_page.locator("#seen")).to_have_text("Seen just now")
    expect(plain_page.locator(".rail [aria-current=step]")).to_have_text("On its way")
    expect(plain_page.get_by_text("Aino brings it by van")).to_be_visible()
    expect(plain_page.get_by_text("Order received")).to_be_visible()
    expect(plain_page.get_by_role("link", name="Refresh")).to_be_visible()
    expect(plain_page.get_by_role("button", name="Larger map")).to_be_hidden()


def test_the_address_opens_without_javascript_and_stays_open(plain_page: Page) -> None:
    address = f"/t/{make_round().links[1].token}/"
    plain_page.goto(address)
    expect(plain_page.get_by_text("Aleksanterinkatu 13 B 7")).to_have_count(0)

    plain_page.get_by_text("Show the full address").click()
    plain_page.get_by_label("Postcode of the delivery").fill("00100")
    plain_page.get_by_role("button", name="Show the address").click()

    expect(plain_page.get_by_text("Aleksanterinkatu 13 B 7, 00100 Helsinki")).to_be_visible()
    expect(plain_page.locator(".map-place")).to_be_visible()
    plain_page.goto(address)
    expect(plain_page.get_by_text("Aleksanterinkatu 13 B 7, 00100 Helsinki")).to_be_visible()


def test_a_delivery_is_found_and_read_by_keyboard_alone(page: Page) -> None:
    shipment = make_round().shipments[1]
    page.goto("/")

    tab_to(page, "Order or parcel number")
    page.keyboard.type(shipment.reference.lower())
    tab_to(page, "Postcode of the delivery")
    page.keyboard.type("00 100")
    tab_to(page, "Find it")
    page.keyboard.press("Enter")

    expect(page.locator(".lede")).to_have_text("1 stop before you.")
    expect(page.get_by_text("Show the full address")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_address_is_opened_by_keyboard_alone(page: Page) -> None:
    page.goto(f"/t/{make_round().links[1].token}/")

    tab_to(page, "Show the full address")
    page.keyboard.press("Enter")
    tab_to(page, "Postcode of the delivery")
    page.keyboard.type("00100")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Aleksanterinkatu 13 B 7, 00100 Helsinki")).to_be_visible()


def test_the_first_view_is_light(page: Page, post: Post) -> None:
    round_ = make_round()
    post(round_.key, ON_THE_WAY)
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    page.on("response", note)

    page.goto(f"/t/{round_.links[3].token}/", wait_until="networkidle")
    asked = [answer.request for answer in answers if "icons" not in answer.url]
    weight = sum(request.sizes()["responseHeadersSize"] + request.sizes()["responseBodySize"] for request in asked)

    assert len(asked) <= MOST_REQUESTS
    assert weight <= MOST_BYTES


def test_the_large_map_opens_over_our_own_tiles(page: Page, post: Post) -> None:
    round_ = make_round()
    post(round_.key, ON_THE_WAY)
    page.goto(f"/t/{round_.links[0].token}/")
    expect(page.locator("#sync")).to_have_text("Live")

    tab_to(page, "Larger map")
    page.keyboard.press("Enter")

    expect(page.locator(".leaflet-tile-loaded").first).to_be_visible()
    assert "/tiles/" in (page.locator(".leaflet-tile-loaded").first.get_attribute("src") or "")
    expect(page.locator("dialog [data-mark=van]")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("link", name="OpenStreetMap")).to_be_visible()

    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Larger map")).to_be_focused()
