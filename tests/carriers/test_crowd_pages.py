"""Couriers' pages: what they show before and after, that looking changes nothing, and that nothing leaks."""

from typing import Any, Final

import pytest
from django.apps import apps
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from carriers.models.crowd import Answer, Courier, Invitation, Offer, OfferState
from carriers.services import crowd
from carriers.services.crowd import asking, couriers, wording
from carriers.services.crowd.couriers import Person
from dispatch.models import Hub
from notifications.models import Notification
from notifications.wording import composing
from tests.carriers.crowds import DOOR, HOUR, MINUTE, ask, begin, invitations_of, make_scene
from tests.dispatch.fleets import make_demand, make_vehicle_type
from tests.factories import NOON
from tracking import contact
from tracking.links.limits import BY_ADDRESS
from tracking.rounds.models import Vehicle
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

SECRETS: Final = (
    "Aleksanterinkatu",
    "13 B",
    "00100",
    "Maija",
    "Meikäläinen",
    "1234567",
    "maija@example.org",
    "4711B",
    "60.16",
    "24.94",
    "60,16",
    "24,94",
)
"""The street, the postcode, the name, the number, the mail, the code at the door, and the point."""


def invite(answer_seconds: int = 600) -> Invitation:
    """Ask Kerttu just now about an errand for this afternoon."""
    at = timezone.now()
    carrier, hub, _ = make_scene(answer_seconds=answer_seconds)
    shipment = make_demand(hub, DOOR, earliest=at, latest=at + 4 * HOUR).shipment
    offer = crowd.hand_over(shipment, carrier, at=at)
    asking.widen(offer.id, at=at)
    return invitations_of(offer)[0]


def page(invitation: Invitation, deed: str = "") -> str:
    return f"/offer/{invitation.token}/{deed}"


def read(answer: Any) -> str:
    body: str = answer.content.decode()
    return body


def snapshot() -> dict[str, list[Any]]:
    """Write down every row of every table."""
    models: list[type[Model]] = list(apps.get_models())
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


def test_nothing_that_is_shown_sent_or_answered_before_acceptance_tells_whose_it_is_or_where() -> None:
    invitation = invite()
    client = Client()

    paths = [page(invitation), f"/courier/{invitation.courier.token}/"]
    payloads = [read(client.get(path)) for path in paths]
    payloads += [str(header) for path in paths for header in client.get(path).headers.items()]
    payloads += [read(client.get(f"/offer/{invitation.token}.json"))]
    texts = Notification.objects.filter(recipient=invitation.courier.phone).select_related("brand")
    payloads += [each.text for each in composing.compose(list(texts), at=timezone.now()).values()]
    payloads += [str(row) for row in Notification.objects.values("details", "subject", "body", "shipment")]

    assert len(texts) == 1
    for secret in SECRETS:
        assert [secret for payload in payloads if secret in payload] == []
    assert read(client.get(paths[0])).count("Kampinkuja 1") == 1


def test_the_same_is_so_for_whoever_was_slower_declined_or_came_too_late() -> None:
    carrier, hub, _ = make_scene(couriers=3)
    _, [first, second, third] = ask(carrier, hub)
    crowd.decline(third, at=NOON)
    crowd.accept(first, at=NOON)

    for other in (second, third):
        for payload in (read(Client().get(page(other))), read(Client().post(page(other, "accept/")))):
            assert [secret for secret in SECRETS if secret in payload] == []
            assert "/drive/" not in payload


def test_the_page_of_an_offer_says_what_where_when_and_for_how_much_with_the_sum() -> None:
    invitation = invite()
    offer = invitation.offer

    shown = read(Client().get(page(invitation)))

    for words in (f"Bring something for {offer.pay} EUR?", "1 kg, 8 l", offer.hub.name, "Take it", "No, thank you"):
        assert words in shown
    assert f"4.20 + {offer.kilometres} km × 0.80 = {offer.pay} EUR" in shown
    assert f"about {offer.kilometres} km from {offer.hub.name}, to the" in shown or "close to" in shown


def test_to_look_changes_nothing_whoever_looks() -> None:
    invitation = invite()
    client = Client()
    known = snapshot()

    for method in (client.get, client.head):
        for path in (page(invitation), f"/courier/{invitation.courier.token}/"):
            assert method(path).status_code == 200
        for deed in ("accept/", "decline/", "give-back/"):
            assert method(page(invitation, deed)).status_code == 405
        assert method(f"/courier/{invitation.courier.token}/availability/").status_code == 405

    assert snapshot() == known


