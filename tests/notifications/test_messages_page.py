"""What a shopper reads about their messages, and what they may change there."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.signing import get_cookie_signer
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from notifications import retelling
from notifications.models import Cancelled, Consent, ConsentSource, Contact, Notification, Preference, Skipped, State
from notifications.services import consent, preferences
from notifications.triggers import NEWS, Channel, Trigger
from tests.browsers import VAPID_CONTACT, VAPID_KEY
from tests.factories import make_link, make_recipient, make_shipment
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.models import Shipment
from tracking.shipments.lifecycle import Status
from tracking.views import door

NUMBER = "+358401234567"
MAIL = "maija@example.org"
MINUTE = timedelta(minutes=1)
QUERIES = 9
"""The link; messages; contacts, and how many; preferences; policies, rules and browsers of the brand; consent."""

SECRETS = ["Aleksanterinkatu", "00100", "Meikäläinen", "Maija", MAIL, "401234567", "4711B", "123456"]
"""What nobody reads here who has only the link."""

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture(autouse=True)
def _in_finland(settings: Settings) -> None:
    settings.PHONE_REGION = "FI"
    settings.SMS_COUNTRIES = ["FI"]


def make_link_now(**recipient: Any) -> TrackingLink:
    at = timezone.now()
    shipment = make_shipment(
        status=Status.OUT_FOR_DELIVERY, at=at - timedelta(days=1), recipient=replace(make_recipient(), **recipient)
    )
    return make_link(shipment, at=at)


def make_message(shipment: Shipment, **fields: Any) -> Notification:
    at: datetime = fields.pop("at", timezone.now() - MINUTE)
    return Notification.objects.create(
        **{
            "brand": shipment.brand,
            "shipment": shipment,
            "trigger": Trigger.ON_THE_WAY,
            "channel": Channel.SMS,
            "recipient": NUMBER,
            "language": "en",
            "state": State.SENT,
            "created_at": at,
            "due_at": at,
            "expires_at": at + timedelta(hours=3),
            **fields,
        }
    )


def address_of(link: TrackingLink, what: str = "") -> str:
    return f"/t/{link.token}/messages/{what}"


def read(client: Client, link: TrackingLink) -> str:
    return client.get(address_of(link)).content.decode()


def open_door(client: Client, link: TrackingLink) -> None:
    """Give the second factor on this device."""
    assert client.post(f"/t/{link.token}/unlock/", {"postcode": "00100"}).status_code == 302


def words(html: str) -> str:
    """Read a page as text."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_page_is_kept_out_of_caches_search_engines_and_other_sites_logs(client: Client) -> None:
    response = client.get(address_of(make_link_now()))

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_the_tracking_page_leads_there(client: Client) -> None:
    link = make_link_now()

    assert f'href="{address_of(link)}"' in client.get(f"/t/{link.token}/").content.decode()


def test_before_anything_was_sent_the_page_says_so(client: Client) -> None:
    html = read(client, make_link_now())

    assert "Nothing sent yet. When there is news, you will read it here too." in html


def test_each_message_is_told_again_the_newest_first(client: Client) -> None:
    link = make_link_now()
    make_message(
        link.shipment,
        trigger=Trigger.CREATED,
        channel=Channel.EMAIL,
        recipient=MAIL,
        subject="We have it",
        body="It is being packed.",
        at=timezone.now() - timedelta(hours=5),
    )
    make_message(link.shipment, state=State.DELIVERED, body="Aino is on the way.")
    make_message(make_link_now().shipment, body="Somebody else's.")

    told = words(read(client, link))

    assert told.index("On its way SMS to +358 •• •••••67, today at") < told.index("Aino is on the way. Delivered")
    assert told.index("Aino is on the way.") < told.index("Order taken in E-mail to m•••@example.org,")
    assert "We have it It is being packed. Sent" in told
    assert "Somebody else" not in told


def test_a_push_names_no_browser(client: Client) -> None:
    link = make_link_now()
    make_message(link.shipment, channel=Channel.PUSH, recipient="4217")

    told = words(read(client, link))

    assert "Push to a browser, today at" in told
    assert "4217" not in told


