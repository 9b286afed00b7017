"""A shop's program at its worst: it fails, is gone, hangs, sends us elsewhere, or its name leads somewhere else.

Waits of minutes and hours are let pass rather than waited for; each is held against the schedule before.
"""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address
from itertools import cycle

import pytest
from django.db import connections
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from standardwebhooks import Webhook as Verifier

from notifications import delivering, destinations, retries
from notifications.destinations import CLOSED
from notifications.gateways import webhooks as gateway
from notifications.gateways.connection import Connection, NothingSent, NotToBeCalled, Place
from notifications.gateways.webhooks import Answered
from notifications.models import Delivery, DeliveryState, Try, Webhook, WebhookState
from notifications.services import webhooks
from tests.factories import NOON
from tests.notifications.dialled import dialled
from tests.notifications.sink import MOST_SECONDS, Sink, sink

METADATA = "169.254.169.254"
LONGEST = timedelta(seconds=30)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Iterator[Sink]:
    with sink() as found:
        yield found


@pytest.fixture
def _next_door(settings: Settings) -> None:
    """Let shops be on this machine, as the sink is."""
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True


def make_webhook(shop: Sink) -> tuple[Webhook, str]:
    """Make a webhook that leads to the sink, whose port nobody may register."""
    webhook, secret = webhooks.register("https://shop.example.com/", brand=None, kinds=[], at=timezone.now())
    Webhook.objects.filter(id=webhook.id).update(url=shop.url)
    return webhook, secret


def let_the_wait_pass() -> timedelta:
    """Let the only piece of news be due; gives how long it would have waited since its last try."""
    delivery = Delivery.objects.get(state=DeliveryState.WAITING)
    ended_at = max(known.at + timedelta(milliseconds=known.milliseconds) for known in delivery.log.all())
    waited = delivery.due_at - ended_at
    Delivery.objects.filter(id=delivery.id).update(due_at=timezone.now())
    return waited


def states(webhook: Webhook) -> set[str]:
    return set(webhook.deliveries.values_list("state", flat=True))


def deliver_and_hang_up() -> None:
    """Deliver what is due, in a thread of its own."""
    try:
        delivering.deliver()
    finally:
        connections.close_all()


@pytest.mark.usefixtures("_next_door")
def test_who_fails_six_times_hears_the_seventh_time_of_the_same_by_the_schedule(shop: Sink) -> None:
    webhook, secret = make_webhook(shop)
    shop.answers.extend([(500, {})] * 6)
    webhooks.test(webhook, at=timezone.now())

    waits = []
    for _ in range(6):
        delivering.deliver()
        waits.append(let_the_wait_pass())
    delivering.deliver()

    for wait, usual in zip(waits, retries.AFTER, strict=False):
        # A try's length is kept in whole milliseconds.
        assert 0.8 * usual <= wait <= 1.2 * usual + timedelta(milliseconds=1)
    assert len({headers["webhook-id"] for headers, _ in shop.came}) == 1
    assert len({body for _, body in shop.came}) == 1
    assert all(Verifier(secret).verify(body, headers) for headers, body in shop.came)
    assert [known.status for known in Try.objects.order_by("id")] == [500] * 6 + [204]
    assert Delivery.objects.get().state == DeliveryState.DELIVERED


@pytest.mark.usefixtures("_next_door")
def test_those_who_failed_together_do_not_come_back_together(shop: Sink) -> None:
    webhook, _ = make_webhook(shop)
    shop.answers.extend([(500, {})] * 8)
    at = timezone.now()
    for _ in range(8):
        webhooks.test(webhook, at=at)

    delivering.deliver()

    ended = dict(Try.objects.values_list("delivery", "at"))
    waits = [delivery.due_at - ended[delivery.id] for delivery in Delivery.objects.all()]
    assert len(waits) == 8
    assert max(waits) - min(waits) > timedelta(milliseconds=50)


@pytest.mark.usefixtures("_next_door")
def test_who_is_gone_is_disabled_at_once_and_not_called_again(shop: Sink) -> None:
    webhook, _ = make_webhook(shop)
    shop.answers.append((410, {}))
    webhooks.test(webhook, at=timezone.now())
    delivering.deliver()
    webhooks.test(webhook, at=timezone.now())

    delivering.deliver()

    webhook.refresh_from_db()
    assert webhook.state == WebhookState.DISABLED
    assert len(shop.came) == 1


def test_who_hangs_is_cut_off_in_half_the_time_that_is_allowed() -> None:
    assert timedelta(seconds=gateway.CALL_SECONDS) <= LONGEST / 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_next_door")
def test_who_hangs_keeps_nobody_else_waiting(shop: Sink) -> None:
    shop.may_answer.clear()
    with sink() as other, ThreadPoolExecutor(1) as worker:
        hanging, brisk = make_webhook(shop)[0], make_webhook(other)[0]
        for _ in range(150):
            webhooks.test(hanging, at=timezone.now())
        for _ in range(3):
            webhooks.test(brisk, at=timezone.now())

        delivery = worker.submit(deliver_and_hang_up)
        until = time.monotonic() + MOST_SECONDS
        while states(brisk) != {DeliveryState.DELIVERED} and time.monotonic() < until:
            time.sleep(0.02)
        meanwhile = states(brisk), states(hanging)
        shop.may_answer.set()
        delivery.result()

    assert meanwhile == ({DeliveryState.DELIVERED}, {DeliveryState.SENDING, DeliveryState.WAITING})
    assert DeliveryState.SENDING not in states(hanging)


