"""The driver's page in a real browser, with and without a signal."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from driving.models import DriveLink, DriverAction, Flag
from driving.services import links
from tests.browser.conftest import CHROMIUM, PHONE
from tests.browser.rounds import open_page, photo, pin_of, until
from tests.browser.test_states import require_fit_for_all
from tests.driving.phones import DOORS, make_day, make_loading_day
from tests.factories import make_link as make_tracking_link
from tests.servers import Server
from tracking.changes import hints
from tracking.changes.models import Action, Asker, Change
from tracking.live import audience, breadcrumbs
from tracking.proof.models import Evidence, Kind, Measure, Proof
from tracking.rounds.models import Position, Shift, ShiftState
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment, StatusEvent

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]

DETECTOR = """
    window.BarcodeDetector = class {
        async detect(video) {
            return video.videoWidth > 0 && window.inView ? [{ rawValue: window.inView }] : [];
        }
    };
"""
"""Reads what the test holds before the camera: Chromium itself reads labels on some systems alone."""

IN_VIEW = "(number) => { window.inView = number; }"

IS_PICTURE_KEPT = "async () => Boolean(await caches.match(document.querySelector('.wishes img').src))"


HOLDS_A_PAGE = """
    window.setInterval = () => 0;
    const { fetch } = window;
    window.fetch = async (...request) => {
        window.fetch = fetch;
        const response = await fetch(...request);
        const text = await response.text();
        await new Promise((resolve) => { window.letGo = resolve; });
        return new Response(text, { status: response.status });
    };
