"""The driver's page in a real browser: with and without a signal, by keyboard, without JavaScript, by day and night."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Final

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page, expect

from driving.models import DriveLink, DriverAction
from driving.services import links
from tests.browser.conftest import PHONE
from tests.browser.test_states import require_fit_for_all
from tests.driving.phones import DOORS, make_day, make_loading_day
from tests.servers import Server
from tracking.changes.models import Action, Asker, Change
from tracking.live import breadcrumbs
from tracking.proof import pins
from tracking.proof.models import Evidence, Kind, Measure, Proof
from tracking.rounds.models import Position, Route, Shift, ShiftState
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment, StatusEvent

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.django_db(transaction=True),
]

TARGETS: Final = """
    () => [...document.querySelectorAll("main a, main button, main summary, main input:not([type=hidden])")]
        .filter((each) => each.checkVisibility())
        .map((each) => [each.outerHTML.slice(0, 80), (each.closest("label") ?? each).getBoundingClientRect()])
        .filter(([, { height, width }]) => height < 48 || width < 48)
        .map(([name, { height, width }]) => `${name}: ${width} by ${height}`)
"""


def make_link(route: Route) -> DriveLink:
    return links.issue(route.shift, at=timezone.now())


def open_page(page: Page, route: Route) -> None:
    """Open a link and begin on this phone, as its driver does."""
    page.goto(f"/drive/{make_link(route).token}/")
    page.get_by_role("button", name="Use this phone").click()
    expect(page.locator("#sync")).to_have_text("Everything is sent")


def photo() -> FilePayload:
    made = BytesIO()
    Image.new("RGB", (320, 240), (40, 120, 40)).save(made, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": made.getvalue()}


def pin_of(shipment: Shipment) -> str:
    return pins.pin_of(shipment, on=pins.day_of(shipment, at=timezone.now()))


@pytest.fixture
def unsigned(problems: list[str]) -> Iterator[None]:
    """Forgive a browser its complaints about requests that found no network."""
    yield
    problems[:] = [problem for problem in problems if "ERR_INTERNET_DISCONNECTED" not in problem]


@pytest.mark.usefixtures("unsigned")
def test_three_stops_without_a_signal_are_three_events_once_and_in_order(page: Page, context: BrowserContext) -> None:
    route, shipments = make_day(asks_for_pin=True)
    open_page(page, route)
    context.set_offline(True)
    before = timezone.now()

    for number, shipment in enumerate(shipments):
        deliver(page.locator("[data-stop]").nth(number), pin_of(shipment))
    expect(page.locator("#sync")).to_have_text("No signal · 3 not sent yet")
    page.reload()
    expect(page.locator("#sync")).to_have_text("No signal · 3 not sent yet")
    expect(page.get_by_role("button", name="Delivered")).to_have_count(0)
    assert not DriverAction.objects.exists()
    after = timezone.now()
    page.wait_for_timeout(1500)

    context.set_offline(False)

    expect(page.locator("#sync")).to_have_text("Everything is sent")
    expect(page.get_by_role("heading", name="Nothing to drive")).to_be_visible()
    require_delivered_once(shipments, before, after)


def deliver(stop: Locator, pin: str) -> None:
    stop.get_by_label("PIN that the shopper tells you").fill(pin)
    stop.get_by_label("Photo", exact=True).set_input_files(photo())
    stop.get_by_role("button", name="Delivered").click()
    expect(stop.get_by_text("Kept on this phone until there is a signal.")).to_be_visible()


def require_delivered_once(shipments: list[Shipment], before: datetime, after: datetime) -> None:
    events = list(StatusEvent.objects.filter(source="driver").order_by("occurred_at"))
    assert [event.shipment_id for event in events] == [shipment.id for shipment in shipments]
    assert all(before <= event.occurred_at <= after < event.received_at for event in events)
    assert set(Shipment.objects.values_list("status", flat=True)) == {Status.DELIVERED}
    assert list(DriverAction.objects.values_list("outcome", "flags")) == [("done", [])] * 3
    kinds = [kind for _, kind in sorted(Proof.objects.values_list("event", "kind"))]
    assert kinds == [Kind.PHOTO, Kind.PIN] * 3
    assert not Proof.objects.flagged().exists()


def test_a_shift_is_loaded_driven_paused_and_ended(page: Page) -> None:
    route, shipment = make_loading_day(parcels=2)
    Shift.objects.update(state=ShiftState.PLANNED, started_at=None)
    open_page(page, route)

    page.get_by_role("button", name="Begin the shift").click()
    scan(page, "UNKNOWN", "No parcel has this number. Please check it.")
    for parcel in shipment.parcels.all():
        scan(page, parcel.number, "Loaded.")
    page.get_by_role("button", name="Everything is loaded, set off").click()
    expect(page.get_by_role("heading", name="1 stop to go")).to_be_visible()
    page.get_by_role("button", name="Take a break").click()
    expect(page.get_by_role("heading", name="You are on a break")).to_be_visible()
    page.get_by_role("button", name="End the break").click()
    page.get_by_role("button", name="I have arrived").click()
    expect(page.get_by_role("button", name="I have arrived")).to_have_count(0)
    leave_in_a_safe_place(page)
    expect(page.get_by_role("heading", name="Nothing to drive")).to_be_visible()
    page.get_by_text("End the shift").click()
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_role("heading", name="Your shift is over")).to_be_visible()

    shipment.refresh_from_db()
    assert (shipment.status, shipment.handover) == (Status.DELIVERED, Handover.SAFE_PLACE)
    assert set(Proof.objects.values_list("kind", flat=True)) == {Kind.PLACE, Kind.SIGNATURE}
    kinds = list(DriverAction.objects.values_list("kind", flat=True))
    assert kinds == ["start", "scan", "scan", "scan", "set_off", "pause", "resume", "arrive", "deliver", "end"]


def scan(page: Page, number: str, answer: str) -> None:
    page.get_by_label("Number on the parcel").fill(number)
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{number}: {answer}")).to_be_visible()


def leave_in_a_safe_place(page: Page) -> None:
    page.get_by_text("Name, place, signature").click()
    page.get_by_label("Where it lies").fill("Behind the bench")
    page.get_by_label("a safe place").check()
    sign(page)
    page.get_by_role("button", name="Delivered").click()


def sign(page: Page) -> None:
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 60, steps=5)
    page.mouse.up()


def test_a_wrong_pin_is_said_at_the_door_and_the_right_one_is_taken(page: Page) -> None:
    route, (shipment, *_) = make_day(asks_for_pin=True)
    open_page(page, route)
    right = pin_of(shipment)
    stop = page.locator("[data-stop]").first

    stop.get_by_label("PIN that the shopper tells you").fill(right[::-1] if right != right[::-1] else "000001")
    stop.get_by_role("button", name="Delivered").click()
    expect(page.get_by_text("The PIN is wrong.")).to_be_visible()
    expect(stop.get_by_role("button", name="Delivered")).to_be_visible()
    stop.get_by_label("PIN that the shopper tells you").fill(right)
    stop.get_by_role("button", name="Delivered").click()

    expect(page.get_by_role("heading", name="2 stops to go")).to_be_visible()
    assert Shipment.objects.get(id=shipment.id).status == Status.DELIVERED


def test_what_a_shopper_asks_for_meanwhile_is_on_the_page_when_the_driver_looks(page: Page) -> None:
    route, (shipment, *_) = make_day()
    open_page(page, route)
    at = timezone.now()
    Change.objects.create(
        shipment=shipment,
        action=Action.SAFE_PLACE,
        asked_by=Asker.LINK,
        asked_at=at,
        undo_until=at,
        details={"place": "Under the stairs"},
    )

    page.evaluate("window.dispatchEvent(new Event('focus'))")

    expect(page.get_by_text("Under the stairs")).to_be_visible()
    expect(page.get_by_text("4711B").first).to_be_visible()


def test_the_phone_says_where_it_is_and_what_speaks_for_an_attempt(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"latitude": DOORS[0][0], "longitude": DOORS[0][1], "accuracy": 5})
    route, (shipment, *_) = make_day()
    open_page(page, route)
    expect(page.locator("[data-position]")).to_have_text("3 customers may see where you are.")

    page.get_by_text("Not delivered", exact=True).first.click()
    page.get_by_label("nobody at home").first.check()
    page.get_by_role("button", name="Not delivered").first.click()

    expect(page.get_by_text("You were there for less than a minute")).to_be_visible()
    assert Shipment.objects.get(id=shipment.id).status == Status.ATTEMPTED
    evidence = Evidence.objects.get()
    assert evidence.measured_by in {Measure.POSITIONS, Measure.PHONE}
    assert evidence.distance_m == pytest.approx(0, abs=1)
    assert evidence.is_bad


@pytest.mark.usefixtures("unsigned")
def test_a_break_begins_without_a_signal_and_no_position_of_it_is_told(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"latitude": DOORS[0][0], "longitude": DOORS[0][1], "accuracy": 5})
    route, _ = make_day()
    open_page(page, route)
    context.set_offline(True)

    page.get_by_role("button", name="Take a break").click()

    expect(page.locator("#sync")).to_have_text("No signal · 1 not sent yet")
    expect(page.get_by_role("button", name="Take a break")).to_be_hidden()
    context.set_geolocation({"latitude": 60.2, "longitude": 25.0, "accuracy": 5})
    context.set_offline(False)
    expect(page.get_by_role("heading", name="You are on a break")).to_be_visible()
    breadcrumbs.flush()
    assert not Position.objects.filter(latitude=60.2).exists()


def test_a_second_phone_is_turned_away(page: Page, chromium: Browser, daphne: Server, problems: list[str]) -> None:
    route, _ = make_day()
    link = make_link(route)
    page.goto(f"/drive/{link.token}/")
    page.get_by_role("button", name="Use this phone").click()
    expect(page.get_by_role("heading", name="3 stops to go")).to_be_visible()

    with chromium.new_context(base_url=daphne.url, viewport=PHONE) as other:
        second = other.new_page()
        second.goto(f"/drive/{link.token}/")
        expect(second.get_by_role("heading", name="Another phone uses this link")).to_be_visible()
        require_fit_for_all(second)


def test_a_round_is_driven_by_keyboard_and_without_javascript(chromium: Browser, daphne: Server) -> None:
    route, shipment = make_loading_day(parcels=1)
    with chromium.new_context(base_url=daphne.url, viewport=PHONE, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"/drive/{make_link(route).token}/")
        page.get_by_role("button", name="Use this phone").press("Enter")
        page.get_by_label("Number on the parcel").fill(shipment.parcels.get().number)
        page.get_by_label("Number on the parcel").press("Enter")
        expect(page.get_by_text("Loaded.", exact=True)).to_be_visible()
        page.get_by_role("button", name="Everything is loaded, set off").press("Enter")
        page.get_by_role("button", name="I have arrived").press("Enter")
        page.get_by_label("Photo", exact=True).set_input_files(photo())
        page.get_by_role("button", name="Delivered").press("Enter")
        expect(page.get_by_text("Delivered.", exact=True)).to_be_visible()

    assert Shipment.objects.get(id=shipment.id).status == Status.DELIVERED
    assert Proof.objects.get().kind == Kind.PHOTO


@pytest.mark.usefixtures("unsigned")
def test_a_page_that_was_revoked_says_so_and_forgets_the_round(page: Page, problems: list[str]) -> None:
    route, _ = make_day()
    open_page(page, route)
    links.revoke(DriveLink.objects.get(), at=timezone.now())

    page.evaluate("window.dispatchEvent(new Event('focus'))")

    expect(page.get_by_role("heading", name="This link leads nowhere")).to_be_visible()
    assert page.evaluate("caches.match(location.pathname).then(Boolean)") is False
    problems[:] = [problem for problem in problems if "404" not in problem]


@pytest.mark.usefixtures("unsigned")
def test_what_a_closed_link_never_took_does_not_hold_up_the_next_one(page: Page, context: BrowserContext) -> None:
    route, (first, second, _) = make_day()
    open_page(page, route)
    context.set_offline(True)
    page.locator("[data-stop]").first.get_by_role("button", name="Delivered").click()
    expect(page.locator("#sync")).to_have_text("No signal · 1 not sent yet")
    links.revoke(DriveLink.objects.get(), at=timezone.now())
    page.close()
    context.set_offline(False)

    other = context.new_page()
    open_page(other, route)
    other.locator("[data-stop]").nth(1).locator("summary").first.click()
    other.locator("[data-stop]").nth(1).get_by_role("button", name="Delivered").click()

    expect(other.get_by_role("heading", name="2 stops to go")).to_be_visible()
    assert [Shipment.objects.get(id=each.id).status for each in (first, second)] == [
        Status.OUT_FOR_DELIVERY,
        Status.DELIVERED,
    ]


def test_everybody_can_use_every_state_of_the_page(page: Page) -> None:
    route, shipments = make_day(asks_for_pin=True)
    at = timezone.now() - timedelta(minutes=1)
    for action, words in ((Action.NEIGHBOUR, "Pekka, B 8"), (Action.INSTRUCTIONS, "Ring twice, please")):
        Change.objects.create(
            shipment=shipments[0],
            action=action,
            asked_by=Asker.LINK,
            asked_at=at,
            undo_until=at,
            details={"words": words},
        )
    open_page(page, route)
    for summary in page.locator("summary").all():
        if summary.is_visible() and summary.locator("..").get_attribute("open") is None:
            summary.click()

    assert page.evaluate(TARGETS) == []
    require_fit_for_all(page)


@pytest.mark.parametrize("state", ["begin", "planned", "loading", "break", "closed"])
def test_everybody_can_use_the_other_pages(page: Page, problems: list[str], state: str) -> None:
    route, _ = make_loading_day(parcels=2)
    if state == "planned":
        Shift.objects.update(state=ShiftState.PLANNED, started_at=None)
    if state == "break":
        Shift.objects.update(state=ShiftState.ON_BREAK)
    if state == "closed":
        page.goto("/drive/nothing/")
        problems[:] = [problem for problem in problems if "404" not in problem]
    elif state == "begin":
        page.goto(f"/drive/{make_link(route).token}/")
    else:
        open_page(page, route)

    assert page.evaluate(TARGETS) == []
    require_fit_for_all(page)
