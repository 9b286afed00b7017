import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from notifications.gateways import push
from notifications.models import Notification, PushSubscription
from notifications.services import subscriptions
from notifications.services.subscriptions import NotASubscription, TooManySubscriptions
from notifications.triggers import Channel, Trigger
from tests.browsers import ENDPOINT, VAPID_CONTACT, VAPID_KEY, Browser, written
from tests.factories import NOON, make_link, make_shipment
from tracking.links.models import TrackingLink
from tracking.models import Shipment
from tracking.shipments.lifecycle import Status

LATER = NOON + timedelta(hours=1)
BROWSER = Browser()

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def link(settings: Settings) -> TrackingLink:
    settings.VAPID_PRIVATE_KEY, settings.VAPID_CONTACT = VAPID_KEY, VAPID_CONTACT
    return make_link(make_shipment(status=Status.AT_HUB, at=timezone.now()), at=timezone.now())


def subscribe(shipment: Shipment, browser: Browser = BROWSER) -> PushSubscription:
    return subscriptions.subscribe(
        shipment, endpoint=browser.endpoint, p256dh=browser.p256dh, auth=browser.auth, language="fi", at=NOON
    )


def make_message(shipment: Shipment, subscription: PushSubscription, **fields: object) -> Notification:
    return Notification.objects.create(
        brand=shipment.brand,
        shipment=shipment,
        trigger=Trigger.ON_THE_WAY,
        channel=Channel.PUSH,
        recipient=str(subscription.id),
        language="fi",
        created_at=NOON,
        due_at=NOON,
        expires_at=LATER,
        **fields,
    )


def test_a_browser_is_told_from_then_on() -> None:
    shipment = make_shipment()

    subscription = subscribe(shipment)

    assert (subscription.shipment, subscription.endpoint) == (shipment, ENDPOINT)
    assert (subscription.p256dh, subscription.auth) == (BROWSER.p256dh, BROWSER.auth)
    assert (subscription.language, subscription.created_at, subscription.gone_at) == ("fi", NOON, None)


def test_subscribing_twice_is_subscribing_once_with_the_latest_keys() -> None:
    shipment = make_shipment()
    first = subscribe(shipment)
    subscriptions.end(first.id, at=LATER)
    renewed = Browser()

    second = subscribe(shipment, renewed)

    assert PushSubscription.objects.get() == second == first
    assert (second.p256dh, second.gone_at) == (renewed.p256dh, None)


def test_a_browser_cannot_be_written_down_twice_for_a_shipment() -> None:
    subscription = subscribe(make_shipment())
    subscription.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        subscription.save(force_insert=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "https://evil.example/push"},
        {"endpoint": ""},
        {"p256dh": ""},
        {"p256dh": "B" * 87},
        {"p256dh": BROWSER.p256dh + "="},
        {"p256dh": BROWSER.p256dh[:-1] + "\n"},
        {"p256dh": written(b"\x04" * 64)},
        {"auth": ""},
        {"auth": written(b"0" * 15)},
        {"auth": written(b"0" * 17)},
        {"auth": "ä" * 22},
    ],
)
def test_what_no_browser_hands_out_is_refused(wrong: dict[str, str]) -> None:
    right = {"endpoint": ENDPOINT, "p256dh": BROWSER.p256dh, "auth": BROWSER.auth}

    with pytest.raises(NotASubscription):
        subscriptions.subscribe(make_shipment(), **{**right, **wrong}, language="fi", at=NOON)

    assert not PushSubscription.objects.exists()


def test_a_shipment_has_room_for_ten_browsers_and_one_that_goes_makes_room() -> None:
    shipment = make_shipment()
    browsers = [Browser(endpoint=f"{ENDPOINT}{number}") for number in range(11)]
    for browser in browsers[:10]:
        subscribe(shipment, browser)

    with pytest.raises(TooManySubscriptions):
        subscribe(shipment, browsers[10])
    subscribe(shipment, browsers[0])
    subscriptions.unsubscribe(shipment, endpoint=browsers[0].endpoint, at=LATER)
    subscribe(shipment, browsers[10])

    assert PushSubscription.objects.filter(shipment=shipment, gone_at=None).count() == 10


def test_a_browser_may_be_told_of_one_delivery_and_no_more_of_another() -> None:
    kept, ended = make_shipment(), make_shipment()
    for shipment in (kept, ended):
        subscribe(shipment)

    for _ in range(2):
        subscriptions.unsubscribe(ended, endpoint=ENDPOINT, at=LATER)

    assert PushSubscription.objects.get(gone_at=None).shipment == kept


def test_a_browser_that_is_gone_is_gone_for_every_delivery() -> None:
    subscription, _ = subscribe(make_shipment()), subscribe(make_shipment())
    other = subscribe(make_shipment(), Browser(endpoint=f"{ENDPOINT}2"))

    for at in (LATER, LATER + timedelta(hours=1)):
        subscriptions.end(subscription.id, at=at)

    assert PushSubscription.objects.get(gone_at=None) == other
    assert set(PushSubscription.objects.exclude(id=other.id).values_list("gone_at", flat=True)) == {LATER}


