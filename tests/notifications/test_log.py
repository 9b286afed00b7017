"""The log of messages: what staff find in it, what they may see and do, and what is left alone."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from notifications.models import Cancelled, Notification, Skipped, State
from notifications.services import by_hand
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_brand, make_shipment

LOG = "/admin/notifications/notification/"
MAIJA = "+358401234567"

pytestmark = pytest.mark.django_db


def make_notification(**fields: Any) -> Notification:
    """Write down a message that was sent to Maija, unless told otherwise."""
    known: dict[str, Any] = {
        "shipment": None,
        "trigger": Trigger.ON_THE_WAY,
        "channel": Channel.SMS,
        "recipient": MAIJA,
        "language": "en",
        "state": State.SENT,
        "provider": "local",
        "created_at": NOON,
        "due_at": NOON,
        "expires_at": NOON + timedelta(hours=3),
        **fields,
    }
    if "brand" not in known:
        known["brand"] = known["shipment"].brand if known["shipment"] else make_brand()
    return Notification.objects.create(**known)


def make_agent(client: Client, *permissions: str) -> User:
    """Sign in a member of staff who may do these things and nothing else."""
    agent = User.objects.create_user("agent", is_staff=True)
    agent.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(agent)
    return agent


def read(client: Client, path: str, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, action: str, *notifications: Notification) -> None:
    ids = [notification.pk for notification in notifications]
    assert client.post(LOG, {"action": action, "_selected_action": ids}).status_code in {200, 302}


@pytest.mark.parametrize("by", ["reference", "parcel", "number", "as people write it", "provider id", "marker"])
def test_a_message_is_found_by_what_a_shopper_reads_out(admin_client: Client, by: str) -> None:
    shipment = make_shipment(parcel_numbers=["JJFI-7"])
    sent = make_notification(shipment=shipment, provider_id="SM123")
    other = make_notification(shipment=make_shipment(), recipient="+358409999999", provider_id="SM124")
    terms = {
        "reference": shipment.reference.lower(),
        "parcel": " jjfi-7 ",
        "number": MAIJA,
        "as people write it": "+358 (40) 123-4567",
        "provider id": "SM123",
        "marker": sent.marker,
    }

    page = read(admin_client, LOG, q=terms[by])

    assert f"{LOG}{sent.id}/change/" in page
    assert f"{LOG}{other.id}/change/" not in page


def test_a_mail_is_found_by_its_address_in_any_case(admin_client: Client) -> None:
    sent = make_notification(channel=Channel.EMAIL, recipient="maija@example.org")

    assert f"{LOG}{sent.id}/change/" in read(admin_client, LOG, q="Maija@Example.org")


@pytest.mark.parametrize(
    "query",
    [
        {"channel__exact": "sms"},
        {"state__exact": "skipped"},
        {"reason__exact": "opted_out"},
        {"trigger__exact": "delivered"},
        {"provider": "local"},
    ],
)
def test_the_log_is_filtered(admin_client: Client, query: dict[str, str]) -> None:
    found = make_notification(trigger=Trigger.DELIVERED, state=State.SKIPPED, reason=Skipped.OPTED_OUT)
    other = make_notification(channel=Channel.EMAIL, recipient="maija@example.org", provider="smtp")

    page = read(admin_client, LOG, **query)

    assert f"{LOG}{found.id}/change/" in page
    assert f"{LOG}{other.id}/change/" not in page


def test_a_message_says_what_became_of_it_by_the_clock_of_its_destination(admin_client: Client) -> None:
    sent = make_notification(
        shipment=make_shipment(),
        provider_id="SM123",
        sent_at=NOON + timedelta(seconds=2),
        settled_at=NOON + timedelta(seconds=9),
        state=State.DELIVERED,
        attempts=1,
        segments=2,
        cost=Decimal("0.14"),
        currency="EUR",
        body="It is on its way. <b>",
    )

    page = read(admin_client, f"{LOG}{sent.id}/change/")

    assert "<li>2026-11-22 12:00:00 called for</li>" in page
    assert "<li>2026-11-22 12:00:02 taken by local, attempt 1</li>" in page
    assert "<li>2026-11-22 12:00:09 delivered</li>" in page
    assert "0.14 EUR" in page
    assert "It is on its way. &lt;b&gt;" in page


def test_a_sealed_secret_is_on_no_page(admin_client: Client) -> None:
    sent = make_notification(trigger=Trigger.CODE, sealed="sealed-123456", body="Your code is ••••••.")

    for path in (LOG, f"{LOG}{sent.id}/change/"):
        assert "sealed-123456" not in read(admin_client, path)


def test_addresses_are_masked_for_who_may_not_see_them(client: Client) -> None:
    sent = make_notification()
    mail = make_notification(channel=Channel.EMAIL, recipient="maija@example.org")
    agent = make_agent(client, "view_notification")
    paths = [LOG, f"{LOG}{sent.id}/change/", f"{LOG}{mail.id}/change/"]

    for path in paths:
        page = read(client, path)
        assert MAIJA not in page
        assert "maija@" not in page
    assert "m•••@example.org" in read(client, LOG)

    agent.user_permissions.add(Permission.objects.get(codename="see_recipients"))
    client.force_login(agent)

    assert MAIJA in read(client, LOG)
    assert "maija@example.org" in read(client, f"{LOG}{mail.id}/change/")


def test_nothing_in_the_log_can_be_changed(admin_client: Client) -> None:
    sent = make_notification()
    before = Notification.objects.values().get()

    assert admin_client.post(f"{LOG}add/", {}).status_code == 403
    assert admin_client.post(f"{LOG}{sent.id}/change/", {"state": "pending"}).status_code == 403
    assert admin_client.post(f"{LOG}{sent.id}/delete/", {"post": "yes"}).status_code == 403

    assert Notification.objects.values().get() == before


def test_a_message_is_sent_again_as_a_row_of_its_own_which_is_logged(admin_client: Client) -> None:
    sent = make_notification(shipment=make_shipment(), details={"stops": 2}, version=3)

    act(admin_client, "resend", sent)
    act(admin_client, "resend", sent)

    first, second = Notification.objects.exclude(id=sent.id).order_by("id")
    assert (first.state, first.details, first.recipient) == (State.PENDING, {"stops": 2}, MAIJA)
    assert (first.version, second.version) == (by_hand.RESENT_FROM, by_hand.RESENT_FROM + 1)
    assert first.expires_at - first.due_at == timedelta(hours=3)
    assert first.marker != sent.marker
    entries = LogEntry.objects.order_by("id")
    assert [entry.get_change_message() for entry in entries] == [
        f"Sent again as message {first.id}.",
        f"Sent again as message {second.id}.",
    ]


@pytest.mark.parametrize("state", [State.PENDING, State.UNKNOWN])
def test_what_may_still_go_out_by_itself_is_not_sent_again(admin_client: Client, state: State) -> None:
    waiting = make_notification(state=state)

    act(admin_client, "resend", waiting)

    assert list(Notification.objects.all()) == [waiting]


@pytest.mark.parametrize("trigger", [Trigger.CODE, Trigger.REPLY, Trigger.TEST])
def test_codes_answers_and_tests_are_not_sent_again(admin_client: Client, trigger: Trigger) -> None:
    sent = make_notification(trigger=trigger)

    act(admin_client, "resend", sent)

    assert list(Notification.objects.all()) == [sent]


def test_what_waits_is_taken_back_and_what_has_gone_is_not(admin_client: Client) -> None:
    waiting, sent = make_notification(state=State.PENDING), make_notification()

    act(admin_client, "take_back", waiting, sent)

    waiting.refresh_from_db()
    sent.refresh_from_db()
    assert (waiting.state, waiting.reason) == (State.CANCELLED, Cancelled.WITHDRAWN)
    assert sent.state == State.SENT
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Taken back."]


def test_whoever_may_only_look_can_neither_send_again_nor_take_back(client: Client) -> None:
    waiting, sent = make_notification(state=State.PENDING), make_notification()
    make_agent(client, "view_notification")

    for action in ("resend", "take_back"):
        act(client, action, waiting, sent)

    assert Notification.objects.count() == 2
    assert Notification.objects.get(id=waiting.id).state == State.PENDING


def test_a_long_log_costs_no_more_questions_than_a_short_one(
    admin_client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    brand = make_brand()
    make_notification(shipment=make_shipment(brand=brand))
    read(admin_client, LOG)
    with django_assert_max_num_queries(30) as short:
        read(admin_client, LOG)
    for _ in range(5):
        make_notification(shipment=make_shipment(brand=brand))

    with django_assert_num_queries(len(short)):
        read(admin_client, LOG)


def test_providers_are_told_apart_by_what_they_did_within_the_hour(admin_client: Client) -> None:
    now = timezone.now()
    for minutes, state in ((10, State.SENT), (20, State.DELIVERED), (70, State.SENT)):
        make_notification(state=state, sent_at=now - timedelta(minutes=minutes), provider="twilio")
    make_notification(state=State.FAILED, settled_at=now - timedelta(minutes=1), provider="twilio")
    make_notification(state=State.PENDING, due_at=now - timedelta(minutes=2))
    make_notification(state=State.PENDING, due_at=now + timedelta(minutes=2))

    page = " ".join(read(admin_client, f"{LOG}health/").split())

    assert "<td>sms</td> <td>2</td> <td>1</td> <td>works</td>" in page
    assert '<th scope="row">SMS</th> <td>1</td> <td>120 s</td> <td>1</td> <td>0</td>' in page
    assert '<th scope="row">local</th>' in page


@pytest.mark.parametrize("path", ["", "health/", "local/"])
def test_strangers_and_staff_without_a_role_see_nothing(client: Client, path: str) -> None:
    assert client.get(f"{LOG}{path}").status_code == 302

    make_agent(client)

    assert client.get(f"{LOG}{path}").status_code == 403


def test_the_box_says_in_words_what_it_is_for_and_keeps_the_filters(admin_client: Client) -> None:
    page = admin_client.get("/admin/notifications/notification/", {"channel__exact": "sms", "q": "DS-1"}).text

    assert '<label for="searchbar">Search</label>' in page
    assert 'value="DS-1" id="searchbar" aria-describedby="searchbar_helptext"' in page
    assert '<input type="hidden" name="channel__exact" value="sms">' in page