@pytest.mark.parametrize(
    ("state", "reason", "outcome"),
    [
        (State.SENT, "", "Sent"),
        (State.DELIVERED, "", "Delivered"),
        (State.FAILED, "", "Could not be delivered"),
        (State.DEAD, "", "Could not be sent"),
        (State.UNKNOWN, "", "On its way"),
        (State.PENDING, "", "On its way"),
        (State.SKIPPED, Skipped.OPTED_OUT, "Not sent, because messages to this address were stopped"),
        (State.SKIPPED, Skipped.UNWANTED, "Not sent, because it was switched off here"),
        (State.SKIPPED, Skipped.FELL_BACK, "Sent another way instead"),
        (State.CANCELLED, Cancelled.UNTRUE, "Not sent, because it was no longer true"),
        (State.CANCELLED, Cancelled.OVERTAKEN, "Not sent, because newer news came first"),
    ],
)
def test_what_became_of_a_message_is_said_in_plain_words(
    client: Client, state: State, reason: str, outcome: str
) -> None:
    link = make_link_now()
    make_message(link.shipment, state=state, reason=reason)

    assert outcome in words(read(client, link))


def test_there_are_words_for_everything_that_can_become_of_a_message() -> None:
    ends = set(State) - retelling.WAITING - {State.SKIPPED, State.CANCELLED}

    assert set(retelling.OUTCOMES) == ends | set(Skipped) | set(Cancelled)


def test_a_message_that_waits_for_the_morning_says_when_it_goes_out(client: Client) -> None:
    link = make_link_now()
    morning = (timezone.now().astimezone(link.shipment.zone) + timedelta(days=1)).replace(hour=8, minute=0)
    make_message(link.shipment, state=State.PENDING, due_at=morning)

    assert "Goes out tomorrow at 08:00" in words(read(client, link))


def test_who_has_only_the_link_reads_no_code_no_link_and_nothing_of_the_recipients_own(client: Client) -> None:
    link = make_link_now()
    shipment = link.shipment
    other = make_link(shipment, at=timezone.now())
    text = (
        f"Hello MAIJA Meikäläinen, Aleksanterinkatu 13 B 7, 00100 Helsinki. Door code 4711B. Call 040 123-4567 or "
        f"+358 40 1234567, write to maija@example.org. http://testserver/t/{other.token}/#m"
    )
    make_message(shipment, body=text, subject=text[:200])
    code = make_message(shipment, trigger=Trigger.CODE, body="Your code is 123456 (123 456).")
    make_message(shipment, trigger=Trigger.REPLY, body=f"All is well. [{code.marker}]")

    html = read(client, link)
    found = links.look_up(shipment.reference, "00100", at=timezone.now())

    for page in (html, read(client, found)):
        assert [secret for secret in [*SECRETS, "123 456", "123-4567", other.token, "4567"] if secret in page] == []
        assert "Your code is … (…)." in page
        assert "Helsinki" in page


def test_behind_the_second_factor_the_text_is_as_it_was_sent_but_for_codes_and_links(client: Client) -> None:
    link = make_link_now()
    other = make_link(link.shipment, at=timezone.now())
    message = make_message(link.shipment)
    message.body = f"Hello Maija, see http://testserver/t/{other.token}/#{message.marker} [{message.marker}]"
    message.save()
    make_message(link.shipment, trigger=Trigger.CODE, body="Your code is 123456.")
    open_door(client, link)

    html = read(client, link)

    assert '<blockquote lang="en" dir="auto">Hello Maija, see …</blockquote>' in html
    assert "Your code is …." in html
    assert [secret for secret in [other.token, "123456", MAIL, NUMBER] if secret in html] == []


def test_what_a_message_says_is_never_markup(client: Client) -> None:
    link = make_link_now()
    make_message(link.shipment, body="<script>alert(1)</script>", subject="<b>x</b>")

    html = read(client, link)

    assert "<script>alert" not in html
    assert "<b>" not in html


@pytest.mark.parametrize("messages", [0, 1, 80])
def test_the_queries_do_not_grow_with_the_messages(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, messages: int
) -> None:
    link = make_link_now()
    for number in range(messages):
        make_message(link.shipment, version=number)

    with django_assert_num_queries(QUERIES):
        html = read(client, link)

    assert html.count("<article") == min(messages, 50)


