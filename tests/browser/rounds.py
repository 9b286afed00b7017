"""A driver's page as a browser opens it."""

from collections.abc import Callable
from io import BytesIO
from time import monotonic
from typing import Final

from django.utils import timezone
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from driving.models import DriveLink
from driving.services import links
from tracking.proof import pins
from tracking.rounds.models import Route
from tracking.shipments.models import Shipment

PATIENCE_SECONDS: Final = 90


def until(page: Page, is_so: Callable[[], object]) -> None:
    """Wait for a fact, for as long as a busy machine may take, while the page goes on."""
    deadline = monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert monotonic() < deadline, "It never came about."
        page.wait_for_timeout(100)


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
