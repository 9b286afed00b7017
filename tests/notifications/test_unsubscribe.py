import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from notifications import sealing, unsubscribing
from notifications.models import Consent, ConsentSource
from notifications.services import consent
from notifications.triggers import Channel
from notifications.unsubscribing import NoSuchKey, Reader
from tests.factories import NOON, make_brand, make_link, make_shipment
from tracking.models import Brand
from tracking.shipments.lifecycle import Status

MAIL = "maija@example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
AGAIN = {"mails": "again"}

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def path(brand: Brand) -> str:
    return urlsplit(unsubscribing.url(Reader(brand.id, MAIL))).path


def words() -> list[tuple[str, str, int | None, bool, str]]:
    return list(Consent.objects.values_list("channel", "address", "brand", "is_given", "source"))


def test_a_link_stands_on_the_base_url_and_shows_nobody_the_address(brand: Brand) -> None:
    url = unsubscribing.url(Reader(brand.id, MAIL))

    assert url.startswith("http://testserver/unsubscribe/")
    assert "maija" not in url
    assert re.fullmatch(r"[!-~]+", url)


def test_a_key_names_whom_it_was_made_for() -> None:
    reader = Reader(7, "maija meikäläinen@example.org")

    assert unsubscribing.read_key(unsubscribing.make_key(reader)) == reader


def test_what_was_sealed_for_something_else_is_no_key() -> None:
    for sealed in (sealing.seal("123456"), sealing.seal("code 7 maija@example.org"), "", "nonsense", "ä" * 200):
        with pytest.raises(NoSuchKey):
            unsubscribing.read_key(sealed)


def test_the_page_asks_and_changes_nothing(client: Client, path: str) -> None:
    page = client.get(path).content.decode()

    assert "Kauppa writes to m•••@example.org" in page
    assert "Stop these mails" in page
    assert MAIL not in page
    assert client.head(path).status_code == 200
    assert words() == []


def test_the_page_is_nobody_elses_business(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_a_mail_provider_ends_the_mails_in_one_request(brand: Brand, path: str) -> None:
    provider = Client(enforce_csrf_checks=True)

    answer = provider.post(path, ONE_CLICK)

    assert answer.status_code == 200
    assert words() == [("email", MAIL, brand.id, False, ConsentSource.UNSUBSCRIBE)]


def test_a_mail_provider_may_write_its_form_in_either_way(brand: Brand, path: str) -> None:
    provider = Client(enforce_csrf_checks=True)

    answer = provider.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 200
    assert consent.is_withheld(Channel.EMAIL, MAIL, brand=brand)


def test_our_own_button_says_the_same_and_the_page_offers_the_way_back(client: Client, path: str) -> None:
    name, value = re.findall(r'name="([^"]+)" value="([^"]+)"', client.get(path).content.decode())[-1]

    page = client.post(path, {name: value}).content.decode()

    assert (name, value) == ("List-Unsubscribe", "One-Click")
    assert "Kauppa no longer writes to m•••@example.org" in page
    assert 'name="mails" value="again"' in page


def test_somebody_may_come_back(client: Client, brand: Brand, path: str) -> None:
    client.post(path, ONE_CLICK)

    page = client.post(path, AGAIN).content.decode()

    assert "Kauppa writes to m•••@example.org" in page
    assert not consent.is_withheld(Channel.EMAIL, MAIL, brand=brand)


def test_the_word_is_about_one_brand_and_about_mails(client: Client, brand: Brand, path: str) -> None:
    client.post(path, ONE_CLICK)

    assert not consent.is_withheld(Channel.EMAIL, MAIL, brand=make_brand(name="Toinen"))
    assert not consent.is_withheld(Channel.PUSH, MAIL, brand=brand)


def test_saying_it_twice_is_saying_it_once(client: Client, path: str) -> None:
    for _ in range(2):
        client.post(path, ONE_CLICK)

    assert len(words()) == 1


@pytest.mark.parametrize("form", [{}, {"List-Unsubscribe": "yes"}, {"mails": ""}, {"List-Unsubscribe": "one-click"}])
def test_a_form_that_says_nothing_changes_nothing(client: Client, path: str, form: dict[str, str]) -> None:
    answer = client.post(path, form)

    assert answer.status_code == 422
    assert "Stop these mails" in answer.content.decode()
    assert words() == []


def test_it_works_long_after_the_delivery_and_its_link_are_over(client: Client) -> None:
    shipment = make_shipment(status=Status.DELIVERED, at=NOON - timedelta(days=90))
    link = make_link(shipment, at=NOON - timedelta(days=90))
    path = urlsplit(unsubscribing.url(Reader(shipment.brand_id, MAIL))).path

    assert client.get(f"/t/{link.token}/").status_code == 404
    assert client.post(path, ONE_CLICK).status_code == 200
    assert consent.is_withheld(Channel.EMAIL, MAIL, brand=shipment.brand)


def test_a_wrong_key_leads_nowhere(client: Client, brand: Brand, path: str) -> None:
    gone = make_brand()
    orphan = urlsplit(unsubscribing.url(Reader(gone.id, MAIL))).path
    gone.delete()

    for wrong in (f"{path[:-2]}/", "/unsubscribe/nonsense/", f"/unsubscribe/{'x' * 5000}/", orphan):
        for answer in (client.get(wrong), client.post(wrong, ONE_CLICK)):
            assert answer.status_code == 404
            assert "This link leads nowhere" in answer.content.decode()
    assert words() == []


def test_no_other_method_is_known(client: Client, path: str) -> None:
    assert client.delete(path).status_code == 405
    assert words() == []