def test_a_get_changes_nothing(client: Client) -> None:
    link = make_link_now()
    tables: list[Any] = [Notification, Preference, Contact, Consent, TrackingLink]
    make_message(link.shipment, state=State.PENDING)
    before = [list(table.objects.values()) for table in tables]

    for path in ("", "preferences/", "channel/", "phone/", "email/"):
        for method in (client.get, client.head):
            assert method(address_of(link, path)).status_code == (405 if path else 200)

    assert [list(table.objects.values()) for table in tables] == before


@pytest.mark.parametrize("path", ["", "preferences/", "channel/", "phone/", "email/"])
def test_a_wrong_link_opens_nothing_here_either(client: Client, path: str) -> None:
    address = f"/t/never-there/messages/{path}"

    response = client.post(address) if path else client.get(address)

    assert response.status_code == 404
    assert "This link leads nowhere" in response.content.decode()


@pytest.mark.parametrize("path", ["preferences/", "channel/", "phone/", "email/"])
def test_only_our_own_forms_are_taken(path: str) -> None:
    link = make_link_now()

    response = Client(enforce_csrf_checks=True).post(address_of(link, path), {"channel": "sms", "address": NUMBER})

    assert response.status_code == 403
    assert not Preference.objects.exists()


def test_what_is_not_ticked_is_not_sent_any_more_and_the_page_remembers(client: Client) -> None:
    link = make_link_now()

    response = client.post(address_of(link, "preferences/"), {"failed_attempt": ["email"], "created": ["email"]})
    html = read(client, link)

    assert (response.status_code, response["Location"]) == (302, address_of(link))
    muted = preferences.muted(link.shipment)
    assert (Trigger.FAILED_ATTEMPT, Channel.SMS) in muted
    assert not {(Trigger.FAILED_ATTEMPT, Channel.EMAIL), (Trigger.CREATED, Channel.EMAIL)} & muted
    assert "Your choices are kept." in html
    ticked = re.findall(r'name="(\w+)" value="(\w+)"[^>]* checked', html)
    assert sorted(ticked) == [("created", "email"), ("failed_attempt", "email")]
    assert "Your choices are kept." not in read(client, link)


@pytest.mark.parametrize("form", [{"created": ["push"]}, {"created": ["carrier pigeon"]}, {"created": ["\x00"]}])
def test_what_was_not_offered_is_refused(client: Client, form: dict[str, list[str]]) -> None:
    link = make_link_now()

    response = client.post(address_of(link, "preferences/"), form)

    assert response.status_code == 422
    assert "Please look at your choices once more." in response.content.decode()
    assert not Preference.objects.exists()


def test_a_channel_is_switched_off_and_on_with_the_link_alone(client: Client) -> None:
    link = make_link_now()

    off = client.post(address_of(link, "channel/"), {"channel": "sms"})
    muted = read(client, link)
    all_off = preferences.muted(link.shipment)
    on = client.post(address_of(link, "channel/"), {"channel": "sms", "is_wanted": "1"})

    assert off.status_code == on.status_code == 302
    assert all_off == {(trigger, Channel.SMS) for trigger in NEWS}
    assert "Switched off for this delivery." in muted
    assert "Switch on" in muted
    assert preferences.muted(link.shipment) == set()
    assert "Switched off" not in read(client, link)


@pytest.mark.parametrize("form", [{}, {"channel": "fax"}, {"channel": ""}])
def test_a_channel_that_is_none_is_refused(client: Client, form: dict[str, str]) -> None:
    response = client.post(address_of(make_link_now(), "channel/"), form)

    assert response.status_code == 422
    assert not Preference.objects.exists()


def test_what_was_stopped_for_all_deliveries_cannot_be_switched_on_here(client: Client) -> None:
    link = make_link_now()
    consent.withhold(Channel.SMS, NUMBER, source=ConsentSource.WORD, at=timezone.now())

    told = words(read(client, link))

    assert "Stopped for all deliveries. Write START to the number of our messages, and they come again." in told
    assert told.count("Switch off") == 1


