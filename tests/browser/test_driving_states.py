"""The driver's page for everybody: on any phone, by keyboard, without JavaScript, by day and by night."""

from datetime import timedelta
from typing import Final

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from driving.models import DriveLink
from driving.services import links
from tests.browser.conftest import PHONE
from tests.browser.rounds import make_link, open_page, photo
from tests.browser.test_states import require_fit_for_all
from tests.driving.phones import make_change, make_day, make_loading_day
from tests.servers import Server
from tracking.changes.models import Action
from tracking.proof.models import Kind, Proof
from tracking.rounds.models import Shift, ShiftState
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

TARGETS: Final = """
    () => [...document.querySelectorAll("main a, main button, main summary, main input:not([type=hidden])")]
        .filter((each) => each.checkVisibility())
        .map((each) => [each.outerHTML.slice(0, 80), (each.closest("label") ?? each).getBoundingClientRect()])
        .filter(([, { height, width }]) => height < 48 || width < 48)
        .map(([name, { height, width }]) => `${name}: ${width} by ${height}`)
"""


def test_everybody_can_use_every_state_of_the_page(page: Page) -> None:
    route, shipments = make_day(asks_for_pin=True)
    at = timezone.now() - timedelta(minutes=1)
    for action, words in ((Action.NEIGHBOUR, "Pekka, B 8"), (Action.INSTRUCTIONS, "Ring twice, please")):
        make_change(shipments[0], action, at=at, words=words)
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


def test_what_is_open_stays_so_when_the_page_is_fetched_again(page: Page) -> None:
    route, (shipment, *_) = make_day()
    open_page(page, route)
    page.get_by_role("button", name="I have arrived").first.click()
    page.get_by_text("Name, place, signature").first.click()
    expect(page.get_by_label("Where it lies").first).to_be_visible()
    make_change(shipment, Action.INSTRUCTIONS, words="Ring twice, please")

    page.evaluate("window.dispatchEvent(new Event('focus'))")

    expect(page.get_by_text("Ring twice, please")).to_be_visible()
    expect(page.get_by_label("Where it lies").first).to_be_visible()


def test_a_page_that_was_revoked_says_so_and_forgets_the_round(page: Page, problems: list[str]) -> None:
    route, _ = make_day()
    open_page(page, route)
    links.revoke(DriveLink.objects.get(), at=timezone.now())

    page.evaluate("window.dispatchEvent(new Event('focus'))")

    expect(page.get_by_role("heading", name="Your link was revoked")).to_be_visible()
    assert page.evaluate("caches.match(location.pathname).then(Boolean)") is False
    page.close()
    problems[:] = [problem for problem in problems if "404" not in problem]
