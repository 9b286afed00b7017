"""From few stars to a case that is resolved: the shopper on their link, the agent at the desk by keyboard alone."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Final
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from desk import second_factor
from desk.models import Look, Role
from feedback import services
from feedback.models import Case, CaseKind, CasePhoto, Macro, Outcome
from feedback.services import Answer, Complaint
from notifications import wording
from notifications.models import Notification
from notifications.services import considering
from notifications.triggers import Trigger
from tests.browser.test_states import require_fit_for_all
from tests.factories import make_link, make_member, make_shipment
from tests.servers import Server
from tracking import pictures
from tracking.models import Shipment
from tracking.pictures import Picture
from tracking.shipments.lifecycle import Status

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

HOUR: Final = timedelta(hours=1)
PASSWORD: Final = "a-long-password"
MOST_TABS: Final = 60
QUEUE: Final = "/admin/desk/cases/"


@pytest.fixture
def desk(chromium: Browser, daphne: Server, problems: list[str]) -> Iterator[Page]:
    """Open the desk's own browser, on a larger screen."""
    context = chromium.new_context(base_url=daphne.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def agent() -> User:
    return make_member(Role.AGENT)


@pytest.fixture
def inside(desk: Page, agent: User, daphne: Server) -> Page:
    """Let the agent have signed in."""
    client = Client()
    client.force_login(agent)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    desk.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": daphne.url}])
    return desk


@pytest.fixture
def photo(transactional_db: None) -> Iterator[Picture]:
    """Make a photo; the file that is kept of it goes with the test."""
    drawn = BytesIO()
    Image.new("RGB", (640, 480), "#b8860b").save(drawn, "JPEG")
    yield pictures.remake(drawn.getvalue())
    for kept in CasePhoto.objects.all():
        kept.image.delete(save=False)


def make_delivered() -> Shipment:
    return make_shipment(status=Status.DELIVERED, at=timezone.now() - 4 * HOUR)


def go(page: Page, to: Locator) -> None:
    """Go to something with the Tab key alone."""
    expect(to).to_be_visible()
    for _ in range(MOST_TABS):
        if to.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{to} is not reached with the keyboard")


def press(page: Page, to: Locator) -> None:
    """Go to something and press Enter on it."""
    go(page, to)
    page.keyboard.press("Enter")


def write(page: Page, to: Locator, text: str) -> None:
    """Go to a field and type into it."""
    go(page, to)
    page.keyboard.type(text)


def sign_in(page: Page, agent: User) -> None:
    """Come in with a password and a code that counts once."""
    agent.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    agent.save()
    _, codes = second_factor.issue(agent)
    page.goto("/admin/")
    write(page, page.get_by_label("Username"), agent.username)
    write(page, page.get_by_label("Password"), PASSWORD)
    page.keyboard.press("Enter")
    write(page, page.get_by_label("Code"), codes[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Site administration")).to_be_visible()


def survey_address(shipment: Shipment) -> str:
    """Let the survey be called for, and give the address that its message leads to."""
    considering.calendar(at=timezone.now())
    rows = Notification.objects.filter(shipment=shipment, trigger=Trigger.SURVEY).select_related("brand")
    survey = rows.select_related("shipment__stop__route__shift__driver", "shipment__brand", "brand").get()
    return urlsplit(wording.compose([survey], at=timezone.now())[survey.id].link).path


def rate_badly(page: Page, shipment: Shipment) -> None:
    page.goto(survey_address(shipment))
    page.get_by_role("button", name="2").click()
    page.get_by_label("In your own words").fill("It was left in the rain.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("We have your answer.")).to_be_visible()


def take_and_answer(desk: Page, shipment: Shipment) -> None:
    press(desk, desk.get_by_role("link", name="Cases", exact=True))
    press(desk, desk.get_by_role("link", name=f"Not satisfied, {shipment.reference}"))
    expect(desk.get_by_text("It was left in the rain.")).to_be_visible()
    press(desk, desk.get_by_role("button", name="Take it"))
    expect(desk.get_by_text("The case is yours.")).to_be_visible()
    press(desk, desk.get_by_role("button", name="Use this text"))
    expect(desk.get_by_label("Answer to the shopper")).to_be_focused()
    desk.keyboard.type("A new one is on its way.")
    press(desk, desk.get_by_role("button", name="Send"))
    expect(desk.get_by_text("The answer is on its way.")).to_be_visible()


def read_and_thank(page: Page, answer: str) -> None:
    page.goto(page.url.replace("feedback", "case"))
    expect(page.get_by_text(answer)).to_be_visible()
    page.get_by_text("Write to us").click()
    page.get_by_label("Your message").first.fill("Thank you!")
    page.get_by_role("button", name="Send").first.click()
    expect(page.get_by_text("We have your message.")).to_be_visible()


def resolve(desk: Page) -> None:
    desk.reload()
    expect(desk.get_by_text("Thank you!")).to_be_visible()
    press(desk, desk.locator("summary", has_text="Resolve"))
    write(desk, desk.get_by_label("Outcome"), "We sent it again")
    write(desk, desk.get_by_label("Reason").first, "A new one was sent.")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("The case is resolved.")).to_be_visible()


def test_from_two_stars_to_a_case_that_is_resolved(page: Page, desk: Page, agent: User) -> None:
    shipment = make_delivered()
    Macro.objects.create(title="Sorry", body="Dear {name}, we are sorry about {reference}. ")

    rate_badly(page, shipment)
    sign_in(desk, agent)
    take_and_answer(desk, shipment)
    read_and_thank(page, f"Dear Maija, we are sorry about {shipment.reference}. A new one is on its way.")
    resolve(desk)
    page.reload()

    expect(page.get_by_text("Done: We sent it again.")).to_be_visible()
    case = Case.objects.get()
    assert (case.outcome, case.owner) == (Outcome.RESENT, agent)
    assert list(Look.objects.filter(deed="acted").order_by("id").values_list("what", "reason")) == [
        ("case_take", ""),
        ("case_reply", ""),
        ("case_resolve", "A new one was sent."),
    ]


def test_the_queue_follows_what_happens_and_leaves_the_focus_where_it_is(inside: Page) -> None:
    first = services.open_case(make_delivered(), Complaint(CaseKind.DAMAGED, "Broken."), at=timezone.now() - HOUR)
    inside.clock.install()
    inside.goto(QUEUE)
    link = inside.get_by_role("link", name=f"Damaged, {first.shipment.reference}")
    link.focus()

    missing = make_delivered()
    services.open_case(missing, Complaint(CaseKind.NOT_RECEIVED), at=timezone.now() - 30 * HOUR)
    inside.clock.run_for(10_000)

    overdue = inside.get_by_role("listitem").filter(has_text=missing.reference)
    expect(overdue).to_contain_text("Overdue by 1\xa0day")
    expect(inside.get_by_role("link", name="Overdue 1")).to_be_visible()
    expect(link).to_be_focused()


def test_everybody_at_the_desk_can_use_the_queue(inside: Page, agent: User) -> None:
    at = timezone.now()
    services.open_case(make_delivered(), Complaint(CaseKind.NOT_RECEIVED, "Where?"), at=at - 30 * HOUR)
    services.take(services.open_case(make_delivered(), Complaint(CaseKind.DAMAGED), at=at), by=agent, at=at)
    waiting = services.open_case(make_delivered(), Complaint(CaseKind.WRONG_ITEM, "Blue."), at=at)
    services.reply(waiting, Answer("Which one?"), by=agent, at=at)
    inside.goto(QUEUE)

    require_fit_for_all(inside)


def test_everybody_at_the_desk_can_use_the_page_of_a_case(inside: Page, agent: User, photo: Picture) -> None:
    shipment, at = make_delivered(), timezone.now()
    make_link(shipment, at=at)
    Macro.objects.create(title="Sorry", body="We are sorry.")
    complaint = Complaint(CaseKind.DAMAGED, "The lid is broken.\n\nThe red one.", photos=[photo])
    case = services.open_case(shipment, complaint, at=at - 30 * HOUR)
    services.note(case, "Third time this week.", by=agent, at=at)
    services.reply(case, Answer("Which lid?", waits_for_shopper=False), by=agent, at=at)
    inside.goto(f"{QUEUE}{case.id}/")
    for name in ("Write a note", "Resolve", "Hand over"):
        inside.locator("summary", has_text=name).click()

    require_fit_for_all(inside)


def test_everybody_at_the_desk_can_open_a_case(inside: Page) -> None:
    inside.goto(f"{QUEUE}new/{make_delivered().id}/")

    require_fit_for_all(inside)
