from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from notifications.models import Delivery, DeliveryState, News, Webhook, WebhookState
from notifications.services import webhooks
from tests.factories import NOON, make_brand
from tracking.keys import services as keys
from tracking.keys.models import Answer, Scope
from tracking.shipments.models import Brand

pytestmark = pytest.mark.django_db

URL = "https://shop.example.com/news"


class Program:
    """A shop's program that sees to its webhooks."""

    def __init__(self, brand: Brand | None, *scopes: Scope) -> None:
        known = [Scope.WEBHOOKS, *scopes]
        issued = keys.issue("test", scopes=known, brand=brand, is_for_all=brand is None, at=NOON)
        self._client = Client(headers={"Authorization": f"Bearer {issued[1]}"})

    def get(self, path: str = "") -> Any:
        return self._client.get(f"/api/v1/webhooks{path}")

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        known = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.post(f"/api/v1/webhooks{path}", body, content_type="application/json", headers=known)

    def delete(self, path: str) -> Any:
        return self._client.delete(f"/api/v1/webhooks{path}")


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def shop(brand: Brand) -> Program:
    return Program(brand)


def test_an_address_is_registered_and_its_secret_said_once(shop: Program, brand: Brand) -> None:
    said = shop.post("", {"url": URL, "kinds": ["shipment.status_changed"]})

    webhook = Webhook.objects.get()
    assert said.status_code == 201
    assert said.json() == {
        "id": str(webhook.uid),
        "url": URL,
        "brand": brand.slug,
        "kinds": ["shipment.status_changed"],
        "state": "active",
        "why": "",
        "created_at": said.json()["created_at"],
        "secret": webhooks.secrets_of(webhook, at=NOON)[0],
    }
    assert "secret" not in shop.get(f"/{webhook.uid}").json()
    assert shop.get().json()["items"] == [shop.get(f"/{webhook.uid}").json()]


def test_a_secret_that_is_said_again_under_its_name_lies_sealed_until_then(shop: Program) -> None:
    first, again = (shop.post("", {"url": URL}, Idempotency_Key="a") for _ in range(2))

    secret = first.json()["secret"]
    assert again.json() == first.json()
    assert Webhook.objects.count() == 1
    kept = Answer.objects.get()
    assert secret.removeprefix("whsec_") not in kept.body
    assert "shop.example.com" not in kept.body


@pytest.mark.parametrize(
    "body", [{}, {"url": "ftp://a"}, {"url": "http://127.0.0.1:6379/"}, {"url": URL, "kinds": ["x"]}, {"url": "\0"}]
)
def test_a_bad_address_is_refused(shop: Program, body: dict[str, object]) -> None:
    assert shop.post("", body).status_code == 422
    assert not Webhook.objects.exists()


def test_it_is_paused_resumed_and_disabled(shop: Program) -> None:
    uid = shop.post("", {"url": URL}).json()["id"]

    states = [shop.post(f"/{uid}/{step}").json()["state"] for step in ("pause", "pause", "resume")]
    ended = shop.delete(f"/{uid}").json()

    assert states == ["paused", "paused", "active"]
    assert (ended["state"], ended["why"]) == ("disabled", "It was disabled by its shop.")
    assert shop.post(f"/{uid}/test").status_code == 409
    assert shop.post(f"/{uid}/resume").json()["state"] == "active"


def test_its_news_is_listed_and_sent_again(shop: Program) -> None:
    uid = shop.post("", {"url": URL}).json()["id"]
    delivered = shop.post(f"/{uid}/test").json()
    Delivery.objects.update(state=DeliveryState.DELIVERED, ended_at=timezone.now())

    listed = shop.get(f"/{uid}/deliveries").json()["items"]
    replayed = shop.post(f"/{uid}/replay", {"since": "2026-01-01T00:00:00Z"}).json()

    assert [(item["id"], item["kind"], item["state"]) for item in listed] == [(delivered["id"], News.TEST, "delivered")]
    assert replayed == {"replayed": 1}
    assert Delivery.objects.get().state == DeliveryState.WAITING


