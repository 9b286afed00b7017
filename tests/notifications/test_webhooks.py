import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connections, transaction
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from notifications import delivering, destinations
from notifications.destinations import BadDestination
from notifications.gateways import webhooks as gateway
from notifications.gateways.webhooks import Answered
from notifications.models import Delivery, DeliveryState, News, Try, Webhook, WebhookState
from notifications.services import webhooks
from tests.factories import NOON, make_brand, make_shipment
from tests.notifications.sink import Sink, sink
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment
from tracking.shipments.window import Cause, Window

pytestmark = pytest.mark.django_db

LONG_AGO = NOON - timedelta(days=3)
TAKEN = Answered(204, "")
REFUSED = Answered(500, "refused")


@pytest.fixture
def shop() -> Iterator[Sink]:
    with sink() as found:
        yield found


@pytest.fixture
def brand() -> Brand:
    return make_brand()


def make_webhook(brand: Brand | None, url: str = "https://shop.example.com/news", **fields: object) -> Webhook:
    webhook, _ = webhooks.register(url, brand=brand, kinds=[], at=LONG_AGO)
    Webhook.objects.filter(id=webhook.id).update(**fields)
    webhook.refresh_from_db()
    return webhook


def local(webhook: Webhook, shop: Sink) -> Webhook:
    """Lead a webhook to the sink, whose port nobody may register."""
    Webhook.objects.filter(id=webhook.id).update(url=shop.url)
    return webhook


def begin(shipment: Shipment) -> None:
    """Let the news of a shipment be the first there is."""
    webhooks.sweep(at=NOON)
    services.record(shipment, Status.AT_HUB, at=NOON)


def deliver_one(delivery: Delivery, answered: Answered, *, at: object = NOON) -> Delivery:
    [claimed] = webhooks.claim(at=NOON, limit=1)
    assert claimed == delivery
    webhooks.settle(claimed, answered, at=NOON, ended_at=NOON)
    delivery.refresh_from_db()
    return delivery


@pytest.mark.sqlite
def test_news_is_written_down_once_for_each_address_that_hears_of_it(brand: Brand) -> None:
    shipment, other = make_shipment(brand=brand), make_shipment()
    own, of_all = make_webhook(brand), make_webhook(None)
    deaf = make_webhook(brand, kinds=[News.WINDOW])
    begin(shipment)
    services.record(other, Status.AT_HUB, at=NOON)

    written = [webhooks.sweep(at=NOON + timedelta(seconds=seconds)) for seconds in (1, 2, 120, 240)]

    assert written == [3, 0, 0, 0]
    assert own.deliveries.count() == 1
    assert of_all.deliveries.count() == 2
    assert deaf.deliveries.count() == 0
    said = json.loads(own.deliveries.get().body)
    assert said["type"] == "shipment.status_changed"
    assert said["data"] == {
        "id": str(shipment.uid),
        "brand": brand.slug,
        "reference": shipment.reference,
        "status": "at_hub",
        "version": 2,
        "event": {
            "status": "at_hub",
            "occurred_at": NOON.isoformat(),
            "place": "",
            "parcel": None,
            "code": "",
            "reason": None,
        },
    }


def test_another_window_is_news(brand: Brand) -> None:
    shipment, webhook = make_shipment(brand=brand), make_webhook(brand)
    webhooks.sweep(at=NOON)
    services.estimate(shipment, Window(NOON.date(), NOON, NOON + timedelta(hours=1)), cause=Cause.FIRST, at=NOON)

    webhooks.sweep(at=NOON)

    said = json.loads(webhook.deliveries.get().body)
    assert said["type"] == "shipment.window_changed"
    assert said["data"]["window"] == {
        "date": "2026-11-22",
        "start": "2026-11-22T10:00:00+00:00",
        "end": "2026-11-22T11:00:00+00:00",
        "cause": "first",
    }


def test_what_was_before_an_address_was_there_is_no_news_to_it(brand: Brand) -> None:
    make_webhook(brand)
    shipment = make_shipment(brand=brand)
    begin(shipment)
    late = make_webhook(brand, created_at=NOON + timedelta(seconds=1))

    webhooks.sweep(at=NOON + timedelta(seconds=2))

    assert not late.deliveries.exists()


def test_a_message_is_signed_so_that_its_reader_can_tell(shop: Sink, settings: Settings, brand: Brand) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    webhook, secret = webhooks.register("https://shop.example.com/", brand=brand, kinds=[], at=LONG_AGO)
    local(webhook, shop)
    webhooks.test(webhook, at=timezone.now())

    delivering.deliver()

    [(headers, body)] = shop.came
    delivery = Delivery.objects.get()
    assert Verifier(secret).verify(body, headers)["type"] == "webhook.test"
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(body.replace("test", "tesd"), headers)
    assert headers["webhook-id"] == f"msg_{delivery.uid.hex}"
    assert delivery.state == DeliveryState.DELIVERED
    assert [known.status for known in Try.objects.all()] == [204]