"""
"""Nothing is fetched by the clock, and what a page fetches first is held until it is let go."""


@pytest.fixture
def no_signal(problems: list[str]) -> Iterator[None]:
    """Forgive a browser its complaints about requests that found no network."""
    yield
    problems[:] = [problem for problem in problems if "ERR_INTERNET_DISCONNECTED" not in problem]


@pytest.mark.usefixtures("no_signal")
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
    expect(page.get_by_role("heading", name="0 stops to go")).to_be_visible()
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
    expect(stop.get_by_text("Not sent yet")).to_be_visible()


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


def test_what_the_camera_sees_is_loaded_and_the_same_label_counts_once(chromium: Browser, daphne: Server) -> None:
    route, shipment = make_loading_day(parcels=2)
    first, second = shipment.parcels.all()
    path = CHROMIUM if CHROMIUM.exists() else None
    with (
        chromium.browser_type.launch(executable_path=path, args=["--no-sandbox", *FAKE_CAMERA]) as browser,
        browser.new_context(base_url=daphne.url, viewport=PHONE) as phone,
    ):
        phone.grant_permissions(["camera"])
        phone.add_init_script(DETECTOR)
        page = phone.new_page()
        open_page(page, route)
        page.get_by_role("button", name="Scan with the camera").click()

        page.evaluate(IN_VIEW, first.number)
        expect(page.get_by_text("1 of 2 loaded")).to_be_visible()
        page.evaluate(IN_VIEW, second.number)
        expect(page.get_by_text("2 of 2 loaded")).to_be_visible()
        page.get_by_role("button", name="Everything is loaded, set off").click()
        expect(page.get_by_role("heading", name="1 stop to go")).to_be_visible()

    scans = list(DriverAction.objects.filter(kind="scan").values_list("outcome", "said__number"))
    assert scans == [("done", first.number), ("done", second.number)]
    assert {parcel.status for parcel in shipment.parcels.all()} == {Status.OUT_FOR_DELIVERY}


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

    expect(page.get_by_role("heading", name="Behind you")).to_be_visible()
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
    shopper = context.new_page()
    shopper.goto(f"/t/{make_tracking_link(shipment).token}/")
    until(shopper, lambda: audience.count(route.shift.driver_id) == 1)
    open_page(page, route)
    expect(page.locator("[data-position]")).to_have_text("One open page shows where you are.")

    page.get_by_text("Not delivered", exact=True).first.click()
    page.get_by_label("nobody at home").first.check()
    page.get_by_role("button", name="Not delivered").first.click()

    expect(page.get_by_text("You were there for less than a minute")).to_be_visible()
    assert Shipment.objects.get(id=shipment.id).status == Status.ATTEMPTED
    evidence = Evidence.objects.get()
    assert evidence.measured_by in {Measure.POSITIONS, Measure.PHONE}
    assert evidence.distance_m == pytest.approx(0, abs=1)
    assert evidence.is_bad


@pytest.mark.usefixtures("no_signal")
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


def test_what_is_handed_in_while_the_page_is_fetched_is_on_it_at_once(page: Page) -> None:
    page.add_init_script(HOLDS_A_PAGE)
    route, _ = make_day()
    open_page(page, route)
    page.evaluate("dispatchEvent(new Event('focus'))")
    until(page, lambda: page.evaluate("Boolean(window.letGo)"))

    page.get_by_role("button", name="Take a break").click()
    until(page, lambda: DriverAction.objects.filter(kind="pause").exists())
    expect(page.get_by_role("button", name="Take a break")).to_be_visible()
    page.evaluate("window.letGo()")

    expect(page.get_by_role("heading", name="You are on a break")).to_be_visible()


@pytest.mark.usefixtures("no_signal")
def test_what_was_done_before_a_link_was_revoked_is_handed_in_by_its_page(
    page: Page, context: BrowserContext, problems: list[str]
) -> None:
    route, (first, *_) = make_day()
    open_page(page, route)
    context.set_offline(True)
    page.locator("[data-stop]").first.get_by_label("Photo", exact=True).set_input_files(photo())
    page.locator("[data-stop]").first.get_by_role("button", name="Delivered").click()
    expect(page.locator("#sync")).to_have_text("No signal · 1 not sent yet")
    links.revoke(DriveLink.objects.get(), at=timezone.now())

    context.set_offline(False)

    expect(page.get_by_role("heading", name="Your link was revoked")).to_be_visible()
    expect(page.locator("#sync")).to_have_text("Everything is sent")
    action = DriverAction.objects.get()
    assert (action.outcome, action.flags) == ("done", [Flag.REVOKED])
    assert Shipment.objects.get(id=first.id).status == Status.DELIVERED
    assert Proof.objects.get().kind == Kind.PHOTO
    require_fit_for_all(page)
    page.close()
    problems[:] = [problem for problem in problems if "404" not in problem]


@pytest.mark.usefixtures("no_signal")
def test_what_a_link_of_another_phone_never_took_does_not_hold_up_the_next_one(
    page: Page, context: BrowserContext
) -> None:
    route, (first, second, _) = make_day()
    open_page(page, route)
    context.set_offline(True)
    page.locator("[data-stop]").first.get_by_role("button", name="Delivered").click()
    expect(page.locator("#sync")).to_have_text("No signal · 1 not sent yet")
    links.bind(released(DriveLink.objects.get()), at=timezone.now())
    page.close()
    context.set_offline(False)

    other = context.new_page()
    open_page(other, route)
    other.locator("[data-stop]").nth(1).locator("summary").first.click()
    other.locator("[data-stop]").nth(1).get_by_role("button", name="Delivered").click()

    expect(other.get_by_role("heading", name="Behind you")).to_be_visible()
    assert [Shipment.objects.get(id=each.id).status for each in (first, second)] == [
        Status.OUT_FOR_DELIVERY,
        Status.DELIVERED,
    ]


def released(link: DriveLink) -> DriveLink:
    links.release(link)
    return link


@pytest.mark.usefixtures("no_signal")
def test_the_photo_of_a_safe_place_is_there_without_a_signal(page: Page, context: BrowserContext) -> None:
    route, (first, *_) = make_day()
    open_page(page, route)
    at = timezone.now()
    details = {"where": "Under the stairs", hints.NAME: hints.store(photo()["buffer"])}
    known = {"asked_by": Asker.LINK, "asked_at": at, "undo_until": at, "details": details}
    with page.expect_response(lambda answer: answer.url.endswith(f"/places/{first.id}/")):
        Change.objects.create(shipment=first, action=Action.SAFE_PLACE, **known)
        page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_text("Under the stairs")).to_be_visible()
    until(page, lambda: page.evaluate(IS_PICTURE_KEPT))
    context.set_offline(True)

    page.reload()

    picture = page.locator(".wishes img")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 320)
