"""The partner of the demo: what its parcels go through, told as Doorstep reads it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from carriers.formats import easypost
from carriers.formats.said import Payload
from demo.partner.books import Books
from demo.partner.journeys import APART_SECONDS, TO_THE_DOOR, Journeys, legs_of
from tests.factories import NOON
from tests.notifications.sink import Sink, sink
from tracking.shipments.lifecycle import Status
from tracking.shipments.reasons import Reason

SECRET = "Salaisuus-Ä"
FETCHED = timedelta(seconds=TO_THE_DOOR[0].after_seconds)
ADDRESS = {"name": "Maija", "street1": "Aleksanterinkatu 13", "city": "Helsinki", "zip": "00100", "country": "FI"}


@pytest.fixture
def hook() -> Iterator[Sink]:
    with sink() as running:
        running.answers.extend([(200, {})] * 100)
        yield running


def buy(books: Books, count: int = 1) -> list[str]:
    bought = []
    for _ in range(count):
        made = books.make_shipment({"to_address": ADDRESS, "from_address": ADDRESS, "parcel": {"weight": 10.0}})
        bought.append(books.buy(made["id"], rate_id=made["rates"][0]["id"])["tracking_code"])
    return bought


def journeys(books: Books, hook: Sink, *, speed: float = 1.0) -> Journeys:
    return Journeys(books, hook=hook.url, secret=SECRET, speed=speed)


def heard(hook: Sink) -> list[tuple[Status | None, Reason | None]]:
    """Read all that came, each thing once, as a signed event."""
    told: dict[str, tuple[Status | None, Reason | None]] = {}
    for headers, body in hook.came:
        payload = Payload(body.encode(), {name.lower(): value for name, value in headers.items()}, {})
        easypost.require_genuine(payload, secrets=[SECRET], at=NOON)
        reading = easypost.read(payload)
        assert not reading.problems
        assert all(update.is_known for update in reading.updates)
        told |= {update.external_id: (update.status, update.reason) for update in reading.updates}
    return list(told.values())


def travel(journey: Journeys, *, seconds: int) -> None:
    for second in range(0, seconds, 10):
        journey.go_on(at=NOON + timedelta(seconds=second))


def test_a_parcel_goes_all_the_way_and_each_step_is_told(hook: Sink) -> None:
    books = Books("Revontuli", label_url="http://127.0.0.1/labels")
    buy(books)

    travel(journeys(books, hook, speed=10), seconds=60)

    assert heard(hook) == [
        (Status.IN_TRANSIT, None),
        (Status.AT_HUB, None),
        (Status.OUT_FOR_DELIVERY, None),
        (Status.DELIVERED, None),
    ]


def test_one_attempt_fails_for_a_reason_and_the_next_does_not(hook: Sink) -> None:
    books = Books("Revontuli", label_url="http://127.0.0.1/labels")
    third = buy(books, 3)[-1]

    travel(journeys(books, hook), seconds=700)

    of_third = [(headers, body) for headers, body in hook.came if third in body]
    hook.came = of_third
    assert heard(hook)[3:] == [
        (Status.ATTEMPTED, Reason.REFUSED),
        (Status.AT_HUB, None),
        (Status.OUT_FOR_DELIVERY, None),
        (Status.DELIVERED, None),
    ]


def test_one_sets_off_after_the_other(hook: Sink) -> None:
    books = Books("Revontuli", label_url="http://127.0.0.1/labels")
    first, second = buy(books, 2)
    journey = journeys(books, hook)

    journey.go_on(at=NOON)
    journey.go_on(at=NOON + FETCHED)
    assert [first in body for _, body in hook.came] == [True]
    journey.go_on(at=NOON + FETCHED + timedelta(seconds=APART_SECONDS))

    assert [second in body for _, body in hook.came] == [False, True]


def test_what_nobody_hears_is_told_again(hook: Sink) -> None:
    books = Books("Revontuli", label_url="http://127.0.0.1/labels")
    buy(books)
    hook.answers.clear()
    hook.answers.extend([(503, {}), (200, {})])
    journey = journeys(books, hook)

    journey.go_on(at=NOON)
    assert [journey.go_on(at=NOON + FETCHED) for _ in range(3)] == [0, 1, 0]
    assert len(hook.came) == 2


def test_what_is_called_off_goes_nowhere(hook: Sink) -> None:
    books = Books("Revontuli", label_url="http://127.0.0.1/labels")
    code = buy(books)[0]
    [parcel] = books.bought()
    books.refund(parcel.shipment_id)

    journey = journeys(books, hook)
    travel(journey, seconds=60)

    assert code not in "".join(body for _, body in hook.came)


def test_of_four_parcels_one_is_not_accepted_at_first() -> None:
    endings = [[leg.detail for leg in legs_of(number)].count("refused") for number in range(8)]

    assert endings == [0, 0, 1, 0, 0, 0, 1, 0]
