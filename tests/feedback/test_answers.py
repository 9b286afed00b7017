"""What shops' programs hear of what shoppers thought."""

import json
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from feedback import services
from feedback.models import Source
from feedback.reasons import Reason
from feedback.services import answers
from notifications.models import Delivery, News, Webhook
from notifications.services import webhooks
from tests.factories import NOON, make_brand, make_shipment
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment

pytestmark = pytest.mark.django_db

URL = "https://shop.example.com/news"
LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _begun() -> None:
    """Let what is said from now on be news."""
    answers.sweep(at=NOON)


def hear(brand: Brand | None, *kinds: News) -> Webhook:
    return webhooks.register(URL, brand=brand, kinds=kinds, at=NOON)[0]


def rate(brand: Brand | None = None, *, score: int = 4) -> Shipment:
    shipment = make_shipment(brand=brand, status=Status.DELIVERED)
    services.rate(shipment, score=score, source=Source.PAGE, at=NOON)
    return shipment


def said(webhook: Webhook) -> list[dict[str, object]]:
    bodies = webhook.deliveries.order_by("id").values_list("body", flat=True)
    return [json.loads(body)["data"]["survey"] for body in bodies]


@pytest.mark.sqlite
def test_an_answer_is_news_and_another_one_too_each_once() -> None:
    brand = make_brand()
    webhook, shipment = hear(brand), rate(brand)
    services.rate(shipment, score=2, source=Source.SMS, at=LATER)

    written = [answers.sweep(at=LATER + timedelta(seconds=seconds)) for seconds in (0, 1, 120, 240)]

    assert written == [2, 0, 0, 0]
    first = {"score": 4, "reasons": [], "recommends": None, "source": "page", "rated_at": NOON.isoformat()}
    assert said(webhook) == [
        first | {"changed_at": NOON.isoformat()},
        first | {"score": 2, "source": "sms", "changed_at": LATER.isoformat()},
    ]
    assert json.loads(webhook.deliveries.earliest("id").body) == {
        "type": "survey.answered",
        "timestamp": LATER.isoformat(),
        "data": {
            "id": str(shipment.uid),
            "brand": brand.slug,
            "reference": shipment.reference,
            "status": "delivered",
            "version": Shipment.objects.get().version,
            "survey": first | {"changed_at": NOON.isoformat()},
        },
    }


def test_what_shoppers_said_in_their_own_words_is_no_news() -> None:
    webhook, shipment = hear(None), rate(score=1)
    services.elaborate(
        shipment, given=[Reason.LATE], words="Ask Aino, +358 40 123", recommends=0, source=Source.PAGE, at=LATER
    )

    answers.sweep(at=LATER)

    last = webhook.deliveries.latest("id").body
    assert "Aino" not in last
    assert (said(webhook)[-1]["reasons"], said(webhook)[-1]["recommends"]) == (["late"], 0)
    assert shipment.recipient_name not in last
    assert shipment.street not in last


def test_nobody_hears_of_answers_to_others_nor_of_what_they_did_not_ask_for() -> None:
    brand = make_brand()
    deaf, stranger = hear(brand, News.STATUS), hear(make_brand())
    rate(brand)

    assert answers.sweep(at=NOON) == 0
    assert [webhook.deliveries.count() for webhook in (deaf, stranger)] == [0, 0]


def test_many_answers_are_written_down_in_as_many_queries_as_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    hear(None)
    rate()
    with django_assert_num_queries(9):
        answers.sweep(at=NOON)
    for _ in range(9):
        rate()

    with django_assert_num_queries(9):
        answers.sweep(at=NOON)

    assert Delivery.objects.count() == 10
