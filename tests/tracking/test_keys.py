import threading
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connections

from tests.factories import NOON, make_brand
from tracking import connection
from tracking.keys import lately, pace, services
from tracking.keys.models import Answer, ApiKey, Scope
from tracking.keys.services import Named, NotForABrand, OtherRequest, UnknownKey

pytestmark = pytest.mark.django_db


def test_a_secret_finds_its_key_and_is_kept_nowhere() -> None:
    key, secret = services.issue("shop", scopes=[Scope.SHIPMENTS_READ], brand=make_brand(), is_for_all=False, at=NOON)

    assert services.find(secret, at=NOON) == key
    assert len(secret) > 43
    assert secret not in str(ApiKey.objects.values())
    assert secret.startswith(key.begins)


@pytest.mark.parametrize("secret", ["", "door_", "\0", "ä", "\ud800", "x" * 10_000])
def test_what_is_no_secret_finds_nothing(secret: str) -> None:
    with pytest.raises(UnknownKey):
        services.find(secret, at=NOON)


def test_a_revoked_key_is_good_for_nothing() -> None:
    key, secret = services.issue("shop", scopes=[], brand=None, is_for_all=True, at=NOON)

    services.revoke(key, at=NOON)

    with pytest.raises(UnknownKey):
        services.find(secret, at=NOON)


def test_its_use_is_noted_once_a_minute() -> None:
    key, secret = services.issue("shop", scopes=[], brand=None, is_for_all=True, at=NOON)

    for seconds in (0, 30, 59):
        services.find(secret, at=NOON + timedelta(seconds=seconds))
    key.refresh_from_db()
    assert key.used_at == NOON

    services.find(secret, at=NOON + timedelta(seconds=60))
    key.refresh_from_db()
    assert key.used_at == NOON + timedelta(seconds=60)


def test_the_fleet_is_not_for_a_brand() -> None:
    with pytest.raises(NotForABrand):
        services.issue("shop", scopes=[Scope.POSITIONS_WRITE], brand=make_brand(), is_for_all=False, at=NOON)

    assert not ApiKey.objects.exists()
    assert not ApiKey(brand=make_brand(), scopes=[Scope.FLEET_READ]).may(Scope.FLEET_READ)


def test_what_was_answered_is_said_again() -> None:
    key, _ = services.issue("shop", scopes=[], brand=None, is_for_all=True, at=NOON)
    answers = iter([(201, "first"), (201, "second")])

    said = [
        services.answer_once(key, Named("a", "f", "door_s"), at=NOON, answer=lambda: next(answers)) for _ in range(2)
    ]

    assert said == [(201, "first", False), (201, "first", True)]


def test_a_name_is_for_one_request() -> None:
    key, _ = services.issue("shop", scopes=[], brand=None, is_for_all=True, at=NOON)
    services.answer_once(key, Named("a", "f", "door_s"), at=NOON, answer=lambda: (201, "first"))

    with pytest.raises(OtherRequest):
        services.answer_once(key, Named("a", "g", "door_s"), at=NOON, answer=lambda: (201, "second"))


def test_where_it_went_wrong_the_name_is_free() -> None:
    key, _ = services.issue("shop", scopes=[], brand=None, is_for_all=True, at=NOON)

    def fail() -> tuple[int, str]:
        make_brand(slug="half-done")
        raise LookupError

    with pytest.raises(LookupError):
        services.answer_once(key, Named("a", "f", "door_s"), at=NOON, answer=fail)

    assert not Answer.objects.exists()


def test_answers_are_forgotten_after_a_day() -> None:
    key, _ = services.issue("shop", scopes=[], brand=None, is_for_all=True, at=NOON)
    services.answer_once(key, Named("a", "f", "door_s"), at=NOON, answer=lambda: (201, "first"))

    assert services.forget_answers(at=NOON + timedelta(hours=24)) == 0
    assert services.forget_answers(at=NOON + timedelta(hours=24, seconds=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_once_one_is_done_and_both_are_answered() -> None:
    key, _ = services.issue("shop", scopes=[], brand=None, is_for_all=True, at=NOON)
    done, said = [], []
    gate = threading.Barrier(2)

    def answer() -> tuple[int, str]:
        done.append(1)
        return 201, "first"

    def ask() -> None:
        gate.wait()
        said.append(services.answer_once(key, Named("a", "f", "door_s"), at=NOON, answer=answer))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(done) == 1
    assert sorted(said) == [(201, "first", False), (201, "first", True)]


@pytest.mark.django_db(transaction=True)
def test_a_key_that_was_shown_a_moment_ago_is_not_read_again() -> None:
    key, secret = services.issue("fleet", scopes=[], brand=None, is_for_all=True, at=NOON)

    async def ask() -> list[ApiKey]:
        return [await lately.find(secret, at=NOON), await lately.find(secret, at=NOON)]

    first, second = async_to_sync(ask)()

    assert first == key
    assert second is first


@pytest.mark.django_db(transaction=True)
def test_a_key_that_was_revoked_is_forgotten_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    key, secret = services.issue("fleet", scopes=[], brand=None, is_for_all=True, at=NOON)
    find = async_to_sync(lately.find)
    find(secret, at=NOON)
    services.revoke(key, at=NOON)

    assert find(secret, at=NOON) == key
    monkeypatch.setattr(lately, "REMEMBERED_SECONDS", -1.0)
    for _ in range(2):
        with pytest.raises(UnknownKey):
            find(secret, at=NOON)


def test_a_key_asks_as_often_on_a_loop() -> None:
    async def ask() -> int:
        wait = await pace.spend_on_a_loop(1, most=2, at=NOON + timedelta(seconds=10))
        await connection.close()
        return wait

    waits = [pace.spend(1, most=2, at=NOON + timedelta(seconds=10)), *(async_to_sync(ask)() for _ in range(2))]

    assert waits == [0, 0, 50]


def test_a_key_may_ask_so_often_in_each_minute() -> None:
    waits = [pace.spend(1, most=2, at=NOON + timedelta(seconds=10)) for _ in range(3)]

    assert waits == [0, 0, 50]
    assert pace.spend(2, most=2, at=NOON) == 0
    assert pace.spend(1, most=2, at=NOON + timedelta(seconds=60)) == 0
