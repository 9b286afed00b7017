"""Which drivers a process that receives positions knows of, without asking the database for each of them."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from tests.factories import make_driver
from tracking.live import drivers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drivers, "_register", drivers._Register())


def known(*ids: int) -> set[int]:
    return async_to_sync(drivers.known)(ids)


def test_who_is_known_is_not_asked_for_again(django_assert_num_queries: Any) -> None:
    first, second = make_driver(), make_driver()
    known(first.id)

    with django_assert_num_queries(0):
        assert known(second.id, first.id) == {first.id, second.id}


def test_who_was_added_since_is_found_and_who_is_nobody_is_not() -> None:
    first = make_driver()
    known(first.id)
    second = make_driver()

    assert known(first.id, second.id, second.id + 1) == {first.id, second.id}


def test_who_was_deleted_is_forgotten_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = make_driver()
    known(driver.id)
    driver_id = driver.id
    driver.delete()

    assert known(driver_id) == {driver_id}
    monkeypatch.setattr(drivers, "REMEMBERED_SECONDS", -1.0)
    assert known(driver_id) == set()
