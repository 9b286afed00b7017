import json
from base64 import b64encode
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from config import mail as config_mail
from notifications.models import Consent, ConsentSource, Notification, State
from notifications.services import consent
from notifications.triggers import Channel, Trigger
from tests.factories import make_brand, make_shipment

MAIL = "maija@example.org"
PATH = "/hooks/anymail/postmark/tracking/"
SECRETS = "new, user:old"

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture(autouse=True)
def _provider(settings: Settings) -> None:
    use(settings, "postmark://TOKEN@")


def use(settings: Settings, url: str, secrets: str = SECRETS) -> None:
    read = config_mail.read(url, webhook_secret=secrets)
    settings.EMAIL_BACKEND, settings.ANYMAIL, settings.EMAIL_FROM = read.backend, read.anymail, "a@shop.example"


def make_mail(*, provider: str = "postmark", state: State = State.SENT, **fields: object) -> Notification:
    at = timezone.now() - timedelta(minutes=5)
    shipment = make_shipment()
    known = {
        "brand": shipment.brand,
        "shipment": shipment,
        "trigger": Trigger.ON_THE_WAY,
        "channel": Channel.EMAIL,
        "recipient": MAIL,
        "language": "en",
        "created_at": at,
        "due_at": at,
        "expires_at": at + timedelta(hours=3),
        "state": state,
        "provider": provider,
        "provider_id": "b7bc2f4a",
    }
    return Notification.objects.create(**{**known, **fields})


def about(mail: Notification, kind: str, **fields: object) -> dict[str, Any]:
    """Write a report as Postmark does."""
    known = {
        "MessageID": mail.provider_id,
        "Metadata": {"notification": str(mail.id)},
        "Recipient": MAIL,
        "Email": MAIL,
    }
    return {"RecordType": kind, **known, **fields}


def post(told: object, path: str = PATH, *, user: str = "doorstep:new") -> Any:
    authorization = f"Basic {b64encode(user.encode()).decode()}"
    body = told if isinstance(told, str | bytes) else json.dumps(told)
    return Client(enforce_csrf_checks=True).generic(
        "POST", path, body, content_type="application/json", headers={"authorization": authorization}
    )


def words() -> list[tuple[str, str, int | None, bool]]:
    return list(Consent.objects.values_list("address", "source", "brand", "is_given"))


def test_a_mail_that_arrived_is_delivered() -> None:
    mail = make_mail()

    answer = post(about(mail, "Delivery", DeliveredAt="2026-11-22T10:00:00Z"))

    mail.refresh_from_db()
    assert answer.status_code == 200
    assert (mail.state, mail.provider_status, mail.error_code) == (State.DELIVERED, "delivered", "")
    assert words() == []


@pytest.mark.parametrize(
    ("kind", "fields", "source"),
    [
        ("Bounce", {"Type": "HardBounce", "Details": "smtp;550 5.1.1 no such user"}, "bounce"),
        ("Bounce", {"Type": "HardBounce"}, "bounce"),
        ("Bounce", {"Type": "BadEmailAddress"}, "bounce"),
        ("Bounce", {"Type": "SoftBounce", "Details": "smtp;452 4.2.2 mailbox full"}, ""),
        ("Bounce", {"Type": "HardBounce", "Details": "smtp;552 5.2.2 mailbox full"}, ""),
        ("Bounce", {"Type": "SoftBounce", "Description": "Soft bounce"}, ""),
        ("Bounce", {"Type": "Blocked"}, ""),
    ],
)
def test_a_mail_that_bounced_has_failed_and_an_address_that_is_none_gets_no_more(
    kind: str, fields: dict[str, str], source: str
) -> None:
    mail = make_mail()

    post(about(mail, kind, **fields))

    mail.refresh_from_db()
    assert mail.state == State.FAILED
    assert mail.error_code in {"bounced", "invalid", "blocked"}
    assert words() == ([(MAIL, source, None, False)] if source else [])


def test_who_complains_has_got_it_and_gets_no_more_of_anybody() -> None:
    mail = make_mail()

    post(about(mail, "SpamComplaint", Type="SpamComplaint"))

    mail.refresh_from_db()
    assert mail.state == State.DELIVERED
    assert words() == [(MAIL, "complaint", None, False)]