def test_another_secret_is_said_once(shop: Program) -> None:
    first = shop.post("", {"url": URL}).json()

    second = shop.post(f"/{first['id']}/secret").json()["secret"]

    assert webhooks.secrets_of(Webhook.objects.get(), at=timezone.now()) == [second, first["secret"]]


@pytest.mark.parametrize(
    ("path", "body"), [("secret", None), ("test", None), ("replay", {"since": "2026-01-01T00:00:00Z"})]
)
def test_what_would_be_another_thing_each_time_is_done_once_under_its_name(
    shop: Program, path: str, body: object
) -> None:
    uid = shop.post("", {"url": URL}).json()["id"]
    shop.post(f"/{uid}/test")
    Delivery.objects.update(state=DeliveryState.DELIVERED, ended_at=timezone.now())

    said = [shop.post(f"/{uid}/{path}", body, Idempotency_Key="one") for _ in range(2)]

    assert said[0].content == said[1].content
    assert said[1]["Idempotent-Replayed"] == "true"


def test_a_secret_whose_change_is_asked_for_twice_under_one_name_is_signed_with_for_a_day(shop: Program) -> None:
    first = shop.post("", {"url": URL}).json()

    for _ in range(2):
        shop.post(f"/{first['id']}/secret", Idempotency_Key="one")

    assert first["secret"] in webhooks.secrets_of(Webhook.objects.get(), at=timezone.now())


def test_much_news_is_sent_again_in_as_many_queries_as_little(
    brand: Brand, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    webhook, _ = webhooks.register(URL, brand=brand, kinds=[], at=NOON)
    for _ in range(9):
        webhooks.test(webhook, at=NOON)
    Delivery.objects.update(state=DeliveryState.GIVEN_UP, ended_at=NOON)

    with django_assert_num_queries(1):
        assert webhooks.replay(webhook.deliveries.all(), at=NOON) == 9


def test_another_brands_webhook_is_not_there(shop: Program) -> None:
    theirs, _ = webhooks.register(URL, brand=make_brand(), kinds=[], at=NOON)
    of_all, _ = webhooks.register(URL, brand=None, kinds=[], at=NOON)

    for webhook in (theirs, of_all):
        answers = [
            shop.get(f"/{webhook.uid}"),
            shop.get(f"/{webhook.uid}/deliveries"),
            shop.delete(f"/{webhook.uid}"),
            *(shop.post(f"/{webhook.uid}/{step}") for step in ("pause", "resume", "secret", "test")),
            shop.post(f"/{webhook.uid}/replay", {"since": "2026-01-01T00:00:00Z"}),
        ]
        assert {answer.status_code for answer in answers} == {404}
    assert shop.get().json()["items"] == []
    assert {webhook.state for webhook in Webhook.objects.all()} == {WebhookState.ACTIVE}


def test_a_key_for_all_hears_of_all_or_of_the_brand_it_names(brand: Brand) -> None:
    program = Program(None)

    said = [program.post("", {"url": URL} | body).json()["brand"] for body in ({}, {"brand": brand.slug})]

    assert said == [None, brand.slug]


def test_of_answered_surveys_hears_who_may_read_them(brand: Brand) -> None:
    reader = Program(brand, Scope.SURVEYS_READ)

    every_kind = reader.post("", {"url": URL}).json()["kinds"]
    one_kind = reader.post("", {"url": URL, "kinds": ["survey.answered"]}).json()["kinds"]

    assert (every_kind, one_kind) == ([], ["survey.answered"])


def test_who_may_not_read_surveys_hears_of_everything_else(shop: Program) -> None:
    said = shop.post("", {"url": URL})
    refused = shop.post("", {"url": URL, "kinds": ["shipment.status_changed", "survey.answered"]})

    assert said.json()["kinds"] == ["shipment.status_changed", "shipment.window_changed", "webhook.test"]
    assert refused.status_code == 403
    assert refused.json()["detail"] == "This key may not hear of survey.answered; that takes the scope surveys:read."
    assert Webhook.objects.count() == 1
