"""Changing a delivery on a phone: by day and night, by keyboard, without JavaScript; and what follows from it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.formats import date_format
from playwright.sync_api import Browser, Page, expect

from dispatch.models import Booking, Demand, Duty, PlannedVisit, PlanState, Slot
from dispatch.models.slots import SlotKind
from dispatch.services import offering, plans, publishing, working
from driving import wishes
from notifications.models import Notification, State
from notifications.triggers import Channel
from tests import servers
from tests.browser.conftest import PHONE
from tests.browser.rounds import open_page, until
from tests.browser.test_states import require_fit_for_all
from tests.dispatch.fleets import QUICK, make_demand
from tests.dispatch.hubs import make_duty, make_hub
from tests.factories import make_brand, make_link, make_shipment
from tests.servers import Server
from tracking.changes.models import Action, Change
from tracking.links.models import TrackingLink
from tracking.rounds.models import Route, StopState
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.window import Cause
from tracking.words import times

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

HOUR = timedelta(hours=1)
DOORS = [(60.1660, 24.9400), (60.1640, 24.9300)]


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
    for works in (day, start.date()):
        make_duty(hub, works)
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


@dataclass(frozen=True)
class Week:
    """A delivery that Friday's van has, and a Saturday that is planned and published without it."""

    link: TrackingLink
    friday: Duty
    saturday: Duty

    @property
    def shipment(self) -> Shipment:
        return Shipment.objects.select_related("stop__route").get(id=self.link.shipment_id)

    @property
    def shift_id(self) -> int | None:
        stop = self.shipment.stop
        return stop.route.shift_id if stop and stop.is_pending else None


def make_week() -> Week:
    link, at, evening = make_offered(), timezone.now(), time(18)
    friday, saturday_duty = Duty.objects.select_related("hub__place", "shift").order_by("shift__starts_at")
    for door in DOORS:
        earliest, latest = (datetime.combine(saturday(), clock, UTC) for clock in (time(8), evening))
        make_demand(saturday_duty.hub, door, earliest=earliest, latest=latest)
    for day in (saturday() - timedelta(days=1), saturday()):
        plan = plans.ask(day, [friday.hub], by=None, at=at, seconds=QUICK)
        assert working.work_out(plan.pk, now=timezone.now)
        publishing.publish(plan, by=None, at=at)
    offering.refresh(Shipment.objects.get(id=link.shipment_id), at=at)
    return Week(link, friday, saturday_duty)


def look(driver: Page) -> None:
    """Let a driver come back to their page, which then looks for what is new."""
    driver.evaluate("window.dispatchEvent(new Event('focus'))")


def test_a_delivery_is_moved_to_saturday_evening_and_everybody_follows(
    page: Page, chromium: Browser, daphne: Server, installation: dict[str, str]
) -> None:
    week = make_week()
    assert week.shift_id == week.friday.shift_id
    with servers.worker(installation), chromium.new_context(base_url=daphne.url, viewport=PHONE) as phone:
        driver = phone.new_page()
        open_page(driver, Route.objects.get(shift=week.saturday.shift))
        expect(driver.locator(".ahead li")).to_have_count(len(DOORS))

        page.goto(f"/t/{week.link.token}/")
        page.get_by_role("link", name="Change your delivery").click()
        unlock(page)
        tell_the_driver(page, "The bell is broken")
        choose_saturday_evening(page)

        until(page, lambda: week.shift_id == week.saturday.shift_id)
        require_planned_for_the_evening(week)
        look(driver)
        expect(driver.locator(".ahead li")).to_have_count(len(DOORS) + 1)
        require_on_the_drivers_page(driver, week.shipment)
        require_told(page, week)

        page.goto(f"/t/{week.link.token}/options/")
        page.locator(".changed li").filter(has_text="Another time").get_by_role("button").click()
        expect(page.get_by_text("It is as it was before.")).to_be_visible()
        until(page, lambda: week.shift_id == week.friday.shift_id)
        look(driver)
        expect(driver.locator(".ahead li")).to_have_count(len(DOORS))
    assert not Booking.objects.filter(released_at=None).exists()


def tell_the_driver(page: Page, words: str) -> None:
    page.locator("#instructions summary").click()
    page.get_by_label("What should the driver know?").fill(words)
    page.locator("#instructions").get_by_role("button").click()
    expect(page.get_by_text(words, exact=True)).to_be_visible()


def require_planned_for_the_evening(week: Week) -> None:
    """The plan has it, at a moment within the slot, and the place in the slot is theirs."""
    change = Change.objects.get(action=Action.SLOT)
    start, end = (datetime.fromisoformat(change.details[name]) for name in ("start", "end"))
    stop = week.shipment.stop
    assert stop is not None
    assert stop.planned_at is not None
    assert start <= stop.planned_at <= end
    visit = PlannedVisit.objects.filter(shipment=week.shipment, plan__state=PlanState.PUBLISHED).latest("plan_id")
    assert (visit.plan.day, visit.begins_at) == (saturday(), stop.planned_at)
    assert Booking.objects.get(released_at=None).shipment_id == week.shipment.id
    assert not Route.objects.filter(shift=week.friday.shift, stops__state=StopState.PENDING).exists()


def require_on_the_drivers_page(driver: Page, shipment: Shipment) -> None:
    """Saturday's driver reads where, when, and what was asked for; what anybody reads there fits their phone."""
    ahead = driver.locator(".ahead li").filter(has_text="The bell is broken")
    expect(ahead.get_by_role("heading")).to_have_text(shipment.street)
    expect(ahead.locator(".clock")).to_have_text("–".join(clocks(shipment)))
    require_fit_for_all(driver)


def require_told(page: Page, week: Week) -> None:
    """The shopper's page and the text message say Saturday evening."""
    start, end = clocks(week.shipment)
    page.goto(f"/t/{week.link.token}/")
    expect(page.locator("#headline")).to_contain_text("Saturday")
    expect(page.locator("#headline")).to_contain_text(start)
    expect(page.locator("#headline")).to_contain_text(end)
    sent = Notification.objects.filter(shipment=week.shipment, state=State.SENT, body__contains="evening, weekend")
    until(page, sent.exists)
    message = sent.get()
    assert (message.channel, message.recipient) == (Channel.SMS, week.shipment.phone)
    assert f"{date_format(saturday(), 'l j F')}, 17:00" in message.body.replace(times.WORD_JOINER, "")


def clocks(shipment: Shipment) -> tuple[str, str]:
    """Say from when to when its shopper expects it, by the clock at the door."""
    told = shipment.window
    assert told is not None
    assert told.span is not None
    assert shipment.window_cause in {Cause.ASKED, Cause.PLANNED, Cause.REPLANNED}
    start, end = (f"{moment.astimezone(shipment.zone):%H:%M}" for moment in told.span)
    return start, end


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