def test_who_ends_the_mails_at_the_provider_ends_those_of_that_brand() -> None:
    mail = make_mail()
    told = {"SuppressSending": True, "SuppressionReason": "ManualSuppression"}

    post(about(mail, "SubscriptionChange", **told))

    mail.refresh_from_db()
    assert mail.state == State.SENT
    assert words() == [(MAIL, "provider", mail.brand_id, False)]
    assert not consent.is_withheld(Channel.EMAIL, MAIL, brand=make_brand())


def test_what_waits_for_that_address_is_skipped() -> None:
    bounced, waiting = make_mail(), make_mail(state=State.PENDING, provider="", provider_id="")

    post(about(bounced, "Bounce", Type="HardBounce"))

    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (State.SKIPPED, "opted_out")


def test_a_shopper_who_came_back_later_is_not_sent_away_by_an_old_report() -> None:
    mail = make_mail()
    long_ago = timezone.now() - timedelta(hours=1)
    consent.give(
        Channel.EMAIL,
        MAIL,
        source=ConsentSource.UNSUBSCRIBE,
        at=timezone.now() - timedelta(minutes=1),
        brand=mail.brand,
    )

    told = {"SuppressSending": True, "SuppressionReason": "ManualSuppression", "ChangedAt": long_ago.isoformat()}
    post(about(mail, "SubscriptionChange", **told))

    assert not consent.is_withheld(Channel.EMAIL, MAIL, brand=mail.brand)


def test_a_report_settles_what_was_in_doubt() -> None:
    mail = make_mail(state=State.UNKNOWN, provider_id="", called_at=timezone.now())

    post({**about(mail, "Delivery"), "MessageID": "b7bc2f4a"})

    mail.refresh_from_db()
    assert (mail.state, mail.provider_id, mail.called_at) == (State.DELIVERED, "b7bc2f4a", None)


def test_a_mail_is_found_by_the_providers_name_for_it_too() -> None:
    mail = make_mail()

    post({**about(mail, "Delivery"), "Metadata": {}})

    mail.refresh_from_db()
    assert mail.state == State.DELIVERED


def test_reports_end_alike_in_any_order_and_doubled() -> None:
    for order in permutations(["Delivery", "Open", "SpamComplaint", "Delivery"]):
        mail = make_mail()
        for kind in order:
            assert post(about(mail, kind)).status_code == 200

        mail.refresh_from_db()
        assert mail.state == State.DELIVERED, order


@pytest.mark.parametrize(
    "told",
    [
        {"MessageID": "somebody-elses", "Metadata": {}},
        {"MessageID": None, "Metadata": {}},
        {"Metadata": {"notification": "0"}},
        {"MessageID": "", "Metadata": {"notification": "9" * 30}},
        {"MessageID": "", "Metadata": {"notification": "\N{ARABIC-INDIC DIGIT ONE}"}},
        {"MessageID": "", "Metadata": {"notification": 7}},
    ],
)
def test_what_is_not_about_our_mails_says_nothing(told: dict[str, Any]) -> None:
    mail = make_mail()

    answer = post({**about(mail, "Delivery"), **told})

    mail.refresh_from_db()
    assert answer.status_code == 200
    assert mail.state == State.SENT


def test_a_mail_provider_has_no_say_about_texts_nor_about_anothers_mails() -> None:
    text = make_mail(channel=Channel.SMS, recipient="+358401234567")
    other = make_mail(provider="brevo")

    for message in (text, other):
        post(about(message, "Bounce", Type="HardBounce"))

    assert set(Notification.objects.values_list("state", flat=True)) == {State.SENT}
    assert words() == []


@pytest.mark.parametrize("user", ["doorstep:new", "user:old"])
def test_both_of_two_secrets_are_good_while_they_change(user: str) -> None:
    mail = make_mail()

    assert post(about(mail, "Delivery"), user=user).status_code == 200


@pytest.mark.parametrize("user", ["doorstep:nev", "user:new", "doorstep:old", "doorstep:", ":", "new", ""])
def test_without_the_secret_nothing_is_believed(user: str) -> None:
    mail = make_mail()

    answer = post(about(mail, "Bounce", Type="HardBounce"), user=user)

    mail.refresh_from_db()
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="hooks"'
    assert (mail.state, words()) == (State.SENT, [])


def test_an_installation_without_a_secret_hears_nobody(settings: Settings) -> None:
    use(settings, "postmark://TOKEN@", secrets="")

    assert post(about(make_mail(), "Delivery")).status_code == 404


