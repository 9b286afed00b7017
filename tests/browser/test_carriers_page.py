"""The page on which carriers are compared, in a real browser: by keyboard, and readable for all."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext

from carriers.criteria import Criterion
from carriers.models import Floor, Weighing
from carriers.models.choices import Floored
from carriers.services import benching
from tests.browser.test_insight import sign_in
from tests.browser.test_states import require_fit_for_all
from tests.carriers.choices import make_carrier, make_score, make_weighing
from tests.factories import make_brand, make_shipment
from tests.servers import Server
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_lead_compares_before_switching_on_and_lifts_a_bench(context: BrowserContext, daphne: Server) -> None:
    at, brand = timezone.now() - timedelta(days=2), make_brand()
    cheap, dear = make_carrier("cheap", base="4.00"), make_carrier("dear", base="6.50", deliveries_a_day=50)
    make_score(cheap, on_window=0.7, on_window_n=60, stars=4.1, stars_n=20)
    make_score(dear, on_window=0.95, on_window_n=60)
    Floor.objects.create(criterion=Floored.ON_WINDOW, worst=Decimal("0.8"))
    benching.judge(at=at)
    make_weighing(brand, is_on=False)
    for _ in range(3):
        shipments.carry(make_shipment(brand=brand, status=Status.DELIVERED, at=at), cheap, at=at)
    page = sign_in(context, daphne).new_page()

    page.goto("/admin/desk/carriers/")
    page.get_by_label("Why it may be chosen again").fill("They have a new depot")
    page.keyboard.press("Enter")
    page.get_by_text("Cheap can be chosen again.").wait_for()
    page.get_by_label("Cost", exact=True).fill("40")
    page.get_by_label("Within the window", exact=True).fill("20")
    page.get_by_role("button", name="Show what that would have done").press("Enter")
    page.get_by_role("heading", name="What that would have done").wait_for()

    assert page.locator(".compared thead th").all_text_contents() == [
        "As it was",
        "By the weights as saved",
        "By these weights",
    ]
    require_fit_for_all(page)

    page.get_by_label("Choose carriers for what comes in").check()
    page.get_by_role("button", name="Save").press("Enter")
    page.get_by_text("Carriers are chosen for what comes in").wait_for()
    assert Weighing.objects.get().weights[Criterion.COST] == 40
