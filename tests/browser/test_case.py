"""Something is wrong: told, answered and followed, as a shopper does it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from feedback import services
from feedback.models import Case, Outcome
from feedback.services import Answer
from tests.browser.test_states import require_fit_for_all
from tests.factories import make_link, make_shipment
from tracking.shipments.lifecycle import Status

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def page_address() -> str:
    shipment = make_shipment(status=Status.DELIVERED, at=timezone.now() - timedelta(days=1))
    return f"/t/{make_link(shipment, at=timezone.now()).token}/"


def complain(page: Page) -> Case:
    page.goto(page_address())
    page.get_by_role("link", name="Is something wrong?").click()
    page.get_by_label("Damaged").check()
    page.get_by_label("Your message").fill("The lid is broken.")
    page.get_by_role("button", name="Send").press("Enter")
    expect(page.get_by_text("We look into it.")).to_be_visible()
    return Case.objects.get()


def test_a_shopper_tells_what_is_wrong_and_reads_the_answer_and_the_end_on_their_link(page: Page) -> None:
    sari = User.objects.create(username="sari", is_staff=True)
    case = complain(page)
    services.reply(case, Answer("We send you a new one."), by=sari, at=timezone.now())

    page.reload()
    expect(page.get_by_text("We send you a new one.")).to_be_visible()
    page.get_by_text("Write to us").click()
    page.get_by_label("Your message").first.fill("Thank you!")
    page.get_by_role("button", name="Send").first.click()
    expect(page.get_by_text("We have your message.")).to_be_visible()
    services.resolve(case, Outcome.RESENT, by=sari, at=timezone.now())
    page.reload()

    expect(page.get_by_text("Done: We sent it again.")).to_be_visible()


def test_everybody_can_tell_what_is_wrong(page: Page) -> None:
    page.goto(f"{page_address()}case/")

    require_fit_for_all(page)


def test_everybody_can_follow_what_comes_of_it(page: Page) -> None:
    case = complain(page)
    services.reply(case, Answer("Which lid?\n\nThe red one?"), by=User.objects.create(username="s"), at=timezone.now())
    page.reload()
    page.get_by_text("Write to us").click()

    require_fit_for_all(page)