def test_messages_are_addressed_by_the_browser_unless_it_is_gone(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    shipment = make_shipment()
    here, gone = subscribe(shipment), subscribe(shipment, Browser(endpoint=f"{ENDPOINT}2"))
    subscriptions.end(gone.id, at=LATER)
    batch = [make_message(shipment, here), make_message(shipment, here, version=1), make_message(shipment, gone)]

    with django_assert_num_queries(1):
        described = subscriptions.described(batch)

    assert list(described) == [batch[0].id, batch[1].id]
    assert json.loads(described[batch[0].id]) == {
        "endpoint": ENDPOINT,
        "keys": {"p256dh": BROWSER.p256dh, "auth": BROWSER.auth},
    }
    with django_assert_num_queries(0):
        assert subscriptions.described([]) == {}


def test_a_page_hands_a_subscription_over(client: Client, link: TrackingLink) -> None:
    answer = client.post(f"/t/{link.token}/push/", BROWSER.subscription(), content_type="application/json")

    assert (answer.status_code, answer.content) == (204, b"")
    subscription = PushSubscription.objects.get()
    assert (subscription.shipment, subscription.endpoint) == (link.shipment, ENDPOINT)
    assert subscription.language == "en"


def test_a_page_takes_it_back(client: Client, link: TrackingLink) -> None:
    subscribe(link.shipment)

    answer = client.delete(f"/t/{link.token}/push/", BROWSER.subscription(), content_type="application/json")

    assert answer.status_code == 204
    assert PushSubscription.objects.get().gone_at


def test_only_our_own_page_may(link: TrackingLink) -> None:
    stranger = Client(enforce_csrf_checks=True)

    answer = stranger.post(f"/t/{link.token}/push/", BROWSER.subscription(), content_type="application/json")

    assert answer.status_code == 403
    assert not PushSubscription.objects.exists()


def test_a_page_proves_itself_by_the_token_of_its_form(link: TrackingLink) -> None:
    page = Client(enforce_csrf_checks=True)
    page.get("/")
    token = page.cookies["csrftoken"].value

    answer = page.post(
        f"/t/{link.token}/push/",
        BROWSER.subscription(),
        content_type="application/json",
        headers={"x-csrftoken": token},
    )

    assert answer.status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[",
        "null",
        "[1]",
        '"text"',
        "{}",
        '{"endpoint": 7, "keys": {}}',
        '{"endpoint": "https://fcm.googleapis.com/a", "keys": []}',
        '{"endpoint": "https://fcm.googleapis.com/a", "keys": {"p256dh": null, "auth": {}}}',
        '{"endpoint": "https://evil.example/a", "keys": {"p256dh": "a", "auth": "b"}}',
        '{"endpoint": "\\ud800", "keys": {"p256dh": "\\ud800", "auth": "\\u0000"}}',
        " " * 5000,
        "[" * 4000,
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_anything_else_is_refused_in_words(client: Client, link: TrackingLink, method: str, body: str) -> None:
    answer = client.generic(method, f"/t/{link.token}/push/", body, content_type="application/json")

    assert answer.status_code == 422
    assert not PushSubscription.objects.exists()


def test_bytes_that_are_no_text_are_refused(client: Client, link: TrackingLink) -> None:
    answer = client.generic("POST", f"/t/{link.token}/push/", b"\xff\xfe", content_type="application/json")

    assert answer.status_code == 422
    assert answer.json() == {"error": "This is no subscription of a browser that we know."}


def test_enough_is_enough(client: Client, link: TrackingLink) -> None:
    for number in range(10):
        subscribe(link.shipment, Browser(endpoint=f"{ENDPOINT}{number}"))

    answer = client.post(f"/t/{link.token}/push/", BROWSER.subscription(), content_type="application/json")

    assert (answer.status_code, answer.json()) == (409, {"error": "Enough devices are told of this delivery already."})


def test_without_a_key_there_is_nothing_to_subscribe_to(client: Client, link: TrackingLink, settings: Settings) -> None:
    settings.VAPID_PRIVATE_KEY = ""

    answer = client.post(f"/t/{link.token}/push/", BROWSER.subscription(), content_type="application/json")

    assert (answer.status_code, push.public_key()) == (404, "")
    assert not PushSubscription.objects.exists()


def test_a_wrong_link_subscribes_nobody(client: Client, link: TrackingLink) -> None:
    answer = client.post("/t/wrong/push/", BROWSER.subscription(), content_type="application/json")

    assert answer.status_code == 404


def test_looking_is_not_subscribing(client: Client, link: TrackingLink) -> None:
    for method in (client.get, client.head):
        assert method(f"/t/{link.token}/push/").status_code == 405


def test_the_worker_is_served_at_the_root_and_always_fresh(client: Client) -> None:
    answer = client.get("/service-worker.js")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert b"showNotification" in answer.content
    assert client.head("/service-worker.js").status_code == 200
    assert client.post("/service-worker.js").status_code == 405
