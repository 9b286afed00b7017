"""Changing a delivery on a phone: by day and night, by keyboard, without JavaScript; and what follows from it."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from dispatch.models import Booking, Demand, Slot
from dispatch.models.slots import SlotKind
from dispatch.services import following, offering
from driving import wishes
from tests.browser.test_states import require_fit_for_all
from tests.dispatch.hubs import make_duty, make_hub
from tests.factories import make_brand, make_link, make_shipment
from tests.servers import Server
from tracking.changes.models import Action, Change
from tracking.links.models import TrackingLink
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.window import Cause

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True),
]

HOUR = timedelta(hours=1)


def saturday() -> date:
    """Give the next Saturday that is not too near."""
    soon = timezone.now().date() + timedelta(days=2)
    return soon + timedelta(days=(5 - soon.weekday()) % 7)


def make_offered(*, status: Status = Status.AT_HUB) -> TrackingLink:
    """Make a delivery for the day before Saturday that may come on Saturday evening instead."""
    at, hub, day = timezone.now(), make_hub(), saturday()
    Slot.objects.create(
        hub=hub,
        kind=SlotKind.WEEKEND,
        weekdays="6",
        starts=time(17),
        ends=time(20),
        until=time(12),
        price=Decimal("3.90"),
        is_on_holidays=True,
    )
    start = datetime.combine(day - timedelta(days=1), time(12), UTC)
    for working in (day, start.date()):
        make_duty(hub, working)
    brand = make_brand(asks_for_pin=True)
    shipment = make_shipment(status=status, brand=brand, at=at - 20 * HOUR)
    Demand.objects.create(shipment=shipment, hub=hub, earliest=start, latest=start + 2 * HOUR)
    offering.refresh(Shipment.objects.get(id=shipment.id), at=at)
    return make_link(shipment, at=at)


def unlock(page: Page) -> None:
    page.get_by_label("Postcode of the delivery").fill("00100")
    page.get_by_role("button", name="Show it").press("Enter")


def choose_saturday_evening(page: Page) -> None:
    page.get_by_text("Another time: evening, weekend and more", exact=True).first.click()
    page.locator("#slot").get_by_label("Saturday").first.check()
    page.locator("#slot").get_by_role("button").press("Enter")
    expect(page.get_by_role("heading", name="What you have changed")).to_be_visible()


def test_a_delivery_is_moved_to_saturday_evening_and_everybody_follows(page: Page) -> None:
    link = make_offered()
    page.goto(f"/t/{link.token}/")
    page.get_by_role("link", name="Change your delivery").click()
    unlock(page)
    choose_saturday_evening(page)

    change = Change.objects.get()
    assert (change.action, Booking.objects.get().shipment_id) == (Action.SLOT, link.shipment_id)
    following.follow(Shipment.objects.get(id=link.shipment_id), at=timezone.now())
    shipment, demand = Shipment.objects.get(id=link.shipment_id), Demand.objects.get(shipment=link.shipment_id)
    assert demand.earliest.isoformat() == change.details["start"]
    assert shipment.window_cause == Cause.ASKED
    page.goto(f"/t/{link.token}/")
    expect(page.locator("#headline")).to_contain_text("17:00")

    page.goto(f"/t/{link.token}/options/")
    page.locator(".changed").get_by_role("button").click()
    expect(page.get_by_text("It is as it was before.")).to_be_visible()
    assert not Booking.objects.filter(released_at=None).exists()


def test_it_is_changed_by_keyboard_and_without_javascript(chromium: Browser, daphne: Server) -> None:
    link = make_offered()
    with chromium.new_context(base_url=daphne.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"/t/{link.token}/options/")
        unlock(page)
        page.locator("#safe_place summary").press("Enter")
        page.get_by_label("Where?").fill("In the shed")
        page.keyboard.press("Enter")
        expect(page.get_by_text("In the shed", exact=True)).to_be_visible()

    wish = wishes.read(Change.objects.get())
    assert (wish.action, wish.words) == (Action.SAFE_PLACE, "In the shed")


def test_everybody_can_read_what_is_possible(page: Page) -> None:
    page.goto(f"/t/{make_offered().token}/options/")
    for summary in page.locator(".options summary").all():
        summary.click()

    require_fit_for_all(page)


def test_everybody_can_read_every_form_and_what_was_changed(page: Page) -> None:
    page.goto(f"/t/{make_offered().token}/options/")
    unlock(page)
    choose_saturday_evening(page)
    for summary in page.locator(".options summary").all():
        summary.click()

    require_fit_for_all(page)


def test_everybody_can_read_what_was_refused(page: Page, problems: list[str]) -> None:
    page.goto(f"/t/{make_offered().token}/options/")
    unlock(page)
    page.locator("#needs summary").click()
    page.locator("#needs").get_by_role("button").click()
    expect(page.get_by_text("Please tell us at least one thing.")).to_be_visible()

    require_fit_for_all(page)
    problems[:] = [problem for problem in problems if "422" not in problem]


def test_everybody_can_share_it_and_read_what_is_shared(page: Page) -> None:
    page.goto(f"/t/{make_offered(status=Status.OUT_FOR_DELIVERY).token}/options/share/")
    unlock(page)
    page.get_by_label("Who is it for?").fill("Concierge")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_role("heading", name="Concierge")).to_be_visible()
    address = page.get_by_role("link", name="/shared/").inner_text()
    require_fit_for_all(page)

    page.goto(f"/shared/{address.split('/')[-2]}/")
    expect(page.get_by_text("PIN for the driver")).to_be_visible()
    require_fit_for_all(page)


def test_everybody_can_read_the_standing_wishes(page: Page) -> None:
    page.goto(f"/t/{make_offered().token}/options/wishes/")
    unlock(page)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_label("Code from the message")).to_be_visible()

    require_fit_for_all(page)
