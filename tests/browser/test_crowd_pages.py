"""A crowd's pages in a real browser: an errand offered, taken and driven, or missed; readable and usable for all."""

from collections.abc import Sequence

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from carriers.models.crowd import Answer, Courier, Invitation, OfferState
from carriers.services import crowd
from carriers.services.crowd import asking
from tests.browser.conftest import PHONE
from tests.browser.test_states import require_fit_on_any_screen
from tests.carriers.crowds import DOOR, HOUR, MINUTE, invitations_of, make_scene
from tests.dispatch.fleets import make_demand
from tests.servers import Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def ask(couriers: int = 1) -> Sequence[Invitation]:
    """Ask couriers just now about an errand for the next hours."""
    at = timezone.now()
    carrier, hub, _ = make_scene(couriers=couriers, answer_seconds=3600)
    shipment = make_demand(hub, DOOR, earliest=at, latest=at + 4 * HOUR).shipment
    offer = crowd.hand_over(shipment, carrier, at=at)
    asking.widen(offer.id, at=at)
    return invitations_of(offer)


def page_of(invitation: Invitation) -> str:
    return f"/offer/{invitation.token}/"


def headline(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def test_a_courier_takes_an_errand_and_is_led_to_the_round_by_keyboard(page: Page) -> None:
    [invitation] = ask()

    page.goto(page_of(invitation))
    headline(page, f"Bring something for {invitation.offer.pay} EUR?")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Take it")).to_be_focused()
    page.keyboard.press("Enter")
    headline(page, "It is yours")
    page.get_by_role("link", name="The address and everything else").press("Enter")
    page.get_by_role("button", name="Use this phone").press("Enter")

    expect(page.locator("#sync")).to_have_text("Everything is sent")
    expect(page.get_by_role("region", name="What is ahead")).to_contain_text("Aleksanterinkatu")
    invitation.refresh_from_db()
    assert (invitation.answer, invitation.offer.state) == (Answer.ACCEPTED, OfferState.ACCEPTED)


def test_whoever_is_slower_is_told_so(page: Page, problems: list[str]) -> None:
    first, second = ask(couriers=2)
    page.goto(page_of(second))
    expect(page.get_by_role("button", name="Take it")).to_be_visible()
    crowd.accept(first, at=timezone.now())

    page.get_by_role("button", name="Take it").click()

    headline(page, "Not this time")
    expect(page.get_by_text("Somebody was faster this time.")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    problems[:] = [problem for problem in problems if "409" not in problem]


def test_everybody_can_read_an_errand_before_it_is_taken_and_after(page: Page) -> None:
    [invitation] = ask()

    page.goto(page_of(invitation))
    require_fit_on_any_screen(page)
    crowd.accept(invitation, at=timezone.now())
    page.goto(page_of(invitation))
    headline(page, "It is yours")

    require_fit_on_any_screen(page)


def test_everybody_can_read_that_an_errand_is_not_to_be_had(page: Page) -> None:
    [invitation] = ask()
    Invitation.objects.update(expires_at=timezone.now() - MINUTE)

    page.goto(page_of(invitation))
    expect(page.get_by_text("The time to take this is over.")).to_be_visible()

    require_fit_on_any_screen(page)


def test_a_courier_says_when_to_be_asked(page: Page) -> None:
    [invitation] = ask()
    page.goto(f"/courier/{invitation.courier.token}/")
    expect(page.get_by_role("region", name="You are asked")).to_contain_text(f"{invitation.offer.pay} EUR")
    require_fit_on_any_screen(page)

    page.get_by_label("From").fill("16:00")
    page.get_by_label("Until").fill("20:30")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("status")).to_have_text("We ask you.")
    page.get_by_label("Ask me").uncheck()
    page.get_by_role("button", name="Save").press("Enter")

    expect(page.get_by_role("status")).to_have_text("We ask you no more until you come back.")
    courier = Courier.objects.get()
    assert (courier.is_available, str(courier.available_from), str(courier.available_until)) == (
        False,
        "16:00:00",
        "20:30:00",
    )


def test_one_end_of_the_hours_alone_is_refused_in_words(page: Page, problems: list[str]) -> None:
    [invitation] = ask()
    page.goto(f"/courier/{invitation.courier.token}/")

    page.get_by_label("From").fill("16:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Please give both hours, or none.")).to_be_visible()

    require_fit_on_any_screen(page)
    problems[:] = [problem for problem in problems if "422" not in problem]


def test_an_errand_is_taken_and_given_back_without_javascript(chromium: Browser, daphne: Server) -> None:
    [invitation] = ask()
    context = chromium.new_context(base_url=daphne.url, viewport=PHONE, java_script_enabled=False)
    page = context.new_page()

    page.goto(page_of(invitation))
    page.get_by_role("button", name="Take it").click()
    page.get_by_role("link", name="The address and everything else").click()
    page.get_by_role("button", name="Use this phone").click()
    expect(page.get_by_role("region", name="What is ahead")).to_contain_text("Aleksanterinkatu")
    page.goto(page_of(invitation))
    page.get_by_role("button", name="Give it back").click()

    headline(page, "Not this time")
    invitation.refresh_from_db()
    assert invitation.answer == Answer.GIVEN_BACK
    context.close()
