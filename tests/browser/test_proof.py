"""The door, as a shopper sees it in a real browser: an attempt disputed, a delivery proved, a PIN told."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from desk.models import Role
from feedback.models import Case, CaseKind
from feedback.services import attempts
from tests.browser.test_states import require_fit_for_all
from tests.factories import make_brand, make_link, make_member, make_shipment
from tests.servers import Server
from tests.tracking import doors
from tracking.links.models import TrackingLink
from tracking.proof import pins, services
from tracking.proof.models import Evidence, Kind
from tracking.proof.receipts import keys, sealing
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Handover, Status

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def make_attempted(*, metres: float) -> TrackingLink:
    at = timezone.now()
    event = doors.make_event(
        shipment=make_shipment(status=Status.ATTEMPTED, at=at - timedelta(hours=1)), status=Status.ATTEMPTED
    )
    doors.keep(event, Kind.PHOTO, image=doors.make_photo((1200, 900)), at=at)
    services.note_attempt(event, driver=None, claim=doors.make_claim(metres=metres, seconds=20), at=at)
    return make_link(event.shipment, at=at)


def make_delivered() -> TrackingLink:
    at = timezone.now()
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, at=at - timedelta(hours=1))
    event = shipments.record(shipment, Status.DELIVERED, at=at, handover=Handover.NEIGHBOUR)
    doors.keep(event, Kind.PHOTO, image=doors.make_photo((1200, 900)), at=at)
    doors.keep(event, Kind.SIGNATURE, image=doors.make_signature(), at=at)
    doors.keep(event, Kind.NAME, words="Matti Meikäläinen", at=at)
    return make_link(shipment, at=at)


def unlock(page: Page) -> None:
    page.get_by_label("Postcode of the delivery").fill("00100")
    page.get_by_role("button", name="Show it").press("Enter")


def test_a_dispute_with_evidence_at_412_m_opens_a_case(page: Page) -> None:
    link = make_attempted(metres=412)
    page.goto(f"/t/{link.token}/")

    page.get_by_role("link", name="Were we really at your door?").click()
    expect(
        page.get_by_text("The driver was 412 m from your door, and had been near it for 20 seconds.")
    ).to_be_visible()
    page.get_by_role("button", name="Nobody came to my door").press("Enter")
    expect(page.get_by_text("We look into it.")).to_be_visible()
    attempts.follow(Evidence.objects.get().event_id)
    page.get_by_role("link", name="Follow what we do about it").click()

    expect(page.get_by_role("heading", name="Attempt disputed")).to_be_visible()
    expect(page.get_by_text("The driver was 412 m from your door")).to_be_visible()
    expect(page.get_by_text("Nobody came to my door.")).to_be_visible()
    assert Case.objects.get().kind == CaseKind.DISPUTED_ATTEMPT


def test_after_the_second_factor_the_photo_is_there_and_the_receipt_is_proven(page: Page, tmp_path: Path) -> None:
    page.goto(f"/t/{make_delivered().token}/")

    page.get_by_role("link", name="Proof of the delivery").click()
    unlock(page)
    photo = page.get_by_role("img", name="Photo from the door")
    expect(photo).to_be_visible()
    assert photo.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1200
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()
    download.value.save_as(tmp_path / "receipt.pdf")

    told = sealing.check((tmp_path / "receipt.pdf").read_bytes(), public_key=keys.public()).receipt
    assert told["handover"] == "neighbour"
    require_fit_for_all(page)


def test_the_pages_about_the_door_are_fit_for_all(page: Page) -> None:
    page.goto(f"/t/{make_attempted(metres=20).token}/attempt/")
    require_fit_for_all(page)
    unlock(page)
    expect(page.get_by_role("img", name="Photo from the door")).to_be_visible()
    require_fit_for_all(page)

    page.goto(f"/t/{make_delivered().token}/proof/")
    require_fit_for_all(page)


def test_the_pin_stands_on_the_page_of_who_was_sent_the_link(page: Page) -> None:
    brand = make_brand(asks_for_pin=True)
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, brand=brand, at=timezone.now() - timedelta(hours=1))
    link = make_link(shipment, at=timezone.now())
    pin = pins.pin_of(shipment, on=pins.day_of(shipment, at=timezone.now()))

    page.goto(f"/t/{link.token}/")

    expect(page.get_by_text(pin)).to_be_visible()
    require_fit_for_all(page)


def test_what_was_kept_at_the_door_is_fit_for_all_at_the_desk(
    page: Page, context: BrowserContext, daphne: Server
) -> None:
    client = Client()
    client.force_login(make_member(Role.AGENT))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": daphne.url}])
    link = make_attempted(metres=412)
    attempts.follow(Evidence.objects.get().event_id)

    page.goto(f"/admin/desk/shipments/{link.shipment_id}/")
    expect(page.get_by_text("not an attempt")).to_be_visible()
    require_fit_for_all(page)
    page.goto(f"/admin/desk/cases/{Case.objects.get().id}/")

    expect(page.get_by_text("412 m from the door, 20 s near it")).to_be_visible()
    expect(page.get_by_text("Opened by itself")).to_be_visible()
    require_fit_for_all(page)
