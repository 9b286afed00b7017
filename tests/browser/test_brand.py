"""A brand's look at the desk: seen while it is chosen, and kept once somebody says so."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from desk.models import Role
from tests.browser.conftest import PHONE
from tests.browser.test_states import findings_in
from tests.factories import make_brand, make_member
from tests.servers import Server
from tracking.models import Brand

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

REFUSED = "The nearest is #a38800."


def sign_in(context: BrowserContext, daphne: Server) -> None:
    client = Client()
    client.force_login(make_member(Role.LEAD))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": daphne.url}])


@pytest.fixture
def desk(page: Page, context: BrowserContext, daphne: Server) -> Page:
    """Open a tab of a lead who has signed in."""
    sign_in(context, daphne)
    return page


@pytest.fixture
def brand() -> Brand:
    return make_brand()


def test_a_look_is_seen_while_it_is_chosen_and_kept_by_one_click(desk: Page, brand: Brand) -> None:
    desk.goto(f"/admin/desk/brands/{brand.id}/")
    page, mail = desk.frame_locator(".phone"), desk.frame_locator("iframe.mail")
    expect(page.locator(".brand")).to_have_text("Kauppa")

    desk.get_by_label("Name").fill("Päivänsäde")
    desk.get_by_label("Delivery", exact=True).select_option("Delivered")

    expect(page.locator(".brand")).to_have_text("Päivänsäde")
    expect(page.locator("#answer")).to_have_attribute("data-status", "delivered")
    expect(mail.get_by_text("Päivänsäde").first).to_be_visible()
    expect(desk.locator(".said")).to_contain_text("Päivänsäde")
    assert Brand.objects.get().name == "Kauppa"
    desk.get_by_role("button", name="Keep this look").click()
    expect(desk.get_by_text("The look is kept.")).to_be_visible()
    assert Brand.objects.get().name == "Päivänsäde"


def test_a_colour_that_cannot_be_read_is_refused_as_it_is_chosen(desk: Page, brand: Brand) -> None:
    desk.goto(f"/admin/desk/brands/{brand.id}/")
    colour = desk.get_by_label("Buttons and marks", exact=True)

    colour.fill("#ffd400")
    expect(desk.get_by_text(REFUSED)).to_be_visible()
    colour.fill("#a38800")
    expect(desk.get_by_text(REFUSED)).to_have_count(0)

    expect(desk.locator(".phone")).to_have_attribute("src", f"/admin/desk/brands/{brand.id}/page/?{chosen('a38800')}")
    expect(desk.frame_locator(".phone").locator("html")).to_have_css("--brand", "#a38800")
    assert Brand.objects.get().colour == "#0b6e5f"


def chosen(colour: str) -> str:
    return f"name=Kauppa&colour=%23{colour}&ink=&night_colour=&night_ink=&font=plain&scene=out_for_delivery&language=en"


def test_without_javascript_a_button_shows_it(chromium: Browser, daphne: Server, brand: Brand) -> None:
    context = chromium.new_context(base_url=daphne.url, viewport=PHONE, java_script_enabled=False)
    sign_in(context, daphne)
    page = context.new_page()
    page.goto(f"/admin/desk/brands/{brand.id}/")

    page.get_by_label("Name").fill("Päivänsäde")
    page.get_by_role("button", name="Preview").click()

    expect(page.frame_locator(".phone").locator(".brand")).to_have_text("Päivänsäde")
    expect(page.get_by_label("Name")).to_have_value("Päivänsäde")
    assert Brand.objects.get().name == "Kauppa"
    context.close()


def test_everybody_at_the_desk_can_choose_a_look(desk: Page, brand: Brand, problems: list[str]) -> None:
    desk.goto(f"/admin/desk/brands/{brand.id}/")
    expect(desk.frame_locator(".phone").locator(".brand")).to_have_text("Kauppa")

    assert findings_in(desk, "light") == []
    assert findings_in(desk, "dark") == []
    # In a sandbox axe asks for the style sheets anew and copies them, which the frame's policy keeps it from.
    problems.clear()
    desk.set_viewport_size({"width": 320, "height": 640})
    assert desk.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
