import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.conftest import Post
from tests.browser.scenes import ON_THE_WAY, make_round
from tracking.shipments import services
from tracking.shipments.lifecycle import Status

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

FURTHER_ON = (60.1735, 24.9470)


class Cable:
    """The way of a page's socket to the server, to be cut and mended."""

    def __init__(self, page: Page) -> None:
        self._is_cut = False
        self._ways: list[WebSocketRoute] = []
        page.route_web_socket(re.compile("/ws/"), self._connect)

    def cut(self) -> None:
        self._is_cut = True
        for way in self._ways:
            way.close()
        self._ways = []

    def mend(self) -> None:
        self._is_cut = False

    def _connect(self, way: WebSocketRoute) -> None:
        if self._is_cut:
            way.close()
        else:
            way.connect_to_server()
            self._ways.append(way)


def wait_until_live(page: Page) -> None:
    expect(page.locator("#sync")).to_have_text("Live")


def place_of_the_van(page: Page) -> tuple[float, float]:
    box = page.locator("[data-mark=van] .map-disc").bounding_box()
    assert box
    return box["x"], box["y"]


def test_a_posted_position_moves_the_marker_within_a_second(page: Page, post: Post) -> None:
    round_ = make_round()
    post(round_.key, ON_THE_WAY, age_seconds=5)
    page.goto(f"/t/{round_.links[0].token}/")
    wait_until_live(page)
    page.wait_for_timeout(300)
    before = place_of_the_van(page)

    post(round_.key, FURTHER_ON)
    posted_at = time.monotonic()
    while place_of_the_van(page) == before and time.monotonic() - posted_at < 3:
        page.wait_for_timeout(20)

    assert time.monotonic() - posted_at < 1
    assert place_of_the_van(page) != before


def test_the_marker_appears_with_the_first_position_and_goes_with_the_delivery(page: Page, post: Post) -> None:
    round_ = make_round()
    page.goto(f"/t/{round_.links[0].token}/")
    wait_until_live(page)
    expect(page.locator("[data-mark=van]")).to_be_hidden()

    post(round_.key, ON_THE_WAY)

    expect(page.locator("[data-mark=van]")).to_be_visible(timeout=1000)
    expect(page.locator("#whereabouts")).to_have_text(re.compile(r"^Aino is about \d+ m away\.$"))
    expect(page.locator("#seen")).to_have_text("Seen just now")

    services.record(round_.shipments[0], Status.DELIVERED, at=timezone.now())

    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Delivered at "), timeout=2000)
    expect(page.locator("[data-mark=van]")).to_have_count(0)
    expect(page.locator("#announcement")).to_contain_text("Delivered at ")


def test_a_change_of_status_reaches_the_open_page_and_leaves_what_the_reader_is_doing_alone(page: Page) -> None:
    round_ = make_round()
    page.goto(f"/t/{round_.links[1].token}/")
    wait_until_live(page)
    page.get_by_text("Why did my time change?").click()
    page.get_by_text("Show the full address").click()
    page.get_by_label("Postcode of the delivery").fill("001")

    services.record(round_.shipments[0], Status.DELIVERED, at=timezone.now())

    expect(page.locator(".lede")).to_have_text("No other stop before you.", timeout=2000)
    expect(page.get_by_label("Postcode of the delivery")).to_have_value("001")
    expect(page.get_by_label("Postcode of the delivery")).to_be_focused()


def test_what_was_open_stays_open_and_focus_stays_where_it_was(page: Page) -> None:
    round_ = make_round()
    page.goto(f"/t/{round_.links[1].token}/")
    wait_until_live(page)
    page.get_by_text("Why did my time change?").click()

    services.record(round_.shipments[0], Status.DELIVERED, at=timezone.now())

    expect(page.locator(".lede")).to_have_text("No other stop before you.", timeout=2000)
    expect(page.locator("#changes")).to_have_attribute("open", "")
    expect(page.locator("#changes-summary")).to_be_focused()


def test_with_the_socket_cut_the_page_says_so_polls_and_recovers(page: Page) -> None:
    round_ = make_round()
    cable = Cable(page)
    page.clock.install()
    page.goto(f"/t/{round_.links[1].token}/")
    page.clock.run_for(1000)
    wait_until_live(page)

    cable.cut()
    page.clock.run_for(5000)

    expect(page.locator("#connection")).to_contain_text("The live connection is interrupted.")
    expect(page.locator("#sync")).to_have_text(re.compile(r"^As of \d\d:\d\d$"))

    services.record(round_.shipments[0], Status.DELIVERED, at=timezone.now())
    page.clock.run_for(15_000)

    expect(page.locator(".lede")).to_have_text("No other stop before you.")

    cable.mend()
    page.clock.run_for(60_000)

    wait_until_live(page)
    expect(page.locator("#connection")).to_be_hidden()


def test_offline_says_so_and_nothing_is_missed(page: Page, context: BrowserContext, problems: list[str]) -> None:
    round_ = make_round()
    page.goto(f"/t/{round_.links[1].token}/")
    wait_until_live(page)

    context.set_offline(True)

    expect(page.locator("#connection")).to_contain_text("You are offline. This is how things stood at ")

    services.record(round_.shipments[0], Status.DELIVERED, at=timezone.now())
    context.set_offline(False)

    expect(page.locator(".lede")).to_have_text("No other stop before you.")
    expect(page.locator("#connection")).to_be_hidden()
    problems[:] = [problem for problem in problems if "ERR_INTERNET_DISCONNECTED" not in problem]


def test_an_old_fix_says_its_age_and_a_very_old_one_is_not_shown(page: Page, post: Post) -> None:
    round_ = make_round()
    post(round_.key, ON_THE_WAY)
    page.clock.install()
    page.goto(f"/t/{round_.links[0].token}/")
    page.clock.run_for(1000)
    expect(page.locator("#seen")).to_have_text("Seen just now")

    page.clock.run_for(125_000)

    expect(page.locator("#seen")).to_have_text("Seen 2 min ago")
    expect(page.locator("#map")).to_have_attribute("data-sight", "stale")

    page.clock.run_for(240_000)

    expect(page.locator("[data-mark=van]")).to_be_hidden()
    expect(page.locator("#whereabouts")).to_have_text("Aino is out of sight at the moment. Your time stays up to date.")


def test_the_marker_does_not_glide_where_motion_is_unwanted(page: Page, post: Post) -> None:
    round_ = make_round()
    post(round_.key, ON_THE_WAY, age_seconds=5)
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"/t/{round_.links[0].token}/")
    wait_until_live(page)

    assert page.locator("[data-mark=van]").evaluate("van => getComputedStyle(van).transitionProperty") == "none"


def test_a_revoked_link_closes_the_open_page(page: Page, problems: list[str]) -> None:
    round_ = make_round()
    page.goto(f"/t/{round_.links[1].token}/")
    wait_until_live(page)
    link = round_.links[1]

    link.revoked_at = timezone.now() - timedelta(seconds=1)
    link.save()
    services.record(round_.shipments[1], Status.DELIVERED, at=timezone.now())

    expect(page.get_by_role("heading", level=1)).to_have_text("This link leads nowhere", timeout=3000)
    problems[:] = [problem for problem in problems if "404" not in problem]