def test_pages_are_kept_out_of_caches_and_logs_and_forms_need_the_page() -> None:
    invitation = invite()

    answer = Client().get(page(invitation))

    assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")
    assert Client(enforce_csrf_checks=True).post(page(invitation, "accept/")).status_code == 403
    assert Offer.objects.get().state == OfferState.OPEN


def test_a_tap_takes_it_and_leads_to_the_round() -> None:
    invitation = invite()
    client = Client()

    answer = client.post(page(invitation, "accept/"), follow=True)

    assert answer.redirect_chain == [(page(invitation), 302)]
    offer = Offer.objects.select_related("shift").get()
    assert offer.shift is not None
    shown = read(answer)
    assert "It is yours" in shown
    assert f"/drive/{offer.shift.drive_links.get().token}/" in shown
    assert "Give it back" in shown
    assert "Take it" not in shown


def test_whoever_has_an_errand_under_way_is_led_to_it_and_offered_no_other() -> None:
    invitation = invite()
    offer, at = invitation.offer, timezone.now()
    shipment = make_demand(Hub.objects.get(), DOOR, earliest=at, latest=at + 4 * HOUR).shipment
    crowd.hand_over(shipment, offer.carrier, at=at)
    asking.widen(Offer.objects.latest("id").id, at=at)
    other = Invitation.objects.latest("id")
    client, address = Client(), f"/courier/{invitation.courier.token}/"

    before = read(client.get(address))
    client.post(page(invitation, "accept/"))
    after = read(client.get(address))

    assert page(other) in before
    assert "You have an errand under way." in after
    assert page(invitation) in after
    assert page(other) not in after


def test_giving_back_is_a_tap_until_it_is_loaded() -> None:
    invitation = invite()
    client = Client()
    client.post(page(invitation, "accept/"))
    shipments.record(Shipment.objects.get(), Status.OUT_FOR_DELIVERY, at=timezone.now())

    answer = client.post(page(invitation, "give-back/"))
    assert answer.status_code == 409
    assert "It is loaded already." in read(answer)
    assert Offer.objects.get().state == OfferState.ACCEPTED


def test_what_was_given_back_is_thanked_for() -> None:
    invitation = invite()
    client = Client()
    client.post(page(invitation, "accept/"))

    shown = read(client.post(page(invitation, "give-back/"), follow=True))

    assert "You gave it back, and we ask others." in shown
    assert Offer.objects.get().state == OfferState.OPEN


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer.OVERTAKEN, "Somebody was faster this time."),
        (Answer.EXPIRED, "The time to take this is over."),
        (Answer.WITHDRAWN, "This was called off"),
        (Answer.DECLINED, "Thank you for answering. We ask you again."),
        (Answer.NO_SHOW, "The time to take this is over."),
    ],
)
def test_an_offer_that_cannot_be_had_says_so_on_a_page(answer: Answer, words: str) -> None:
    invitation = invite()
    Invitation.objects.update(answer=answer, answered_at=timezone.now())

    shown = Client().get(page(invitation))

    assert shown.status_code == 200
    assert words in read(shown)
    assert "Take it" not in read(shown)
    refused = Client().post(page(invitation, "accept/"))
    assert refused.status_code == 409
    assert "Not this time" in read(refused)


def test_a_link_whose_time_is_over_says_so_before_any_sweep() -> None:
    invitation = invite()
    Invitation.objects.update(expires_at=timezone.now())

    assert "The time to take this is over." in read(Client().get(page(invitation)))


def test_declining_is_a_tap() -> None:
    invitation = invite()

    shown = read(Client().post(page(invitation, "decline/"), follow=True))

    assert "Thank you for answering. We ask you again." in shown


def test_what_was_brought_says_what_was_earned() -> None:
    invitation = invite()
    Client().post(page(invitation, "accept/"))
    for status in (Status.OUT_FOR_DELIVERY, Status.DELIVERED):
        shipments.record(Shipment.objects.get(), status, at=timezone.now())
    crowd.sweep(at=timezone.now())

    shown = read(Client().get(page(invitation)))
    assert "Brought. Thank you!" in shown
    assert f"You have earned {invitation.offer.pay} EUR." in shown
    own = read(Client().get(f"/courier/{invitation.courier.token}/"))
    assert f"Earned in 30 days: {invitation.offer.pay} EUR" in own


@pytest.mark.parametrize("token", ["nobody", "x" * 41, "ä", "%00"])
@pytest.mark.parametrize("path", ["/offer/{}/", "/courier/{}/"])
def test_a_wrong_link_leads_nowhere_and_says_nothing(path: str, token: str) -> None:
    answer = Client().get(path.format(token))

    assert answer.status_code == 404
    assert "This link leads nowhere" in read(answer)
    assert Client().post(f"/offer/{token}/accept/").status_code == 404


