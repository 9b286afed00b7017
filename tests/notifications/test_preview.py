"""Brands' own words in the admin: judged before they are kept, shown as they would arrive, and tried out."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from notifications.models import Notification, State, Template
from notifications.services import by_hand
from notifications.triggers import Channel, Trigger
from tests.factories import make_brand
from tracking.models import Brand

ADD = "/admin/notifications/template/add/"
PREVIEW = "/admin/notifications/template/preview/"
TEXT = "{brand}: {reference} comes {window}. {link}"

pytestmark = pytest.mark.django_db


def words(**changes: Any) -> dict[str, Any]:
    """Fill in the form of a text message."""
    brand = Brand.objects.first() or make_brand()
    known = {"brand": brand.id, "trigger": Trigger.ON_THE_WAY, "channel": Channel.SMS, "language": "en", "text": TEXT}
    return {**known, "subject": "", "content_sid": "", **changes}


def mail(**changes: Any) -> dict[str, Any]:
    return words(channel=Channel.EMAIL, subject="{reference} comes", text="Hello!\n\n{link}", **changes)


def read(client: Client, form: dict[str, Any], *, status: int = 200) -> str:
    response = client.post(PREVIEW, form)
    assert response.status_code == status
    return response.content.decode()


def make_agent(client: Client, *permissions: str) -> None:
    agent = User.objects.create_user("agent", is_staff=True)
    agent.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(agent)


def test_words_are_kept_once_they_are_right(admin_client: Client) -> None:
    assert admin_client.post(ADD, words()).status_code == 302

    template = Template.objects.get()
    assert (template.text, template.channel) == (TEXT, Channel.SMS)
    page = admin_client.get(reverse("admin:notifications_template_change", args=[template.id])).content.decode()
    assert f'formaction="{PREVIEW}"' in page


@pytest.mark.parametrize(
    "text", ["", "{{settings.SECRET_KEY}} {link}", "{nothing} {link}", "No link", "{link}" + 900 * "x"]
)
def test_words_with_a_mistake_are_not_kept(admin_client: Client, text: str) -> None:
    response = admin_client.post(ADD, words(text=text))

    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert not Template.objects.exists()


def test_a_preview_shows_sample_data_segments_and_cost(admin_client: Client, settings: Any) -> None:
    settings.SMS_SEGMENT_PRICE = "0.07 EUR"

    page = " ".join(read(admin_client, words()).split())

    assert "Kauppa: DS-10482 comes" in page
    assert "1 segment in GSM-7, 0.07 EUR a message." in page
    assert "<code>{window}</code>" in page
    assert not Template.objects.exists()


def test_words_that_may_not_be_kept_are_shown_all_the_same_with_what_is_wrong(admin_client: Client) -> None:
    page = read(admin_client, words(text="Тест {nonsense} {link}"))

    assert "Тест {nonsense}" in page
    assert "What keeps these words from being saved" in page
    assert "in UCS-2" in page


def test_nothing_that_is_written_runs_on_the_page(admin_client: Client) -> None:
    page = read(admin_client, words(text="<script>alert(1)</script> {link}"))

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_mail_is_shown_in_a_document_that_may_do_nothing_but_look(admin_client: Client) -> None:
    response = admin_client.post(PREVIEW, mail())
    page = response.content.decode()
    address = unescape(re.findall(r'<iframe class="mail" title="The mail" sandbox src="([^"]+)"', page)[0])

    document = admin_client.get(address)

    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "frame-src 'self'" in response["Content-Security-Policy"]
    assert "<html" in document.content.decode()
    assert "DS-10482" in document.content.decode()
    policy = document["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert policy.endswith("frame-ancestors 'self'; sandbox")
    assert document["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("draft", ["", "nonsense", "eyJ0ZXh0IjoiPGI-In0:1abcde:forged"])
def test_a_document_that_was_not_signed_here_is_not_shown(admin_client: Client, draft: str) -> None:
    assert admin_client.get(f"{PREVIEW}mail/", {"draft": draft}).status_code == 404


def test_words_are_sent_to_an_address_that_staff_typed(admin_client: Client) -> None:
    page = read(admin_client, words(to="+358 40 123 4567"))

    assert "The test is on its way." in page
    sent = Notification.objects.get()
    assert (sent.trigger, sent.recipient, sent.state) == (Trigger.TEST, "+358401234567", State.PENDING)
    assert sent.details == {"trigger": "on_the_way", "subject": "", "text": TEXT}


@pytest.mark.parametrize("changes", [{"to": "nobody"}, {"to": "+358401234567", "text": "{nonsense} {link}"}])
def test_neither_words_with_a_mistake_are_sent_nor_any_to_nobody(admin_client: Client, changes: dict[str, str]) -> None:
    read(admin_client, words(**changes), status=422)

    assert not Notification.objects.exists()


def test_there_is_an_end_to_trying_out(admin_client: Client) -> None:
    for _ in range(by_hand.TESTS_AN_HOUR):
        read(admin_client, words(to="+358401234567"))

    assert "Enough has been tried out" in read(admin_client, words(to="+358401234567"), status=422)
    assert Notification.objects.count() == by_hand.TESTS_AN_HOUR


def test_who_may_only_look_sends_no_tests(client: Client) -> None:
    make_agent(client, "view_template")

    assert "Try it out" not in read(client, words())
    read(client, words(to="+358401234567"), status=403)

    assert not Notification.objects.exists()


def test_strangers_and_staff_without_a_role_see_no_preview(client: Client) -> None:
    assert client.post(PREVIEW, words()).status_code == 302

    make_agent(client)

    assert client.post(PREVIEW, words()).status_code == 403
    assert client.get(f"{PREVIEW}mail/").status_code == 403


def test_a_preview_is_only_ever_posted(admin_client: Client) -> None:
    assert admin_client.get(PREVIEW).status_code == 405