def test_without_the_second_factor_nobody_has_messages_sent_elsewhere(client: Client) -> None:
    link = make_link_now()

    html = read(client, link)
    answers = [client.post(address_of(link, path), {"address": "+358407654321"}) for path in ("phone/", "email/")]

    assert "first show us that it is you" in html
    assert 'name="address"' not in html
    for answer in answers:
        assert answer.status_code == 403
        assert "Please show us first that it is you." in answer.content.decode()
    assert not Contact.objects.exists()


def test_the_factor_of_another_link_does_not_do(client: Client) -> None:
    link, other = make_link_now(), make_link_now()
    client.cookies["door"] = get_cookie_signer(salt=f"{door.COOKIE}{door.SALT}").sign(other.token)

    assert client.post(address_of(link, "phone/"), {"address": "+358407654321"}).status_code == 403
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("path", "typed", "shown"),
    [
        ("phone/", "040 765 4321", "+358 •• •••••21"),
        ("email/", "Pekka@example.com", "p•••@example.com"),
    ],
)
def test_with_the_second_factor_news_of_this_delivery_goes_elsewhere(
    client: Client, path: str, typed: str, shown: str
) -> None:
    link = make_link_now()
    open_door(client, link)

    response = client.post(address_of(link, path), {"address": typed})
    html = read(client, link)

    assert (response.status_code, response["Location"]) == (302, address_of(link))
    assert "From now on, news of this delivery goes there." in html
    assert shown in html
    assert typed not in html


@pytest.mark.parametrize(
    ("path", "typed", "problem"),
    [
        ("phone/", "call me", "We cannot read this number. Please begin it with + and the code of its country."),
        ("phone/", "+4915112345678", "We cannot send texts to this number."),
        ("phone/", "", "This field is required."),
        ("email/", "pekka", "Enter a valid email address."),
        ("email/", "a@b.fi\nBcc: c@d.fi", "Enter a valid email address."),
    ],
)
def test_what_is_wrong_with_an_address_is_said_beside_it(client: Client, path: str, typed: str, problem: str) -> None:
    link = make_link_now()
    open_door(client, link)

    response = client.post(address_of(link, path), {"address": typed})

    assert response.status_code == 422
    assert problem in response.content.decode()
    assert not Contact.objects.exists()


def test_after_three_changes_the_brand_is_to_be_asked(client: Client) -> None:
    link = make_link_now()
    open_door(client, link)
    for last in range(3):
        assert client.post(address_of(link, "phone/"), {"address": f"+35840765432{last}"}).status_code == 302

    response = client.post(address_of(link, "phone/"), {"address": "+358407654329"})

    assert response.status_code == 422
    assert "Kauppa can help you." in response.content.decode()
    assert Contact.objects.count() == 3


def test_who_has_no_address_is_told_so(client: Client) -> None:
    html = read(client, make_link_now(phone="", email=""))

    assert "Nowhere yet: the order names no address that news of it could go to." in html
    assert "What you want to hear of" not in html


def test_a_browser_is_offered_to_be_told_where_that_is_set_up(client: Client, settings: Settings) -> None:
    link = make_link_now()
    without = read(client, link)
    settings.VAPID_PRIVATE_KEY, settings.VAPID_CONTACT = VAPID_KEY, VAPID_CONTACT

    html = read(client, link)

    assert "data-push" not in without
    assert "push.js" not in without
    assert f'action="/t/{link.token}/push/"' in html
    assert "js/push.js" in html


def test_what_the_page_says_is_what_a_policy_without_inline_code_allows(client: Client, settings: Settings) -> None:
    settings.VAPID_PRIVATE_KEY, settings.VAPID_CONTACT = VAPID_KEY, VAPID_CONTACT
    link = make_link_now()
    make_message(link.shipment, body="Aino is on the way.")

    html = read(client, link)

    assert not re.search(r"<[^>]+\s(?:style|on\w+)\s*=", html)
    assert re.findall(r"<script(?![^>]*src=)", html) == []
    assert html.count("<h1") == html.count("<main") == 1


def test_the_page_speaks_the_zone_of_the_destination(client: Client) -> None:
    link = make_link_now()

    assert "All times are Helsinki time." in read(client, link)
    assert reverse("notifications:messages", args=[link.token]) == address_of(link)
