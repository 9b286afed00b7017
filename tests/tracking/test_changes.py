"""What can be changed from a link, who may do so until when, and how it is taken back."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from tests.factories import NOON, make_shipment
from tests.tracking.test_races import at_once
from tracking.changes import keeping, rules, services, signals
from tracking.changes.keeping import Keeper, NoRoom
from tracking.changes.models import Action, Asker, Change, OfferedAction
from tracking.changes.services import LINK, SMS, NotInForce, NotOffered, Offer, TooLate
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import FINISHED, Status
from tracking.shipments.models import Shipment

EVENING = NOON + timedelta(hours=6)
MONDAY = {"key": "monday", "start": "2026-11-23T15:00:00+00:00", "end": "2026-11-23T18:00:00+00:00", "price": "3.90"}
TUESDAY = {**MONDAY, "key": "tuesday"}

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture(autouse=True)
def _nobody_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at tracking alone, without the apps above that make room for changes."""
    monkeypatch.setattr(keeping, "_keepers", {})


def make_offered(*actions: Action, status: Status = Status.AT_HUB, until: datetime = EVENING) -> Shipment:
    shipment = make_shipment(status=status)
    choices = {Action.SLOT: [MONDAY, TUESDAY], Action.RESCHEDULE: [TUESDAY], Action.HOLD: [{"key": "week"}]}
    offers = [Offer(action, until, choices.get(action, [])) for action in actions]
    services.offer(shipment, offers, at=NOON)
    shipment.refresh_from_db()
    return shipment


def ask(shipment: Shipment, action: Action = Action.SLOT, key: str = "monday", **words: str) -> Change:
    return services.ask(shipment, action, {"key": key, **words}, by=LINK, at=NOON)


def version(shipment: Shipment) -> int:
    return Shipment.objects.get(id=shipment.id).version


@pytest.fixture
def heard() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    told: list[tuple[str, dict[str, Any]]] = []
    listeners: dict[str, Callable[..., None]] = {
        "asked": lambda **known: told.append(("asked", _ids(known))),
        "undone": lambda **known: told.append(("undone", _ids(known))),
    }
    signals.change_asked.connect(listeners["asked"])
    signals.change_undone.connect(listeners["undone"])
    yield told
    signals.change_asked.disconnect(listeners["asked"])
    signals.change_undone.disconnect(listeners["undone"])


def _ids(known: dict[str, Any]) -> dict[str, Any]:
    return {name: known[name] for name in ("change_id", "shipment_id")}


