"""A delivery on a shop's page, which is another origin: framed, alive, and refused to whoever has not been named."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Frame, Page, expect

from tests import web_server
from tests.browser.conftest import PHONE
from tests.browser.scenes import HOUR
from tests.browser.test_states import findings_in
from tests.factories import make_brand, make_link, make_shipment
from tests.servers import Server
from tests.web_server import WebServer
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.shipments import services
from tracking.shipments.lifecycle import Status

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

SHOP_PAGE: Final = """<!doctype html>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <title>Your order</title>
        <meta name="viewport" content="width=device-width">
    </head>
    <body>
        <main>
            <h1>Thank you for your order</h1>
            {link}
            <script src="{home}/widget.js" data-token="{token}" async></script>
        </main>
    </body>
</html>
"""

Order = Callable[[TrackingLink], str]


@pytest.fixture
def shop() -> Iterator[WebServer]:
    """Run a shop."""
    with web_server.running() as server:
        server.headers = {"Content-Type": "text/html; charset=utf-8"}
        yield server


@pytest.fixture
def order(shop: WebServer, daphne: Server) -> Order:
    """Let the shop show its page of an order; gives the page's address."""

    def show(link: TrackingLink) -> str:
        text = f'<a href="{daphne.url}/t/{link.token}/">Follow your delivery</a>'
        shop.body = SHOP_PAGE.format(home=daphne.url, token=link.token, link=text).encode()
        return f"{shop.url}/order/1"

    return show


@pytest.fixture
def shopper(page: Page, problems: list[str], shop: WebServer) -> Iterator[Page]:
    """Open a tab that may visit the shop as well."""
    yield page
    problems[:] = [problem for problem in problems if not problem.startswith(f"asked {shop.url}")]


def make_order(*origins: str, status: Status = Status.AT_HUB) -> TrackingLink:
    at = timezone.now()
    brand = make_brand(name="Päivänsäde & Pojat", widget_origins=list(origins))
    return make_link(make_shipment(brand=brand, status=status, at=at - 5 * HOUR), at=at)


def frame_of(page: Page) -> Frame:
    frame = page.query_selector("iframe")
    assert frame is not None
    content = frame.content_frame()
    assert content is not None
    return content


def height(page: Page) -> float:
    box = page.locator("iframe").bounding_box()
    assert box is not None
    return box["height"]


def test_a_shops_page_shows_a_delivery_and_hears_of_its_next_step(shopper: Page, shop: WebServer, order: Order) -> None:
    link = make_order(shop.url)

    shopper.goto(order(link))
    frame = shopper.frame_locator("iframe")

    expect(frame.locator("#sync")).to_have_text("Live")
    expect(frame.get_by_role("heading", level=1)).to_be_visible()
    expect(shopper.get_by_role("link", name="Follow your delivery")).to_be_hidden()
    services.record(link.shipment, Status.OUT_FOR_DELIVERY, at=timezone.now())
    expect(frame.locator(".status")).to_have_text("On its way")
    expect(frame.locator("#announcement")).to_contain_text("On its way")
    expect(shopper.locator("iframe")).to_have_attribute("title", frame_of(shopper).title())


def test_the_frame_is_as_high_as_what_is_in_it(shopper: Page, shop: WebServer, order: Order) -> None:
    shopper.goto(order(make_order(shop.url)))
    expect(shopper.get_by_role("link", name="Follow your delivery")).to_be_hidden()
    frame = frame_of(shopper)

    def inner() -> float:
        return float(frame.evaluate("Math.ceil(document.body.getBoundingClientRect().height)"))

    wide = inner()
    assert height(shopper) == wide
    shopper.set_viewport_size({"width": 240, "height": 640})
    frame.wait_for_function("(wide) => document.body.getBoundingClientRect().height > wide", arg=wide)
    shopper.wait_for_function("(wide) => document.querySelector('iframe').clientHeight > wide", arg=wide)

    assert height(shopper) == inner()
    assert frame.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_a_shop_that_was_not_named_cannot_show_it(
    shopper: Page, shop: WebServer, order: Order, problems: list[str]
) -> None:
    link = make_order("https://another.example")

    shopper.goto(order(link), wait_until="networkidle")

    expect(shopper.get_by_role("link", name="Follow your delivery")).to_be_visible()
    assert "frame-ancestors https://another.example" in " ".join(problems)
    assert not frame_of(shopper).url.startswith("http")
    problems.clear()


def test_no_cookie_is_set_and_nothing_is_kept(shopper: Page, shop: WebServer, order: Order) -> None:
    shopper.goto(order(make_order(shop.url)))
    expect(shopper.frame_locator("iframe").locator("#sync")).to_have_text("Live")

    assert shopper.context.cookies() == []
    assert frame_of(shopper).evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_everybody_can_read_it(shopper: Page, shop: WebServer, order: Order) -> None:
    shopper.goto(order(make_order(shop.url, status=Status.ATTEMPTED)))
    expect(shopper.frame_locator("iframe").locator("#sync")).to_have_text("Live")

    assert findings_in(shopper, "light") == []
    assert findings_in(shopper, "dark") == []


def test_the_whole_page_is_reached_by_keyboard(shopper: Page, shop: WebServer, order: Order) -> None:
    link = make_order(shop.url)
    shopper.goto(order(link))
    expect(shopper.frame_locator("iframe").locator("#sync")).to_have_text("Live")
    opener = shopper.frame_locator("iframe").get_by_role("link", name="Open the whole page")

    with shopper.context.expect_page() as opened:
        for _ in range(5):
            shopper.keyboard.press("Tab")
            if opener.evaluate("(link) => link === document.activeElement"):
                break
        shopper.keyboard.press("Enter")

    opened.value.wait_for_url(f"**/t/{link.token}/")


def test_once_the_delivery_is_gone_the_link_stands_in_its_place(
    shopper: Page, shop: WebServer, order: Order, problems: list[str]
) -> None:
    link = make_order(shop.url)
    shopper.goto(order(link))
    expect(shopper.frame_locator("iframe").locator("#sync")).to_have_text("Live")

    links.revoke(link, at=timezone.now())

    expect(shopper.locator("iframe")).to_have_count(0)
    expect(shopper.get_by_role("link", name="Follow your delivery")).to_be_visible()
    problems[:] = [problem for problem in problems if "404" not in problem]


def test_only_the_frame_is_listened_to(shopper: Page, shop: WebServer, order: Order) -> None:
    shopper.goto(order(make_order(shop.url)))
    expect(shopper.get_by_role("link", name="Follow your delivery")).to_be_hidden()
    before = height(shopper)

    shopper.evaluate("postMessage({doorstep: 'here', height: 900, title: 'Forged'}, '*')")
    shopper.evaluate("postMessage({doorstep: 'gone'}, '*')")
    shopper.evaluate("new Promise((resolve) => setTimeout(resolve))")

    assert height(shopper) == before
    expect(shopper.locator("iframe")).not_to_have_attribute("title", "Forged")


def test_it_is_complete_without_javascript(chromium: Browser, daphne: Server, shop: WebServer) -> None:
    link = make_order(shop.url)
    shop.body = f'<iframe src="{daphne.url}/t/{link.token}/widget/" title="Your delivery"></iframe>'.encode()
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()

    page.goto(shop.url)
    frame = page.frame_locator("iframe")

    expect(frame.get_by_role("heading", level=1)).to_be_visible()
    expect(frame.get_by_role("link", name="Refresh")).to_be_visible()
    expect(frame.get_by_role("link", name="Open the whole page")).to_be_visible()
    context.close()
