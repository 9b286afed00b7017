"""The page of the messages, as a shopper reads it: by day and by night, by keyboard, without JavaScript."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from notifications.models import Contact, Notification, Skipped, State
from notifications.triggers import Channel, Trigger
from tests.browser.test_page import tab_to
from tests.browser.test_states import require_fit_for_all
from tests.factories import make_link, make_shipment
from tests.servers import Server
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.models import Shipment
from tracking.shipments.lifecycle import Status

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

NUMBER = "+358401234567"
MAIL = "maija@example.org"
MINUTE = timedelta(minutes=1)


def make_waited_for(status: Status = Status.OUT_FOR_DELIVERY) -> TrackingLink:
    at = timezone.now()
    return make_link(make_shipment(status=status, at=at - timedelta(days=1)), at=at)


def address_of(link: TrackingLink) -> str:
    return f"/t/{link.token}/messages/"


def add(shipment: Shipment, trigger: Trigger, state: State, *, at: datetime, **fields: object) -> None:
    Notification.objects.create(
        **{
            "brand": shipment.brand,
            "shipment": shipment,
            "trigger": trigger,
            "channel": Channel.SMS,
            "recipient": NUMBER,
            "language": "en",
            "state": state,
            "created_at": at,
            "sent_at": at if state in {State.SENT, State.DELIVERED, State.FAILED} else None,
            "due_at": at,
            "expires_at": at + timedelta(days=1),
            **fields,
        }
    )


def add_a_days_messages(link: TrackingLink) -> None:
    """Write down messages as they become of one delivery, in every tone."""
    shipment, now = link.shipment, timezone.now()
    add(
        shipment,
        Trigger.CREATED,
        State.DELIVERED,
        at=now - timedelta(days=1),
        channel=Channel.EMAIL,
        recipient=MAIL,
        subject="We have your order",
        body="Hello!\n\nKauppa is getting your order ready for you.\n\nhttp://testserver/t/secret/",
    )
    add(shipment, Trigger.PLANNED, State.SKIPPED, at=now - 20 * 60 * MINUTE, reason=Skipped.UNWANTED)
    text = "Kauppa: Aino is on the way to you and should be there today between 14:05 and 14:25. http://testserver/t/x/"
    add(shipment, Trigger.ON_THE_WAY, State.DELIVERED, at=now - 50 * MINUTE, body=text)
    text = "Kauppa: your delivery comes a little later, today between 14:30 and 14:50. http://testserver/t/x/"
    add(shipment, Trigger.DELAYED, State.FAILED, at=now - 20 * MINUTE, body=text)
    add(shipment, Trigger.CODE, State.SENT, at=now - 5 * MINUTE, body="Kauppa: your code is 123456.")
    add(shipment, Trigger.ARRIVING_SOON, State.PENDING, at=now, due_at=now)


def show_the_factor(page: Page, link: TrackingLink) -> None:
    page.goto(f"/t/{link.token}/")
    page.get_by_text("Show the full address").click()
    page.get_by_label("Postcode of the delivery").fill("00100")
    page.get_by_role("button", name="Show the address").click()
    expect(page.get_by_text("Aleksanterinkatu 13 B 7, 00100 Helsinki")).to_be_visible()


def test_everybody_can_read_what_was_sent(page: Page) -> None:
    link = make_waited_for()
    add_a_days_messages(link)
    page.goto(address_of(link))
    page.get_by_text("We have your order").click()
    page.get_by_text("Use another number or address").click()
    expect(page.get_by_role("link", name="Show that it is me")).to_be_visible()

    require_fit_for_all(page)


def test_everybody_can_read_that_nothing_was_sent(page: Page) -> None:
    page.goto(address_of(make_waited_for(Status.CREATED)))
    expect(page.get_by_text("Nothing sent yet.")).to_be_visible()

    require_fit_for_all(page)


def test_everybody_can_read_what_is_wrong_with_a_number(page: Page, problems: list[str]) -> None:
    link = make_waited_for()
    show_the_factor(page, link)
    page.goto(address_of(link))
    page.get_by_text("Use another number or address").click()
    page.get_by_label("Mobile number").fill("call me")
    page.keyboard.press("Enter")
    expect(page.get_by_text("We cannot read this number.")).to_be_visible()

    require_fit_for_all(page)
    problems[:] = [problem for problem in problems if "422" not in problem]


def test_messages_are_switched_off_by_keyboard_alone(page: Page) -> None:
    link = make_waited_for()
    page.goto(f"/t/{link.token}/")

    tab_to(page, "Messages about this delivery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Where we reach you")).to_be_visible()
    tab_to(page, "Switch off")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Switched off for this delivery.")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Your choices are kept.")
    tab_to(page, "Use another number or address")
    tab_to(page, "E-mail")
    page.keyboard.press("Space")
    tab_to(page, "Keep my choices")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Order taken in").get_by_label("E-mail")).not_to_be_checked()
    expect(page.get_by_role("group", name="Shipped").get_by_label("E-mail")).to_be_checked()


def test_another_number_is_given_without_javascript(chromium: Browser, daphne: Server) -> None:
    link = make_waited_for()
    with chromium.new_context(base_url=daphne.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address_of(link))
        page.get_by_text("Use another number or address").click()
        page.get_by_role("link", name="Show that it is me").click()
        page.get_by_label("Postcode of the delivery").fill("00100")
        page.get_by_role("button", name="Show the address").click()
        page.get_by_role("link", name="Messages about this delivery").click()
        page.get_by_text("Use another number or address").click()
        page.get_by_label("Mobile number").fill("+358 40 765 4321")
        page.get_by_role("button", name="Use this number").click()

        expect(page.get_by_role("status")).to_have_text("From now on, news of this delivery goes there.")
        expect(page.get_by_text("+358 •• •••••21")).to_be_visible()
    assert Contact.objects.get().address == "+358407654321"


def test_everybody_can_read_how_to_come_by_a_code(page: Page) -> None:
    shipment = make_waited_for().shipment
    link = links.look_up(shipment.reference, shipment.postcode, at=timezone.now())
    page.goto(f"/t/{link.token}/")

    tab_to(page, "Show the full address")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Send me a code")).to_be_visible()
    tab_to(page, "Send me a code")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code from the message")).to_be_visible()
    expect(page.get_by_role("button", name="Send me another code")).to_be_visible()

    require_fit_for_all(page)


def test_a_wrong_code_is_said_beside_the_field(page: Page, problems: list[str]) -> None:
    shipment = make_waited_for().shipment
    link = links.look_up(shipment.reference, shipment.postcode, at=timezone.now())
    links.request_code(link, at=timezone.now())
    page.goto(f"/t/{link.token}/")

    page.get_by_label("Code from the message").fill("000 000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This code is not right, or no longer good.")).to_be_visible()

    require_fit_for_all(page)
    problems[:] = [problem for problem in problems if "422" not in problem]