@pytest.mark.parametrize("url", ["", "smtp://mail.example", "brevo://KEY@"])
def test_only_the_provider_that_we_send_by_is_heard(settings: Settings, url: str) -> None:
    use(settings, url)

    assert post(about(make_mail(), "Delivery")).status_code == 404
    assert post({}, "/hooks/anymail/nobody/tracking/").status_code == 404


@pytest.mark.parametrize(
    "body",
    ["", "{", "null", "[]", "7", '"text"', b"\xff\xfe", "[" * 100_000, '{"FromFull": {}}', '{"RecordType": "Inbound"}'],
)
def test_what_cannot_be_read_is_refused(body: str | bytes) -> None:
    answer = post(body)

    assert answer.status_code in {200, 400}
    assert answer.status_code == 200 or "error" in answer.json()


def test_a_provider_may_ask_whether_anybody_is_there(client: Client) -> None:
    assert client.head(PATH).status_code == 200
    assert client.get(PATH).status_code == 405


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Metadata", "Type"]), inner),
    max_leaves=6,
)
FIELDS = ["RecordType", "Type", "MessageID", "Metadata", "DeliveredAt", "BouncedAt", "Details", "Email", "ID", "Tag"]


@hypothesis_settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.dictionaries(st.sampled_from(FIELDS), anything),
    kind=st.sampled_from(["Bounce", "Delivery", "SpamComplaint", "SubscriptionChange", "Odd"]),
)
def test_whatever_a_provider_sends_breaks_nothing(told: dict[str, Any], kind: str) -> None:
    assert post({"RecordType": kind, **told}).status_code in {200, 400}


@pytest.mark.parametrize(
    ("url", "told", "state", "source"),
    [
        ("brevo://K@", {"event": "hard_bounce", "reason": "550 no such user"}, State.FAILED, "bounce"),
        ("brevo://K@", {"event": "soft_bounce", "reason": "mailbox full"}, State.FAILED, ""),
        ("brevo://K@", {"event": "invalid_email"}, State.FAILED, "bounce"),
        ("brevo://K@", {"event": "spam"}, State.DELIVERED, "complaint"),
        ("brevo://K@", {"event": "unsubscribe"}, State.SENT, "provider"),
        ("brevo://K@", {"event": "delivered"}, State.DELIVERED, ""),
        ("brevo://K@", {"event": "deferred"}, State.SENT, ""),
        ("brevo://K@", {"event": "blocked", "reason": "5.7.1 policy"}, State.FAILED, ""),
    ],
)
def test_another_provider_says_the_same_in_its_own_words(
    settings: Settings, url: str, told: dict[str, str], state: State, source: str
) -> None:
    use(settings, url)
    mail = make_mail(provider="brevo")
    metadata = json.dumps({"notification": str(mail.id)})

    answer = post(
        {"message-id": mail.provider_id, "email": MAIL, "X-Mailin-custom": metadata, "ts_epoch": 1604933654321, **told},
        "/hooks/anymail/brevo/tracking/",
    )

    mail.refresh_from_db()
    assert answer.status_code == 200
    assert mail.state == state
    assert [word[1] for word in words()] == ([source] if source else [])


@pytest.mark.parametrize(
    ("told", "state", "source"),
    [
        (
            {"event": "bounce", "type": "bounce", "reason": "550 5.1.1 unknown", "status": "5.1.1"},
            State.FAILED,
            "bounce",
        ),
        ({"event": "dropped", "reason": "Bounced Address"}, State.FAILED, "bounce"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, State.FAILED, ""),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, State.FAILED, "provider"),
        ({"event": "processed"}, State.SENT, ""),
    ],
)
@pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning")
def test_what_a_provider_no_longer_sends_to_is_withheld_for_its_reason(
    settings: Settings, told: dict[str, str], state: State, source: str
) -> None:
    use(settings, "sendgrid://KEY@")
    mail = make_mail(provider="sendgrid")
    event = {
        "anymail_id": mail.provider_id,
        "email": MAIL,
        "notification": str(mail.id),
        "timestamp": 1604933654,
        **told,
    }

    answer = post([event], "/hooks/anymail/sendgrid/tracking/")

    mail.refresh_from_db()
    assert answer.status_code == 200
    assert mail.state == state
    assert [word[1] for word in words()] == ([source] if source else [])