def test_who_guesses_links_is_told_to_wait() -> None:
    client = Client()

    answers = [client.get(f"/offer/guess-{number}/").status_code for number in range(2 * BY_ADDRESS.misses + 1)]

    assert answers[0] == 404
    assert answers[-1] == 429


def test_a_token_has_192_random_bits() -> None:
    invitation = invite()

    assert {len(invitation.token), len(invitation.courier.token)} == {32}


def test_couriers_say_themselves_when_they_want_to_be_asked() -> None:
    _, _, [courier] = make_scene()
    path = f"/courier/{courier.token}/"

    hours = {"is_available": "on", "available_from": "17:00", "available_until": "21:30"}
    shown = read(Client().post(f"{path}availability/", hours, follow=True))
    courier.refresh_from_db()
    assert (courier.is_available, f"{courier.available_from}", f"{courier.available_until}") == (
        True,
        "17:00:00",
        "21:30:00",
    )
    assert "We ask you." in shown
    assert 'value="17:00"' in shown

    shown = read(Client().post(f"{path}availability/", {}, follow=True))
    courier.refresh_from_db()
    assert (courier.is_available, courier.available_from) == (False, None)
    assert "You are not asked until you say so." in shown


@pytest.mark.parametrize("hours", [{"available_from": "17:00"}, {"available_from": "25:99", "available_until": "8"}])
def test_hours_that_are_none_are_answered_with_the_page_and_nothing_changes(hours: dict[str, str]) -> None:
    _, _, [courier] = make_scene()

    answer = Client().post(f"/courier/{courier.token}/availability/", hours)

    assert answer.status_code == 422
    assert "errorlist" in read(answer)
    courier.refresh_from_db()
    assert (courier.is_available, courier.available_from) == (True, None)


def test_a_courier_reads_in_their_own_language_and_by_the_clock_at_the_door(settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("fi", "suomi")]
    invitation = invite(answer_seconds=600)
    Courier.objects.update(language="fi")

    answer = Client().get(page(invitation))

    assert 'lang="fi"' in read(answer)
    local = invitation.expires_at.astimezone(invitation.offer.zone)
    assert f"{local:%H}" in read(answer)


def test_a_suspended_courier_is_told_whom_to_call(settings: Settings) -> None:
    settings.DISPATCH_PHONE = "+358401112222"
    invitation = invite()
    crowd.suspend(invitation.courier, at=timezone.now())

    shown = read(Client().get(f"/courier/{invitation.courier.token}/"))

    assert "You are not asked at the moment." in shown
    assert 'href="tel:+358401112222"' in shown


def test_a_courier_enrols_with_a_number_as_they_write_it_and_a_home_that_is_a_neighbourhood() -> None:
    carrier, _, _ = make_scene(couriers=0)
    bike = make_vehicle_type(kind=Vehicle.BIKE)

    courier = couriers.enrol(carrier, Person("Antti", "Ahonen", "+358 40 555 1234", DOOR, "sv"), bike)

    assert (courier.phone, courier.language, courier.is_available) == ("+358405551234", "sv", False)
    assert (courier.driver.vehicle, courier.driver.carrier) == (Vehicle.BIKE, carrier)
    assert len(courier.home_cell) == 15
    with pytest.raises(contact.Unreadable):
        couriers.enrol(carrier, Person("Antti", "Ahonen", "12", DOOR), bike)


def test_far_away_is_told_by_distance_and_direction_and_near_only_as_near() -> None:
    carrier, hub, _ = make_scene()
    far = crowd.hand_over(make_demand(hub, (60.1850, 24.9384)).shipment, carrier, at=NOON)
    near = crowd.hand_over(make_demand(hub, (60.1699, 24.9384)).shipment, carrier, at=NOON)

    assert wording.area(far) == f"about {far.kilometres} km from {hub.place.name}, to the north"
    assert wording.area(near) == f"close to {hub.place.name}"


def test_an_open_offer_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    invitation = invite()

    with django_assert_max_num_queries(4):
        Client().get(page(invitation))


def test_a_day_that_ends_past_midnight_is_written_with_both_days() -> None:
    carrier, hub, _ = make_scene()
    shipment = make_demand(hub, DOOR, earliest=NOON + 9 * HOUR, latest=NOON + 15 * HOUR).shipment

    offer = crowd.hand_over(shipment, carrier, at=NOON)

    assert wording.when(offer, at=NOON) == "today at 21:00 – tomorrow at 03:00"
    assert wording.when(begin(carrier, hub)[0], at=NOON + MINUTE).replace("\u2060", "") == "12:00–20:00"
