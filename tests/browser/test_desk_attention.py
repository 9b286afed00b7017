"""The pages on which staff see what needs them, what a customer saw, and what a file would bring."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from desk import second_factor, services
from desk.models import Import
from tests.browser.scenes import make_round
from tests.browser.test_states import findings
from tests.factories import make_brand, make_shipment
from tracking.shipments.lifecycle import Status

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

WIDTHS = [1280, 390]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
GOOD_AND_BAD = (
    b"reference,name,street,postcode,city,timezone\n"
    b"A-1,Maija,Katu 1,00100,Helsinki,Europe/Helsinki\n"
    b"A-2,Erik,Katu 2,,Helsinki,Helsinki\n"
)


@pytest.fixture
def desk(page: Page) -> Page:
    """Sign somebody in as staff do."""
    password = make_password("a-long-password", hasher="pbkdf2_sha256")
    user = User.objects.create(username="sari", password=password, is_staff=True, is_superuser=True)
    _, codes = second_factor.issue(user)
    page.goto("/admin/")
    page.get_by_label("Username").fill("sari")
    page.get_by_label("Password").fill("a-long-password")
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_role("heading", name="Site administration")).to_be_visible()
    return page


def require_fit_for_staff(page: Page) -> None:
    for is_dark in (False, True):
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        # The admin lets its colours fade, and a colour half-way has no contrast.
        page.reload()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert (width, findings(page), page.evaluate(OVERFLOW)) == (width, [], 0)


def make_trouble() -> None:
    at = timezone.now()
    make_shipment(status=Status.LOST, at=at - timedelta(hours=3))
    make_shipment(status=Status.DAMAGED, at=at - timedelta(days=2))
    make_shipment(status=Status.ATTEMPTED, at=at - timedelta(minutes=30))
    make_round()


@pytest.mark.parametrize("address", ["/admin/", "/admin/desk/attention/"])
def test_everybody_at_the_desk_can_read_what_needs_them(desk: Page, address: str) -> None:
    make_trouble()
    desk.goto(address)
    expect(desk.get_by_role("heading", name="Damaged, lost, or on hold too long")).to_be_visible()

    require_fit_for_staff(desk)


def test_what_comes_up_shows_by_itself_and_the_focus_stays(desk: Page) -> None:
    make_shipment(status=Status.LOST, at=timezone.now())
    desk.clock.install()
    desk.goto("/admin/desk/attention/")
    first = desk.locator(".kinds a").first
    first.focus()

    make_shipment(status=Status.DAMAGED, at=timezone.now())
    desk.clock.run_for(16_000)

    expect(desk.locator(".kinds li")).to_have_count(2)
    expect(desk.locator(".kinds a").first).to_be_focused()


def test_everybody_at_the_desk_can_see_what_a_customer_saw(desk: Page) -> None:
    shipment = make_round().shipments[1]
    desk.goto(f"/admin/desk/shipments/{shipment.id}/then/")
    expect(desk.get_by_role("heading", name="What cannot be known")).to_be_visible()

    require_fit_for_staff(desk)


def test_a_file_is_read_before_it_is_taken_in(desk: Page) -> None:
    make_brand(name="Kukka")
    desk.goto("/admin/desk/import/")
    require_fit_for_staff(desk)

    desk.get_by_label("Brand").select_option(index=1)
    desk.get_by_label("CSV file").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": GOOD_AND_BAD})
    desk.get_by_role("button", name="Read the file").click()

    expect(desk.get_by_text("1 row can be taken in.")).to_be_visible()
    expect(desk.get_by_role("cell", name="postcode")).to_be_visible()
    require_fit_for_staff(desk)
    desk.get_by_role("button", name="Take 1 shipment in").click()
    expect(desk.get_by_text("0 of 1 taken in.")).to_be_visible()
    while services.take_some_in(Import.objects.get().id, at=timezone.now()):
        pass
    expect(desk.get_by_text("1 of 1 taken in.")).to_be_visible()
    require_fit_for_staff(desk)
