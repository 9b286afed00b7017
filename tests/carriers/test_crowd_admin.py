"""What staff do about crowds on the stock pages, each through a service."""

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from carriers.models.crowd import Courier, Offer, OfferState
from carriers.services import crowd
from desk.models import Role
from tests.carriers.crowds import answers, ask, make_scene
from tests.factories import NOON, make_member

pytestmark = pytest.mark.django_db


def act(row: Model, action: str, role: Role = Role.LEAD) -> Client:
    """Sign in and choose an action for one row of a stock page."""
    client = Client()
    client.force_login(make_member(role))
    name = f"admin:carriers_{row._meta.model_name}_changelist"
    client.post(reverse(name), {"action": action, "_selected_action": [row.pk]})
    return client


def test_staff_suspend_couriers_and_let_them_be_asked_again() -> None:
    _, _, [courier] = make_scene()

    act(courier, "suspend")
    assert Courier.objects.get().is_suspended
    act(courier, "reinstate")
    assert not Courier.objects.get().is_suspended


def test_leads_withdraw_offers_and_agents_do_not() -> None:
    carrier, hub, _ = make_scene()
    offer, _ = ask(carrier, hub)

    act(offer, "withdraw", Role.AGENT)
    assert Offer.objects.get().state == OfferState.OPEN
    act(offer, "withdraw")
    assert Offer.objects.get().state == OfferState.WITHDRAWN


def test_the_page_of_an_offer_shows_who_was_asked_but_nobodys_link() -> None:
    carrier, hub, _ = make_scene(couriers=2)
    offer, [first, second] = ask(carrier, hub)
    crowd.accept(first, at=NOON)
    assert answers(offer) == ["accepted", "overtaken"]
    client = Client()
    client.force_login(make_member(Role.AGENT))

    page = client.get(reverse("admin:carriers_offer_change", args=[offer.pk])).content.decode()

    assert "somebody was faster" in page
    assert "Kerttu Harju" in page
    assert all(invitation.token not in page for invitation in (first, second))


def test_staff_enrol_a_courier_of_whose_home_the_neighbourhood_is_kept() -> None:
    carrier, hub, [known] = make_scene()
    client = Client()
    client.force_login(make_member(Role.LEAD))
    person = {
        "carrier": carrier.pk,
        "given_name": "Antti",
        "family_name": "Ahonen",
        "phone": "+358 40 555 9999",
        "language": "fi",
        "vehicle_type": known.vehicle_type.pk,
        "home_latitude": hub.place.latitude,
        "home_longitude": hub.place.longitude,
    }

    answer = client.post(reverse("admin:carriers_courier_add"), person)

    assert answer.status_code == 302
    courier = Courier.objects.exclude(pk=known.pk).get()
    assert (courier.phone, courier.driver.given_name, courier.home_cell) == ("+358405559999", "Antti", known.home_cell)
    page = client.get(reverse("admin:carriers_courier_change", args=[courier.pk])).content.decode()
    assert f"/courier/{courier.token}/" in page