def test_what_is_offered_replaces_what_was(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    shipment = make_offered(Action.SLOT, Action.NEEDS)
    before = version(shipment)

    seen = services.offer(shipment, [Offer(Action.NEEDS, EVENING), Offer(Action.SAFE_PLACE, EVENING)], at=NOON)
    again = services.offer(shipment, [Offer(Action.NEEDS, EVENING), Offer(Action.SAFE_PLACE, EVENING)], at=NOON)

    with django_assert_num_queries(1):
        assert {row.action for row in services.offered(shipment, at=NOON)} == {Action.NEEDS, Action.SAFE_PLACE}
    assert (seen, again) == (True, False)
    assert version(shipment) == before + 1


def test_what_is_past_its_cut_off_is_not_offered() -> None:
    shipment = make_offered(Action.NEEDS)

    assert services.offered(shipment, at=EVENING) == []
    services.offer(shipment, [Offer(Action.NEEDS, NOON)], at=NOON)
    assert not OfferedAction.objects.exists()


def test_a_change_is_written_down_with_what_was_chosen(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, heard: list[tuple[str, dict[str, Any]]]
) -> None:
    shipment = make_offered(Action.SLOT)

    with django_capture_on_commit_callbacks(execute=True):
        change = ask(shipment)

    assert change.details == MONDAY
    assert (change.asked_by, change.by, change.asked_at, change.undo_until) == (Asker.LINK, None, NOON, EVENING)
    assert version(shipment) == shipment.version + 1
    assert heard == [("asked", {"change_id": change.id, "shipment_id": shipment.id})]


def test_the_same_again_changes_nothing() -> None:
    shipment = make_offered(Action.SLOT)

    first, second = ask(shipment), ask(shipment)

    assert first == second
    assert version(shipment) == shipment.version + 1


@pytest.mark.parametrize(
    ("action", "key", "at", "refusal"),
    [
        (Action.HOLD, "week", NOON, NotOffered),
        (Action.SLOT, "sunday", NOON, NotOffered),
        (Action.SLOT, "", NOON, NotOffered),
        (Action.SLOT, "monday", EVENING, TooLate),
    ],
)
def test_only_what_is_offered_can_be_changed_and_before_its_cut_off(
    action: Action, key: str, at: datetime, refusal: type[Exception]
) -> None:
    shipment = make_offered(Action.SLOT)

    with pytest.raises(refusal):
        services.ask(shipment, action, {"key": key}, by=LINK, at=at)

    assert not Change.objects.exists()
    assert version(shipment) == shipment.version


def test_a_choice_may_have_a_cut_off_of_its_own() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    soon = {**MONDAY, "until": NOON.isoformat()}
    services.offer(shipment, [Offer(Action.SLOT, EVENING, [soon, TUESDAY])], at=NOON)

    with pytest.raises(TooLate):
        ask(shipment)
    assert ask(shipment, key="tuesday").undo_until == EVENING


@pytest.mark.parametrize("status", sorted(FINISHED | {Status.DAMAGED, Status.LOST, Status.RETURNING}))
@pytest.mark.parametrize("action", [Action.SLOT, Action.NEEDS])
def test_nothing_can_be_changed_about_what_has_ended(status: Status, action: Action) -> None:
    shipment = make_offered(action, status=status)

    assert services.offered(shipment, at=NOON) == []
    with pytest.raises(NotOffered):
        ask(shipment, action)


def test_what_a_driver_has_with_them_can_be_left_elsewhere_but_not_brought_another_day() -> None:
    shipment = make_offered(Action.SLOT, Action.SAFE_PLACE, status=Status.OUT_FOR_DELIVERY)

    with pytest.raises(NotOffered):
        ask(shipment)
    assert ask(shipment, Action.SAFE_PLACE, place="behind the shed").is_in_force


def test_the_later_change_takes_the_place_of_the_earlier_one_and_undone_gives_it_back(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, heard: list[tuple[str, dict[str, Any]]]
) -> None:
    shipment = make_offered(Action.SLOT, Action.RESCHEDULE, Action.NEEDS)
    slot, needs = ask(shipment), ask(shipment, Action.NEEDS, minutes="3")
    day = ask(shipment, Action.RESCHEDULE, "tuesday")
    assert services.in_force([shipment]) == [needs, day]

    with django_capture_on_commit_callbacks(execute=True):
        services.undo(day, at=NOON)

    assert services.in_force([shipment]) == [slot, needs]
    assert version(shipment) == shipment.version + 4
    assert heard == [("undone", {"change_id": day.id, "shipment_id": shipment.id})]


def test_a_change_is_undone_once_and_only_while_it_stands() -> None:
    shipment = make_offered(Action.SLOT, Action.RESCHEDULE)
    slot, day = ask(shipment), ask(shipment, Action.RESCHEDULE, "tuesday")

    with pytest.raises(NotInForce):
        services.undo(slot, at=NOON)
    services.undo(day, at=NOON)
    with pytest.raises(NotInForce):
        services.undo(day, at=NOON)


def test_a_change_cannot_be_undone_after_its_cut_off_or_once_the_driver_has_it() -> None:
    shipment = make_offered(Action.SLOT)
    change = ask(shipment)

    with pytest.raises(TooLate):
        services.undo(change, at=EVENING)
    shipments.record(shipment, Status.OUT_FOR_DELIVERY, at=NOON)
    with pytest.raises(TooLate):
        services.undo(change, at=NOON)

    assert services.in_force([shipment]) == [change]


def test_room_is_made_in_the_same_transaction_and_taken_back() -> None:
    given: list[dict[str, Any]] = []

    def keep(change: Change, at: datetime) -> dict[str, Any]:
        if change.details["key"] == "tuesday":
            raise NoRoom
        return {"day": "sunday"}

    def give_back(change: Change, at: datetime) -> None:
        given.append(change.before)

    keeping.register(Action.SLOT, Keeper(keep, give_back))
    shipment = make_offered(Action.SLOT)

    with pytest.raises(NoRoom):
        ask(shipment, key="tuesday")
    assert not Change.objects.exists()

    services.undo(ask(shipment), at=NOON)
    assert given == [{"replaced": [], "day": "sunday"}]


def ask_nobody(change: Change, at: datetime) -> Any:
    return {}


def test_an_action_has_one_keeper() -> None:

    def keep(change: Change, at: datetime) -> dict[str, Any]:
        return {}

    keeper, other = Keeper(keep, ask_nobody), Keeper(ask_nobody, ask_nobody)
    keeping.register(Action.SLOT, keeper)
    keeping.register(Action.SLOT, keeper)

    with pytest.raises(keeping.Taken):
        keeping.register(Action.SLOT, other)


def test_the_database_holds_that_one_change_of_an_action_is_in_force() -> None:
    shipment = make_offered(Action.SLOT)
    change = ask(shipment)

    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.create(
            shipment=shipment, action=Action.SLOT, asked_by=Asker.LINK, asked_at=NOON, undo_until=change.undo_until
        )


@pytest.mark.parametrize(
    "wrong", [{"asked_by": Asker.API}, {"key": "shop (door_x…)"}, {"undone_key": "shop (door_x…)"}]
)
def test_the_database_holds_that_a_key_is_named_where_a_program_asked_or_undid(wrong: dict[str, str]) -> None:
    ask(make_offered(Action.SLOT))

    with pytest.raises(IntegrityError), transaction.atomic():
        Change.objects.update(**wrong)


def test_what_rivals_what_is_one_answer_at_a_time() -> None:
    assert all(rules.rivals(rival) == rules.rivals(action) for action in Action for rival in rules.rivals(action))
    assert rules.rivals(Action.HOLD) == {Action.RESCHEDULE, Action.SLOT, Action.HOLD, Action.PICKUP_POINT}
    assert rules.rivals(Action.NEEDS) == {Action.NEEDS}


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_one_is_in_force_and_the_other_is_its_before() -> None:
    for _ in range(5):
        shipment = make_offered(Action.SLOT)
        wishes = [
            partial(services.ask, shipment, Action.SLOT, {"key": key}, by=by, at=NOON)
            for key, by in (("monday", LINK), ("tuesday", SMS))
        ]

        changes = at_once(*wishes)

        (standing,) = services.in_force([shipment])
        assert [type(change) for change in changes] == [Change, Change]
        assert standing.before["replaced"] == list(
            Change.objects.filter(shipment=shipment).exclude(id=standing.id).values_list("id", flat=True)
        )


@pytest.mark.django_db(transaction=True)
def test_an_undoing_at_the_moment_the_driver_takes_it_is_either_in_time_or_refused() -> None:
    for _ in range(5):
        shipment = make_offered(Action.SLOT)
        change = ask(shipment)

        undone, _taken = at_once(
            partial(services.undo, change, at=NOON),
            partial(shipments.record, shipment, Status.OUT_FOR_DELIVERY, at=NOON),
        )

        change.refresh_from_db()
        assert change.is_in_force == isinstance(undone, TooLate)
        assert isinstance(undone, TooLate | Change)
        assert Shipment.objects.get(id=shipment.id).status == Status.OUT_FOR_DELIVERY


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_undone_twice_at_once_is_undone_once() -> None:
    shipment = make_offered(Action.SLOT)
    change = ask(shipment)

    outcomes = at_once(*[partial(services.undo, change, at=NOON)] * 3)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Change", "NotInForce", "NotInForce"]
    assert version(shipment) == shipment.version + 2
