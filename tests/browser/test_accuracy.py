"""The pages of how good the windows were in a real browser: readable for all, by day and by night, narrow and wide."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page

from dispatch.accuracy import FEWEST
from dispatch.models import Forecast
from tests.browser.test_insight import sign_in
from tests.browser.test_states import require_fit_for_all
from tests.factories import make_brand, make_route, make_shipment
from tests.servers import Server
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, WindowChange
from tracking.shipments.window import Cause

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _delivered() -> None:
    """Let as many deliveries as it takes come inside their windows, and forecasts of two horizons come true."""
    at, brand = timezone.now() - timedelta(hours=2), make_brand()
    shipments = [make_shipment(status=Status.DELIVERED, brand=brand, at=at) for _ in range(FEWEST)]
    Shipment.objects.update(finished_at=at, promised_start=at - 60 * MINUTE, promised_end=at + 60 * MINUTE)
    told = {"at": at - 90 * MINUTE, "start": at - 10 * MINUTE, "end": at + 15 * MINUTE, "date": at.date()}
    WindowChange.objects.bulk_create(WindowChange(shipment=one, cause=Cause.FIRST, **told) for one in shipments)
    stop = make_route([(60.17, 24.94)], at=at).stops.get()
    for number in range(60):
        made_at = at - (30 + number) * MINUTE
        Forecast.objects.create(
            stop=stop,
            at=made_at,
            horizon=2 + number % 2,
            p10=at - 10 * MINUTE,
            p50=at,
            p90=at + 10 * MINUTE,
            shown_start=at - 10 * MINUTE,
            shown_end=at + 10 * MINUTE,
            hour=12,
            model="m",
            done_at=at + (20 if number % 3 == 0 else 0) * MINUTE,
        )


def test_everybody_can_read_how_good_the_windows_were(page: Page) -> None:
    page.goto("/accuracy/")

    assert page.get_by_role("heading", level=1).inner_text() == "100 of 100 deliveries came inside the window"
    require_fit_for_all(page)


def test_a_lead_can_read_whether_forecasts_hold_what_they_claim(context: BrowserContext, daphne: Server) -> None:
    page = sign_in(context, daphne).new_page()
    page.goto("/admin/desk/calibration/")

    assert page.get_by_text("off", exact=True).count() == 2
    require_fit_for_all(page)
