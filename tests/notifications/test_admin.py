"""What staff do on the pages of messages: answers, consents, rules, templates, and the local outbox."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from notifications import sealing
from notifications.models import (
    Consent,
    ConsentSource,
    Contact,
    Inbound,
    Meaning,
    Notification,
    Policy,
    Question,
    Rule,
    State,
)
from notifications.services import consent, policies, replies
from notifications.triggers import Channel, Trigger
from notifications.wording.drafts import HIDDEN
from tests.factories import NOON, make_brand, make_link, make_shipment
from tracking.models import Brand

MAIJA = "+358401234567"
NAUGHTY = "<script>alert(1)</script>"
PERSON = "admin:notifications_person"

pytestmark = pytest.mark.django_db


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


def list_address(model: type[Model]) -> str:
    return reverse(f"admin:notifications_{model._meta.model_name}_changelist")


def write(body: str = "Where are you?", **fields: Any) -> Inbound:
    return replies.receive(
        provider_id=f"SM{Inbound.objects.count()}", channel=Channel.SMS, sender=MAIJA, body=body, at=NOON, **fields
    )


def land(**fields: Any) -> Notification:
    """Let a text land in the local outbox."""
    shipment = make_shipment()
    known: dict[str, Any] = {
        "brand": shipment.brand,
        "shipment": shipment,
        "trigger": Trigger.ON_THE_WAY,
        "channel": Channel.SMS,
        "recipient": MAIJA,
        "language": "en",
        "state": State.SENT,
        "provider": "local",
        "body": f"It is on its way: http://testserver/t/abc/ {NAUGHTY}",
        "created_at": NOON,
        "due_at": NOON,
        "sent_at": NOON,
        "expires_at": NOON + timedelta(hours=3),
    }
    return Notification.objects.create(**{**known, **fields})


@pytest.fixture
def everything() -> None:
    """Make a row of every table that is listed."""
    notification = land()
    shipment = make_shipment()
    write()
    consent.withhold(Channel.SMS, MAIJA, source=ConsentSource.WORD, at=NOON)
    Contact.objects.create(shipment=shipment, channel=Channel.SMS, address=MAIJA, added_at=NOON)
    Question.objects.create(
        address=MAIJA, asker="slots", shipment=shipment, asked_at=NOON, open_until=NOON + timedelta(hours=1)
    )
    Policy.objects.create(brand=notification.brand)


LISTED: list[type[Model]] = [Consent, Contact, Inbound, Notification, Policy, Question]


@pytest.mark.parametrize("model", LISTED)
@pytest.mark.usefixtures("everything")
def test_each_list_and_each_row_can_be_read(admin_client: Client, model: type[Model]) -> None:
    row = model._default_manager.all()[0]

    assert "Select" in read(admin_client, list_address(model))
    assert read(admin_client, reverse(f"admin:notifications_{model._meta.model_name}_change", args=[row.pk]))


@pytest.mark.parametrize("model", [Consent, Contact, Inbound, Notification, Question])
@pytest.mark.usefixtures("everything")
def test_who_may_not_see_addresses_reads_none(client: Client, model: type[Model]) -> None:
    name = model._meta.model_name
    make_agent(client, f"view_{name}", "change_inbound")
    row = model._default_manager.all()[0]

    for path in (list_address(model), reverse(f"admin:notifications_{name}_change", args=[row.pk])):
        page = read(client, path)
        assert MAIJA not in page
        assert "+358 •• •••••67" in page


@pytest.mark.parametrize("model", [Consent, Contact, Inbound, Notification, Question])
@pytest.mark.parametrize("term", [MAIJA, "+358 40 123-4567"])
@pytest.mark.usefixtures("everything")
def test_a_number_is_found_however_it_is_written(admin_client: Client, model: type[Model], term: str) -> None:
    row = model._default_manager.all()[0]
    address = reverse(f"admin:notifications_{model._meta.model_name}_change", args=[row.pk])

    assert address in read(admin_client, list_address(model), q=term)
    assert address not in read(admin_client, list_address(model), q="+358 40 999 9999")


@pytest.mark.parametrize("model", [Contact, Inbound, Notification, Question])
@pytest.mark.usefixtures("everything")
def test_what_services_write_can_be_neither_added_nor_changed_nor_deleted(
    admin_client: Client, model: type[Model]
) -> None:
    row = model._default_manager.all()[0]
    before = list(model._default_manager.order_by("pk").values())
    name = f"admin:notifications_{model._meta.model_name}"

    assert admin_client.post(reverse(f"{name}_add"), {}).status_code == 403
    assert admin_client.post(reverse(f"{name}_change", args=[row.pk]), {"body": "x"}).status_code == 403
    assert admin_client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403

    assert list(model._default_manager.order_by("pk").values()) == before


def test_what_the_desk_was_told_holds_for_what_is_queued(admin_client: Client) -> None:
    waiting = land(state=State.PENDING, provider="", sent_at=None)
    told = {"channel": "sms", "address": "+358 40 123 4567", "is_given": ""}

    assert admin_client.post(reverse("admin:notifications_consent_add"), told).status_code == 302

    waiting.refresh_from_db()
    row = Consent.objects.get(channel=Channel.SMS)
    assert (row.address, row.is_given, row.source, row.brand) == (MAIJA, False, ConsentSource.DESK, None)
    assert waiting.state == State.SKIPPED
    assert LogEntry.objects.get().object_id == str(row.id)


def test_a_later_word_told_to_the_desk_takes_the_place_of_an_earlier_one(admin_client: Client) -> None:
    before = timezone.now() - timedelta(hours=1)
    consent.withhold(Channel.EMAIL, "maija@example.org", source=ConsentSource.BOUNCE, at=before)
    told = {"channel": "email", "address": "Maija@example.org", "is_given": "on"}

    admin_client.post(reverse("admin:notifications_consent_add"), told)

    row = Consent.objects.get()
    assert (row.is_given, row.source) == (True, ConsentSource.DESK)


@pytest.mark.parametrize("address", ["nobody", "", "+1", "maija@example.org"])
def test_what_is_no_number_is_refused_in_the_form(admin_client: Client, address: str) -> None:
    told = {"channel": "sms", "address": address, "is_given": ""}

    assert admin_client.post(reverse("admin:notifications_consent_add"), told).status_code == 200

    assert not Consent.objects.exists()


def test_the_desk_reads_what_was_said_and_answers_by_the_outbox(admin_client: Client) -> None:
    land()
    inbound = write(NAUGHTY)
    address = reverse("admin:notifications_answer", args=[inbound.id])

    page = read(admin_client, address)
    assert page.count(escape(NAUGHTY)) == 2
    assert NAUGHTY not in page

    brand = Brand.objects.all()[0]
    assert admin_client.post(address, {"text": "In ten minutes.", "brand": brand.id}).status_code == 302

    answer = Notification.objects.get(trigger=Trigger.REPLY)
    inbound.refresh_from_db()
    assert (answer.details, answer.recipient, answer.priority) == ({"text": "In ten minutes."}, MAIJA, 0)
    assert inbound.handled_at is not None
    assert LogEntry.objects.get().get_change_message() == f"Answered by message {answer.id}."

    admin_client.post(address, {"text": "And again.", "brand": brand.id})

    assert Notification.objects.filter(trigger=Trigger.REPLY).count() == 1


def test_an_empty_answer_is_refused(admin_client: Client) -> None:
    inbound = write()

    assert admin_client.post(reverse("admin:notifications_answer", args=[inbound.id]), {"text": " "}).status_code == 422

    assert not Notification.objects.exists()


def test_what_waits_for_the_desk_is_listed_until_it_is_handled(admin_client: Client) -> None:
    first, second = write("Hello?"), write("Anybody?")
    write("STOP")
    waiting = {"handling": "waiting"}

    admin_client.post(list_address(Inbound), {"action": "handle", "_selected_action": [first.pk]})

    page = read(admin_client, list_address(Inbound), **waiting)
    assert f"/inbound/{second.id}/change/" in page
    assert f"/inbound/{first.id}/change/" not in page
    assert "1 received message" in page


def test_whoever_may_only_look_neither_answers_nor_handles(client: Client) -> None:
    inbound = write()
    make_agent(client, "view_inbound")

    assert client.get(reverse("admin:notifications_answer", args=[inbound.id])).status_code == 403
    client.post(list_address(Inbound), {"action": "handle", "_selected_action": [inbound.pk]})

    assert Inbound.objects.get().handled_at is None


def test_the_local_outbox_lists_recipients_and_shows_each_as_their_phone_would(admin_client: Client) -> None:
    first, second = land(), land(sent_at=NOON + timedelta(minutes=1), body="We are at your door.")
    land(recipient="maija@example.org", channel=Channel.EMAIL, subject="On its way", body="A mail.")
    land(recipient="+358409999999", provider="twilio")

    people = read(admin_client, reverse("admin:notifications_local"))
    page = read(admin_client, reverse(PERSON, args=[first.id]))

    assert people.count(MAIJA) == people.count("maija@example.org") == 1
    assert "+358409999999" not in people
    assert '<a href="http://testserver/t/abc/"' in page
    assert page.index(escape(NAUGHTY)) < page.index("We are at your door.")
    assert "A mail." not in page
    assert read(admin_client, reverse(PERSON, args=[second.id]))


def test_staff_answer_in_the_place_of_a_recipient(admin_client: Client) -> None:
    landed = land()
    address = reverse(PERSON, args=[landed.id])

    assert admin_client.post(address, {"text": "Stop!"}).status_code == 302

    inbound = Inbound.objects.get()
    assert (inbound.sender, inbound.channel, inbound.meaning) == (MAIJA, Channel.SMS, Meaning.STOP)
    assert consent.is_withheld(Channel.SMS, MAIJA, brand=landed.brand)
    assert "Stop!" in read(admin_client, address)


def test_nobody_speaks_for_a_real_person(admin_client: Client, settings: Any) -> None:
    landed = land()
    settings.TWILIO_ACCOUNT_SID = "AC" + 32 * "0"
    settings.TWILIO_AUTH_TOKEN = "token"
    settings.TWILIO_FROM = "+358401111111"
    address = reverse(PERSON, args=[landed.id])

    assert "Answer as" not in read(admin_client, address)
    assert admin_client.post(address, {"text": "STOP"}).status_code == 404
    assert not Inbound.objects.exists()


def test_a_mail_is_shown_as_its_program_shows_it_and_does_nothing_but_look(admin_client: Client) -> None:
    landed = land(channel=Channel.EMAIL, recipient="maija@example.org", subject="On its way", body="Hello!\n\n<b>")
    token = make_link(landed.shipment).token
    address = reverse("admin:notifications_mail", args=[landed.id])

    assert address in read(admin_client, reverse(PERSON, args=[landed.id]))
    response = admin_client.get(address)

    page = response.content.decode()
    assert "Hello!" in page
    assert "&lt;b&gt;" in page
    assert f"/t/{token}/" in page
    assert response["Content-Security-Policy"].endswith("sandbox")


def test_a_code_is_read_where_it_lands_and_nowhere_else(admin_client: Client) -> None:
    landed = land(trigger=Trigger.CODE, body=f"Your code is {HIDDEN}.", sealed=sealing.seal("123456"))
    write()

    assert "Your code is 123456." in read(admin_client, reverse(PERSON, args=[landed.id]))
    answer = reverse("admin:notifications_answer", args=[Inbound.objects.get().id])
    for address in (answer, reverse("admin:notifications_notification_change", args=[landed.id])):
        assert "123456." not in read(admin_client, address)


def test_a_message_that_did_not_land_here_has_no_page_here(admin_client: Client) -> None:
    sent = land(provider="twilio")

    assert admin_client.get(reverse(PERSON, args=[sent.id])).status_code == 404


@pytest.mark.parametrize("permissions", [["view_notification"], ["see_recipients"]])
def test_the_local_outbox_is_for_who_may_see_addresses(client: Client, permissions: list[str]) -> None:
    landed = land()
    make_agent(client, *permissions)

    for address in (reverse("admin:notifications_local"), reverse(PERSON, args=[landed.id])):
        assert client.get(address).status_code == 403


def test_the_rules_of_a_brand_are_set_in_one_table(admin_client: Client) -> None:
    brand, other = make_brand(), make_brand()
    address = f"{list_address(Rule)}?brand={brand.slug}"
    changes = {"delivered-sms": "on", "shipped-email": "off", "stops_away": "5", "arriving_soon": "20"}

    assert admin_client.post(address, changes).status_code == 302

    terms = policies.of_brands([brand.id, other.id])
    assert terms[brand.id].decided(Trigger.DELIVERED) == {Channel.SMS: True}
    assert terms[brand.id].decided(Trigger.SHIPPED) == {Channel.EMAIL: False}
    assert terms[brand.id].nearness(Trigger.STOPS_AWAY, Channel.PUSH) == 5
    assert terms[brand.id].nearness(Trigger.ARRIVING_SOON, Channel.SMS) == 20
    assert terms[brand.id].nearness(Trigger.ARRIVED, Channel.PUSH) == 150
    assert not terms[other.id].rules
    page = read(admin_client, address)
    assert '<option value="on" selected>on</option>' in page
    assert 'value="5"' in page
    assert LogEntry.objects.get().get_change_message() == "Changed what is told."

    admin_client.post(address, {})

    assert not Rule.objects.exists()


@pytest.mark.parametrize("changes", [{"delivered-sms": "maybe"}, {"stops_away": "0"}, {"arrived": "9999999"}])
def test_a_rule_that_makes_no_sense_is_refused(admin_client: Client, changes: dict[str, str]) -> None:
    brand = make_brand()

    assert admin_client.post(f"{list_address(Rule)}?brand={brand.slug}", changes).status_code == 422

    assert not Rule.objects.exists()


def test_whoever_may_only_look_does_not_decide(client: Client) -> None:
    brand = make_brand()
    make_agent(client, "view_rule")
    address = f"{list_address(Rule)}?brand={brand.slug}"

    assert 'type="submit" class="button default"' not in read(client, address)
    assert client.post(address, {"delivered-sms": "on"}).status_code == 403
    assert not Rule.objects.exists()


@pytest.mark.parametrize("model", [*LISTED, Rule])
def test_strangers_and_staff_without_a_role_see_nothing(client: Client, model: type[Model]) -> None:
    assert client.get(list_address(model)).status_code == 302

    make_agent(client)

    assert client.get(list_address(model)).status_code == 403


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("model", LISTED)
def test_a_long_list_costs_no_more_questions_than_a_short_one(
    admin_client: Client,
    model: type[Model],
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    read(admin_client, list_address(model))
    with django_assert_max_num_queries(30) as short:
        read(admin_client, list_address(model))
    for number in range(3):
        brand = land(recipient=f"+35840765432{number}").brand
        write(f"Hello {number}")
        consent.withhold(Channel.EMAIL, f"{number}@example.org", source=ConsentSource.WORD, at=timezone.now())
        Policy.objects.create(brand=brand)

    with django_assert_num_queries(len(short)):
        read(admin_client, list_address(model))