@pytest.mark.usefixtures("_next_door")
def test_whose_secret_cannot_be_opened_any_more_keeps_nobody_else_waiting(shop: Sink) -> None:
    broken, brisk = make_webhook(shop)[0], make_webhook(shop)[0]
    Webhook.objects.filter(id=broken.id).update(secret="sealed under a key that is gone")
    for webhook in (broken, brisk):
        webhooks.test(webhook, at=timezone.now())

    delivering.deliver()

    assert (states(broken), states(brisk)) == ({DeliveryState.WAITING}, {DeliveryState.DELIVERED})
    assert Try.objects.get(delivery__webhook=broken).problem == "a secret that cannot be opened any more"


@pytest.mark.usefixtures("_next_door")
def test_another_secret_mends_one_that_cannot_be_opened_any_more(shop: Sink) -> None:
    webhook, _ = make_webhook(shop)
    Webhook.objects.filter(id=webhook.id).update(secret="sealed under a key that is gone")
    secret = webhooks.rotate(webhook, at=timezone.now())
    webhooks.test(webhook, at=timezone.now())

    delivering.deliver()

    [(headers, body)] = shop.came
    assert Verifier(secret).verify(body, headers)
    assert states(webhook) == {DeliveryState.DELIVERED}


@pytest.mark.usefixtures("_next_door")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_who_sends_us_to_the_metadata_of_the_machine_is_not_followed(shop: Sink, status: int) -> None:
    webhook, _ = make_webhook(shop)
    shop.answers.append((status, {"Location": f"http://{METADATA}/latest/meta-data/"}))
    webhooks.test(webhook, at=timezone.now())

    with dialled() as heard:
        delivering.deliver()

    assert heard
    assert METADATA not in heard
    assert Try.objects.get().status == status
    assert Delivery.objects.get().state == DeliveryState.WAITING


@pytest.mark.parametrize("address", [network[-1] for network in CLOSED], ids=str)
def test_no_address_inside_a_house_is_connected_to(address: IPv4Address | IPv6Address) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)

    with dialled() as heard:
        answered = gateway.post(f"http://{host}/", "{}", uid="msg_1", secrets=[], at=NOON)

    assert answered == Answered(None, "an address that may not be called")
    assert heard == []


@pytest.mark.parametrize(
    "url", ["http://a..b/", f"http://{'a' * 64}.example.com/", "https://.example.com/", "http://[::1]:80/"]
)
def test_whatever_an_address_looks_like_calling_it_ends_as_a_try(url: str) -> None:
    assert destinations.require_readable(url) == url

    answered = gateway.post(url, "{}", uid="msg_1", secrets=[], at=NOON)

    assert answered.status is None
    assert answered.problem in {"no connection", "an address that may not be called"}


@given(
    st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} (Nov|Feb) -?\d{1,20} \d\d:\d\d:\d\d (GMT|[+-]\d{4})")
)
def test_whatever_is_said_about_waiting_is_read_or_passed_over(said: str) -> None:
    wished = gateway._wish(said, at=NOON)

    assert wished is None or wished >= timedelta()


def test_a_name_that_changes_its_mind_between_two_looks_leads_nowhere_inside(shop: Sink) -> None:
    port = int(shop.url.split(":")[2].split("/")[0])
    turns = cycle(["127.0.0.2", "127.0.0.1"])  # of which the first stands for the open internet here

    def resolve(host: str, _port: int) -> list[Place]:
        assert host == "shop.example.com"
        return [Place(socket.AF_INET, (next(turns), port))]

    refused = 0
    with dialled() as heard:
        for _ in range(10):
            line = Connection(
                "http://shop.example.com", may_call=lambda address: address != "127.0.0.1", resolve=resolve
            )
            with pytest.raises(NothingSent) as failure:
                line.exchange("POST", "/", headers={}, body=b"{}", deadline=time.monotonic() + 5)
            refused += isinstance(failure.value.__cause__, NotToBeCalled)

    assert refused == 5
    assert heard == ["127.0.0.2"] * 5
    assert shop.came == []


def test_of_a_name_with_several_addresses_only_the_open_ones_are_called(shop: Sink) -> None:
    port = int(shop.url.split(":")[2].split("/")[0])
    places = [Place(socket.AF_INET, (address, port)) for address in ("127.0.0.1", "127.0.0.2")]
    line = Connection(
        "http://shop.example.com", may_call=lambda address: address != "127.0.0.1", resolve=lambda *_: places
    )

    with dialled() as heard, pytest.raises(NothingSent):
        line.exchange("POST", "/", headers={}, body=b"{}", deadline=time.monotonic() + 5)

    assert heard == ["127.0.0.2"]
    assert shop.came == []
