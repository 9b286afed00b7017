"""Push in a real browser, as far as one goes without a push service: the question, the worker, what it shows."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from notifications.models import PushSubscription
from tests import servers
from tests.browser.conftest import PHONE
from tests.browsers import ENDPOINT, VAPID_CONTACT, VAPID_KEY
from tests.browsers import Browser as PushedBrowser
from tests.factories import make_link, make_shipment
from tests.servers import Server
from tracking.links.models import TrackingLink

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

SUBSCRIBE = """
    (subscription) => {
        PushManager.prototype.subscribe = async (options) => {
            window.asked = options;
            return { toJSON: () => subscription };
        };
        PushManager.prototype.getSubscription = async () => ({ toJSON: () => subscription });
    }
"""
"""There is no push service here to ask, so the browser is given its answer."""

SHOWN = """
    async () => {
        const registration = await navigator.serviceWorker.getRegistration("/t/");
        const shown = await registration.getNotifications();
        return shown.map(({ title, body, tag, data }) => [title, body, tag, data.link]);
    }
"""


@pytest.fixture(scope="module")
def pushing(installation: dict[str, str]) -> Iterator[Server]:
    """Run Doorstep with a key for web push."""
    keys = {"VAPID_PRIVATE_KEY": VAPID_KEY, "VAPID_CONTACT": VAPID_CONTACT}
    with servers.web("daphne", {**installation, **keys}) as server:
        yield server


@pytest.fixture
def phone(chromium: Browser, pushing: Server) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=pushing.url, viewport=PHONE)
    yield context
    context.close()


@pytest.fixture
def link() -> TrackingLink:
    return make_link(make_shipment(at=timezone.now()), at=timezone.now())


def open_messages(phone: BrowserContext, link: TrackingLink) -> Page:
    page = phone.new_page()
    page.goto(f"/t/{link.token}/messages/")
    page.evaluate(SUBSCRIBE, PushedBrowser().subscription())
    return page


def deliver(page: Page, link: TrackingLink, *, tag: str, title: str) -> None:
    """Have the browser receive a message, as from a push service, and wait until it is shown."""
    origin = page.evaluate("location.origin")
    told = {"title": title, "body": "Aino comes next.", "link": f"{origin}/t/{link.token}/#{tag}", "tag": tag}
    session = page.context.new_cdp_session(page)
    registration = _registration(page, session, f"{origin}/t/")
    message = {"origin": origin, "registrationId": registration, "data": json.dumps(told)}
    session.send("ServiceWorker.deliverPushMessage", message)
    _wait(page, lambda: any(shown[0] == title for shown in page.evaluate(SHOWN)))


def _registration(page: Page, session: CDPSession, scope: str) -> str:
    """Find the browser's own name for the worker's registration."""
    found: list[str] = []

    def look(event: dict[str, Any]) -> None:
        found.extend(each["registrationId"] for each in event["registrations"] if each["scopeURL"] == scope)

    session.on("ServiceWorker.workerRegistrationUpdated", look)
    session.send("ServiceWorker.enable")
    _wait(page, lambda: bool(found))
    return found[0]


def _wait(page: Page, is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_so():
            return
        page.wait_for_timeout(50)
    pytest.fail("It never came about.")


def test_nothing_is_asked_before_a_click_and_then_this_browser_is_told(
    phone: BrowserContext, link: TrackingLink
) -> None:
    phone.grant_permissions(["notifications"])
    page = open_messages(phone, link)
    button = page.get_by_role("button", name="Tell me on this device")
    expect(button).to_be_visible()
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0

    button.click()

    expect(page.get_by_text("This device is told, even when the page is closed.")).to_be_visible()
    subscription = PushSubscription.objects.get()
    assert (subscription.shipment, subscription.endpoint, subscription.gone_at) == (link.shipment, ENDPOINT, None)
    assert page.evaluate("window.asked.userVisibleOnly")
    assert len(page.evaluate("window.asked.applicationServerKey")) == 87

    page.get_by_role("button", name="Stop on this device").click()

    expect(button).to_be_visible()
    subscription.refresh_from_db()
    assert subscription.gone_at


def test_a_browser_that_does_not_allow_it_is_told_so(phone: BrowserContext, link: TrackingLink) -> None:
    page = open_messages(phone, link)
    page.evaluate("Notification.requestPermission = async () => 'denied'")

    page.get_by_role("button", name="Tell me on this device").click()

    expect(page.get_by_text("Your browser does not allow it.")).to_be_visible()
    assert not PushSubscription.objects.exists()


def test_the_worker_shows_what_is_pushed_and_a_second_one_takes_its_place(
    phone: BrowserContext, link: TrackingLink
) -> None:
    phone.grant_permissions(["notifications"])
    page = open_messages(phone, link)
    page.get_by_role("button", name="Tell me on this device").click()
    expect(page.get_by_role("button", name="Stop on this device")).to_be_visible()

    for title in ("Kauppa", "Kauppa once more"):
        deliver(page, link, tag="0123456789", title=title)

    address = f"{page.evaluate('location.origin')}/t/{link.token}/#0123456789"
    assert page.evaluate(SHOWN) == [["Kauppa once more", "Aino comes next.", "0123456789", address]]


def test_without_a_key_nothing_is_offered(page: Page, link: TrackingLink) -> None:
    page.goto(f"/t/{link.token}/messages/")

    expect(page.get_by_role("heading", name="Messages", exact=True)).to_be_visible()
    expect(page.locator("[data-push]")).to_have_count(0)
