"""Letters that end whoever reads them, and readers that end; several readers at once are in ``test_reading_races``."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from carriers.formats import registry
from carriers.formats.said import Payload, Reading
from carriers.models import Account, Alarm, AlarmKind, Followed, Letter, LetterState, Stray, Via
from carriers.services import alarms, letters, reading
from desk.models import Role
from tests.carriers.partners import hear, make_account, make_carried, say, update
from tests.factories import NOON, make_member
from tracking.shipments.models import Shipment, StatusEvent

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

MINUTE = timedelta(minutes=1)
POISON = b"poison"


@pytest.fixture
def account() -> Account:
    return make_account()


class Stumbled(Exception):
    """What a format that has a mistake in it raises."""


class Stumbling:
    """A format that has a mistake in it."""

    def read(self, payload: Payload) -> Reading:
        if payload.body == POISON:
            raise Stumbled
        return registry.SIGNED["generic"].read(payload)


@pytest.fixture
def _stumbling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "FORMATS", {**registry.FORMATS, "generic": Stumbling()})


def read_until_nothing_is_left() -> int:
    """Read as workers do, who begin anew when they stumble; gives how often they did."""
    stumbles, is_done = 0, False
    while not is_done:
        try:
            is_done = not reading.read_some(at=NOON)
        except Stumbled:
            stumbles += 1
    return stumbles


@pytest.mark.usefixtures("_stumbling")
def test_a_letter_that_ends_its_readers_is_given_up_and_keeps_nobody_waiting(account: Account) -> None:
    for number in range(5):
        make_carried(f"P{number}")
        if number == 2:
            letters.store(account, POISON, via=Via.WEBHOOK, at=NOON)
        said = update("delivered", tracking_number=f"P{number}", id=f"d-{number}")
        letters.store(account, say(said), via=Via.WEBHOOK, at=NOON)

    assert read_until_nothing_is_left() == letters.MOST_TRIES

    poison = Letter.objects.exclude(state=LetterState.READ).get()
    assert (poison.state, bytes(poison.body)) == (LetterState.UNREADABLE, POISON)
    assert poison.problem == "Whoever began to read it failed, 3 times."
    assert list(Alarm.objects.values_list("kind", "times")) == [(AlarmKind.UNREADABLE, 1)]
    assert {*Shipment.objects.values_list("status", flat=True)} == {"delivered"}
    assert StatusEvent.objects.filter(source=reading.source_of(account)).count() == 5


@pytest.mark.usefixtures("_stumbling")
def test_a_letter_that_was_given_up_is_read_once_its_format_is_mended(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.store(account, POISON, via=Via.WEBHOOK, at=NOON)
    read_until_nothing_is_left()
    monkeypatch.undo()

    letters.read_again(Letter.objects.all())
    hear(account)

    letter = Letter.objects.get()
    assert (letter.state, letter.tries) == (LetterState.UNREADABLE, 1)
    assert not letter.problem.startswith("Whoever")


def test_a_reader_that_is_gone_leaves_its_letters_to_the_next(account: Account) -> None:
    for number in range(3):
        letters.store(account, say(update(id=f"i-{number}")), via=Via.WEBHOOK, at=NOON)
    assert len(letters.claim(at=NOON, limit=10)) == 3

    assert letters.claim(at=NOON + letters.LEASE, limit=10) == []
    after = NOON + letters.LEASE + MINUTE
    assert [len(letters.claim(at=after, limit=10)) for _ in range(4)] == [1, 1, 1, 0]


def test_who_lost_the_lease_settles_nothing(account: Account) -> None:
    letters.store(account, say(), via=Via.WEBHOOK, at=NOON)
    lost = letters.claim(at=NOON, limit=1)
    held = letters.claim(at=NOON + 2 * MINUTE, limit=1)

    letters.settle(lost, problems={}, unreadable=(), at=NOON)
    letters.give_back(lost)
    assert Letter.objects.get().state == LetterState.READING

    letters.settle(held, problems={}, unreadable=(), at=NOON)
    assert Letter.objects.get().state == LetterState.READ


def test_letters_are_read_in_the_order_in_which_they_came(account: Account) -> None:
    for minutes in (2, 0, 1):
        letters.store(account, str(minutes).encode(), via=Via.WEBHOOK, at=NOON + minutes * MINUTE)

    assert [bytes(letter.body) for letter in letters.claim(at=NOON, limit=2)] == [b"0", b"1"]
    assert letters.has_due(at=NOON)
    assert [bytes(letter.body) for letter in letters.claim(at=NOON, limit=2)] == [b"2"]
    assert not letters.has_due(at=NOON)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Letter.objects.create(account=Account.objects.get(), digest="a", body=b"", received_at=NOON),
        lambda: Letter.objects.update(state=LetterState.READING),
        lambda: Letter.objects.update(leased_until=NOON),
        lambda: Stray.objects.create(letter=Letter.objects.get(), number="P1"),
        lambda: Followed.objects.create(account=Account.objects.get(), parcel=Followed.objects.get().parcel),
        lambda: Followed.objects.update(said_at=None),
        lambda: Alarm.objects.create(
            account=Account.objects.get(), kind=AlarmKind.EMPTY, times=1, first_at=NOON, last_at=NOON
        ),
        lambda: Account.objects.update(poll_minutes=5),
        lambda: Account.objects.update(poll_minutes=0, api_url="https://api.example.com"),
        lambda: Account.objects.update(former_secret="sealed"),
        lambda: Account.objects.update(former_until=NOON),
    ],
)
def test_the_database_refuses_what_must_not_be(account: Account, make: Callable[[], object]) -> None:
    letter = Letter.objects.create(account=account, digest="a", body=b"", received_at=NOON)
    Stray.objects.create(letter=letter, number="P1")
    parcel = make_carried().parcels.get()
    Followed.objects.create(account=Account.objects.get(), parcel=parcel, heard_at=NOON, said_at=NOON)
    alarms.sound(account.id, AlarmKind.EMPTY, at=NOON)

    with pytest.raises(IntegrityError), transaction.atomic():
        make()


def test_what_is_settled_and_comes_again_is_another_alarm(account: Account) -> None:
    user = make_member(Role.LEAD)
    alarms.sound(account.id, AlarmKind.UNKNOWN_CODE, subject="X9", at=NOON, times=3)
    assert alarms.settle(Alarm.objects.all(), at=NOON + MINUTE, by=user) == 1
    assert alarms.settle(Alarm.objects.all(), at=NOON + 2 * MINUTE, by=user) == 0

    alarms.sound(account.id, AlarmKind.UNKNOWN_CODE, subject="X9", at=NOON + 3 * MINUTE)

    told = list(Alarm.objects.order_by("id").values_list("times", "first_at", "settled_at", "settled_by"))
    assert told == [(3, NOON, NOON + MINUTE, user.id), (1, NOON + 3 * MINUTE, None, None)]