def test_after_a_rotation_both_secrets_tell_for_a_day(brand: Brand) -> None:
    webhook, before = webhooks.register("https://shop.example.com/", brand=brand, kinds=[], at=NOON)

    after = webhooks.rotate(webhook, at=NOON)

    webhook.refresh_from_db()
    assert webhooks.secrets_of(webhook, at=NOON + timedelta(hours=23)) == [after, before]
    assert webhooks.secrets_of(webhook, at=NOON + timedelta(hours=24)) == [after]
    assert before not in webhook.former_secret
    assert after not in webhook.secret


def test_secrets_lie_sealed_in_every_column_and_are_in_no_log(
    shop: Sink, settings: Settings, brand: Brand, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    caplog.set_level(logging.DEBUG, logger="")
    webhook, before = webhooks.register("https://shop.example.com/news?token=4711B", brand=brand, kinds=[], at=LONG_AGO)
    after = webhooks.rotate(webhook, at=timezone.now())
    local(webhook, shop)
    shop.answers.extend([(500, {}), (410, {})])
    for _ in range(3):
        webhooks.test(webhook, at=timezone.now())

    delivering.deliver()

    secrets = {each for secret in (before, after) for each in (secret, secret.removeprefix("whsec_"))}
    for model in apps.get_models():
        kept = json.dumps(list(model._default_manager.values()), default=str)
        assert not [secret for secret in secrets if secret in kept], model
    assert len(shop.came) == 3
    assert not [secret for secret in secrets if secret in caplog.text]
    assert not [secret for secret in secrets if secret in str(shop.came)]


def test_what_is_refused_is_tried_again_by_the_schedule(brand: Brand) -> None:
    delivery = webhooks.test(make_webhook(brand), at=NOON)

    deliver_one(delivery, REFUSED)

    assert delivery.state == DeliveryState.WAITING
    assert timedelta(seconds=4) <= delivery.due_at - NOON <= timedelta(seconds=6)
    assert webhooks.claim(at=NOON + timedelta(seconds=3), limit=1) == []
    assert webhooks.claim(at=NOON + timedelta(seconds=7), limit=1) == [delivery]


def test_after_the_last_try_it_is_given_up_and_can_be_sent_again(brand: Brand) -> None:
    delivery = webhooks.test(make_webhook(brand), at=NOON)
    Delivery.objects.update(tries=9)

    deliver_one(delivery, REFUSED)
    assert delivery.state == DeliveryState.GIVEN_UP
    uid = delivery.uid

    assert webhooks.replay(Delivery.objects.all(), at=NOON) == 1
    assert deliver_one(delivery, TAKEN).state == DeliveryState.DELIVERED
    assert delivery.uid == uid


def test_an_address_that_is_gone_hears_nothing_more(brand: Brand) -> None:
    webhook = make_webhook(brand)
    first, second = webhooks.test(webhook, at=NOON), webhooks.test(webhook, at=NOON)

    deliver_one(first, Answered(410, "refused"))

    webhook.refresh_from_db()
    assert (webhook.state, webhook.why) == (WebhookState.DISABLED, "It answered that it is gone (410).")
    assert first.state == DeliveryState.GIVEN_UP
    assert webhooks.claim(at=NOON + timedelta(days=1), limit=9) == []
    second.refresh_from_db()
    assert second.state == DeliveryState.WAITING


def test_what_comes_during_a_pause_is_told_after_it(brand: Brand) -> None:
    shipment, webhook = make_shipment(brand=brand), make_webhook(brand)
    assert webhooks.pause(webhook)
    begin(shipment)
    webhooks.sweep(at=NOON)
    assert webhooks.claim(at=NOON, limit=9) == []

    assert webhooks.resume(webhook)

    assert [delivery.kind for delivery in webhooks.claim(at=NOON, limit=9)] == [News.STATUS]


def test_one_address_does_not_take_all_the_room(brand: Brand) -> None:
    slow, other = make_webhook(brand), make_webhook(brand)
    for _ in range(20):
        webhooks.test(slow, at=NOON)
    last = webhooks.test(other, at=NOON)

    claimed = webhooks.claim(at=NOON, limit=10)

    assert last in claimed
    assert len(claimed) == 9


def test_who_has_enough_under_way_is_passed_over_however_much_is_due(brand: Brand) -> None:
    slow, other = make_webhook(brand), make_webhook(brand)
    for _ in range(60):
        webhooks.test(slow, at=NOON)
    last = webhooks.test(other, at=NOON)

    first = webhooks.claim(at=NOON, limit=10)
    second = webhooks.claim(at=NOON, limit=10, under_way={slow.id: 8})
    third = webhooks.claim(at=NOON, limit=10, under_way={slow.id: 5, other.id: 1})

    assert [delivery.webhook for delivery in first] == [slow] * 8
    assert second == [last]
    assert [delivery.webhook for delivery in third] == [slow] * 3


def test_what_a_dead_worker_had_is_taken_up(brand: Brand) -> None:
    delivery = webhooks.test(make_webhook(brand), at=NOON)
    [lost] = webhooks.claim(at=NOON, limit=1)

    assert webhooks.claim(at=NOON + timedelta(seconds=60), limit=1) == []
    [taken_up] = webhooks.claim(at=NOON + timedelta(seconds=61), limit=1)
    webhooks.settle(lost, REFUSED, at=NOON, ended_at=NOON + timedelta(seconds=62))

    delivery.refresh_from_db()
    assert taken_up == delivery
    assert (delivery.state, delivery.tries) == (DeliveryState.SENDING, 0)


def test_an_address_inside_the_house_is_not_called(shop: Sink, brand: Brand) -> None:
    answered = gateway.post(shop.url, "{}", uid="msg_1", secrets=[], at=NOON)

    assert answered == Answered(None, "an address that may not be called")
    assert shop.came == []


def test_a_name_that_leads_inside_the_house_is_not_called_either(shop: Sink) -> None:
    port = shop.url.split(":")[2].split("/")[0]

    answered = gateway.post(f"http://localhost:{port}/news", "{}", uid="msg_1", secrets=[], at=NOON)

    assert answered == Answered(None, "an address that may not be called")
    assert shop.came == []


def test_a_redirect_is_not_followed(shop: Sink, settings: Settings) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    shop.answers.append((302, {"Location": shop.url}))

    answered = gateway.post(shop.url, "{}", uid="msg_1", secrets=[], at=NOON)

    assert (answered.status, answered.is_taken) == (302, False)
    assert len(shop.came) == 1


def test_who_asks_to_be_left_alone_for_a_while_is(shop: Sink, settings: Settings) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    shop.answers.extend([(429, {"retry-after": "120"}), (503, {"Retry-After": "Sun, 22 Nov 2026 10:01:00 GMT"})])

    answers = [gateway.post(shop.url, "{}", uid="msg_1", secrets=[], at=NOON) for _ in range(2)]

    assert [answered.wished for answered in answers] == [timedelta(seconds=120), timedelta(seconds=60)]


def test_one_that_hangs_is_cut_off(shop: Sink, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    monkeypatch.setattr(gateway, "CALL_SECONDS", 0.5)
    shop.hangs_seconds = 1.0

    answered = gateway.post(shop.url, "{}", uid="msg_1", secrets=[], at=NOON)

    assert answered == Answered(None, "no whole answer")


@pytest.mark.parametrize("url", ["http://127.0.0.1:6379/", "ftp://shop.example.com/", "https://a:b@shop.example.com/"])
def test_what_cannot_be_called_is_not_registered(url: str, brand: Brand) -> None:
    with pytest.raises(BadDestination):
        webhooks.register(url, brand=brand, kinds=[], at=NOON)

    assert not Webhook.objects.exists()
    assert not destinations.is_open("127.0.0.1")


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_each_piece_has_one(brand: Brand) -> None:
    webhook = make_webhook(brand)
    for _ in range(8):
        webhooks.test(webhook, at=NOON)
    claimed: list[Delivery] = []
    gate = threading.Barrier(2)

    def work() -> None:
        gate.wait()
        claimed.extend(webhooks.claim(at=NOON, limit=4))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({delivery.id for delivery in claimed}) == len(claimed)
    assert len(claimed) + len(webhooks.claim(at=NOON, limit=9)) == 8


def test_what_ended_a_month_ago_is_forgotten(brand: Brand) -> None:
    deliver_one(webhooks.test(make_webhook(brand), at=NOON), TAKEN)

    assert webhooks.forget(at=NOON + timedelta(days=30)) == 0
    assert webhooks.forget(at=NOON + timedelta(days=30, seconds=1)) == 1
    assert not Try.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"state": "sending"}, {"state": "delivered"}, {"ended_at": NOON}, {"leased_until": NOON}]
)
def test_the_database_keeps_a_piece_whole(wrong: dict[str, object], brand: Brand) -> None:
    webhooks.test(make_webhook(brand), at=NOON)

    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.update(**wrong)
