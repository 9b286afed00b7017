from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from notifications import unsubscribing
from notifications.services import consent
from notifications.triggers import Channel
from notifications.unsubscribing import Reader
from tests.browser.conftest import PHONE
from tests.browser.test_states import require_fit_for_all
from tests.factories import make_brand
from tests.servers import Server
from tracking.models import Brand

MAIL = "maija@example.org"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def path(brand: Brand) -> str:
    return urlsplit(unsubscribing.url(Reader(brand.id, MAIL))).path


@pytest.fixture
def plain_page(chromium: Browser, daphne: Server) -> Iterator[Page]:
    """Open a tab of a browser that runs no script."""
    context = chromium.new_context(base_url=daphne.url, viewport=PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_mails_end_with_one_button_and_come_back_with_another(plain_page: Page, brand: Brand, path: str) -> None:
    plain_page.goto(path)
    expect(plain_page.get_by_role("heading", name="Mails about your deliveries")).to_be_visible()
    assert not consent.is_withheld(Channel.EMAIL, MAIL, brand=brand)

    plain_page.get_by_role("button", name="Stop these mails").click()
    expect(plain_page.get_by_role("heading", name="You get no more mails")).to_be_visible()
    assert consent.is_withheld(Channel.EMAIL, MAIL, brand=brand)

    plain_page.get_by_role("button", name="Send them again").click()
    expect(plain_page.get_by_role("heading", name="Mails about your deliveries")).to_be_visible()
    assert not consent.is_withheld(Channel.EMAIL, MAIL, brand=brand)


def test_everybody_can_use_the_page(page: Page, path: str) -> None:
    page.goto(path)
    require_fit_for_all(page)

    page.get_by_role("button", name="Stop these mails").click()
    expect(page.get_by_role("button", name="Send them again")).to_be_visible()
    require_fit_for_all(page)
