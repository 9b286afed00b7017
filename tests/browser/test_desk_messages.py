"""The desk's pages of messages in a real browser: readable by day and by night, and nothing on them runs but ours."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from notifications.models import Inbound, Notification, State
from notifications.services import replies
from notifications.triggers import Channel, Trigger
from tests.browser.test_states import require_fit_for_all
from tests.factories import make_shipment
from tests.servers import Server

MAIJA = "+358401234567"
LOG = "/admin/notifications/notification/"
NAUGHTY = "<img src=x onerror=alert(1)>"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def context(context: BrowserContext, daphne: Server) -> BrowserContext:
    """Open the browser of somebody of the desk who has signed in."""
    client = Client()
    client.force_login(User.objects.create_superuser("sari"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": daphne.url}])
    return context


def land(**fields: object) -> Notification:
    """Let a text land in the local outbox."""
    at, shipment = timezone.now(), make_shipment()
    known = {
        "brand": shipment.brand,
        "shipment": shipment,
        "trigger": Trigger.ON_THE_WAY,
        "channel": Channel.SMS,
        "recipient": MAIJA,
        "language": "en",
        "state": State.SENT,
        "provider": "local",
        "body": f"Your order is on its way. {NAUGHTY} https://example.org/t/abc/",
        "created_at": at,
        "due_at": at,
        "sent_at": at,
        "expires_at": at + timedelta(hours=3),
    }
    return Notification.objects.create(**{**known, **fields})


def write(body: str) -> Inbound:
    return replies.receive(provider_id=body, channel=Channel.SMS, sender=MAIJA, body=body, at=timezone.now())


@pytest.mark.parametrize("path", ["health/", "local/"])
def test_everybody_at_the_desk_can_read_how_messages_do(page: Page, path: str) -> None:
    land()
    land(state=State.PENDING, sent_at=None)
    page.goto(f"{LOG}{path}")

    require_fit_for_all(page)


def test_a_conversation_is_read_and_answered_and_goes_on_by_itself(page: Page) -> None:
    landed = land()
    page.goto(f"{LOG}local/{landed.id}/")

    page.get_by_label("Text").fill(f"Hello? {NAUGHTY}")
    page.get_by_role("button", name="Answer as the recipient").click()

    sayings = page.get_by_role("main").locator("ol > li")
    expect(sayings).to_have_count(2)
    land(body="We are at your door.")
    expect(sayings).to_have_count(3)
    assert page.locator("img[src=x]").count() == 0
    require_fit_for_all(page)


def test_the_desk_answers_what_was_kept_for_it(page: Page) -> None:
    land()
    inbound = write("Where are you?")
    page.goto(f"/admin/notifications/inbound/{inbound.id}/change/")

    page.get_by_role("link", name="Conversation").click()
    require_fit_for_all(page)
    page.get_by_label("Text").fill("In ten minutes.")
    page.get_by_role("button", name="Answer").click()

    expect(page.get_by_text("The answer is on its way.")).to_be_visible()
    assert Notification.objects.get(trigger=Trigger.REPLY).details == {"text": "In ten minutes."}


def test_the_rules_of_a_brand_fit_for_all(page: Page) -> None:
    brand = land().brand
    page.goto(f"/admin/notifications/rule/?brand={brand.slug}")

    page.get_by_label("Delivered, SMS", exact=True).select_option("on")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved for Kauppa.")).to_be_visible()
    require_fit_for_all(page)


def test_a_mail_is_looked_at_before_it_is_kept(context: BrowserContext, page: Page) -> None:
    brand = land().brand
    page.goto("/admin/notifications/template/add/")
    page.get_by_label("Brand").select_option(str(brand.id))
    page.get_by_label("Trigger").select_option(Trigger.DELIVERED)
    page.get_by_label("Channel").select_option(Channel.EMAIL)
    page.get_by_label("Language").fill("en")
    page.get_by_label("Subject").fill("{reference} is there")
    page.get_by_label("Text").fill(f"Have fun with it! {NAUGHTY}")

    with context.expect_page() as opened:
        page.get_by_role("button", name="Preview").click()
    preview = opened.value

    mail = preview.frame_locator("iframe.mail")
    expect(mail.get_by_role("heading", name="DS-10482 is there")).to_be_visible()
    expect(mail.get_by_text("Have fun with it!")).to_be_visible()
    assert mail.locator("img[src=x]").count() == 0
    require_fit_for_all(preview)
