"""Several readers and several senders at once, on PostgreSQL."""

from datetime import timedelta
from functools import partial

import pytest

from carriers.models import Alarm, AlarmKind, Followed, Letter, LetterState, Via
from carriers.services import alarms, letters, reading
from tests.carriers.partners import make_account, make_carried, say, update
from tests.factories import NOON
from tests.tracking.test_races import at_once
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import StatusEvent
from tracking.shipments.window import Window

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
MANY = 4


def read_all() -> None:
    while reading.read_some(at=NOON):
        pass


def test_the_same_letter_sent_at_once_is_kept_once() -> None:
    account, body = make_account(), say(update())

    at_once(*[partial(letters.store, account, body, via=Via.WEBHOOK, at=NOON)] * MANY)

    assert Letter.objects.count() == 1


def test_readers_at_once_never_have_the_same_letter() -> None:
    account = make_account()
    for number in range(40):
        letters.store(account, say(update(id=str(number))), via=Via.WEBHOOK, at=NOON)

    def take() -> list[int]:
        taken: list[int] = []
        while claimed := letters.claim(at=NOON, limit=3):
            taken += [letter.id for letter in claimed]
        return taken

    taken = [letter_id for taken in at_once(*[take] * MANY) if isinstance(taken, list) for letter_id in taken]

    assert sorted(taken) == sorted(Letter.objects.values_list("id", flat=True))


def test_readers_of_one_shipment_at_once_write_each_event_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", 2)
    account, shipment = make_account(), make_carried("A", "B")
    way = [Status.IN_TRANSIT, Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.DELIVERED]
    for step, status in enumerate(way):
        moment = (NOON - (6 - step) * HOUR).isoformat()
        day = (NOON + timedelta(days=step)).date().isoformat()
        for number in "ABAB":
            letters.store(
                account,
                say(
                    update(status, id=f"{number}-{step}", tracking_number=number, occurred_at=moment),
                    update("teleported", id=f"{number}-t", tracking_number=number, code="X9"),
                    estimates=[{"tracking_number": number, "date": day}] if status != Status.DELIVERED else [],
                )
                + b" " * len(Letter.objects.all()),
                via=Via.WEBHOOK,
                at=NOON,
            )

    assert at_once(*[read_all] * MANY) == [None] * MANY

    shipment.refresh_from_db()
    assert {*Letter.objects.values_list("state", flat=True)} == {LetterState.READ}
    assert Letter.objects.count() == 16
    assert StatusEvent.objects.filter(source=reading.source_of(account)).count() == 10
    assert shipment.status == Status.DELIVERED
    assert {*Followed.objects.values_list("said_at", flat=True)} == {NOON}
    assert list(Alarm.objects.values_list("kind", "subject", "times")) == [(AlarmKind.UNKNOWN_CODE, "X9", 16)]


def test_the_later_estimate_counts_whoever_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", 1)
    account, shipment = make_account(), make_carried("A")
    for step in range(8):
        said = update(id=str(step), tracking_number="A", occurred_at=(NOON - (9 - step) * HOUR).isoformat())
        day = (NOON + timedelta(days=step)).date()
        body = say(said, estimates=[{"tracking_number": "A", "date": day.isoformat()}])
        letters.store(account, body, via=Via.WEBHOOK, at=NOON)

    assert at_once(*[read_all] * MANY) == [None] * MANY

    shipment.refresh_from_db()
    assert shipment.window == Window((NOON + timedelta(days=7)).date())


def test_two_alarms_at_once_are_one() -> None:
    account = make_account()

    sound = partial(alarms.sound, account.id, AlarmKind.UNKNOWN_CODE, subject="X9", at=NOON, times=5)

    assert at_once(*[sound] * MANY) == [None] * MANY

    assert Alarm.objects.get().times == 5 * MANY
