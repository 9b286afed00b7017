import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.checks import Error
from pytest_django import Settings

from carriers import checks
from carriers.models import Account, Alarm, AlarmKind, Format, Letter, Via
from carriers.services import folder
from tests.carriers.partners import make_account
from tests.factories import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

TABLE = b"tracking_number,status\nJJFI1,delivered\n"


@pytest.fixture
def account() -> Account:
    return make_account(format=Format.CSV)


@pytest.fixture
def drop(settings: Settings, tmp_path: Path) -> Path:
    settings.CARRIER_DROP_FOLDER = tmp_path
    (tmp_path / "posti").mkdir()
    return tmp_path / "posti"


def lay_down(path: Path, table: bytes = TABLE, *, seconds_ago: float = 10) -> Path:
    path.write_bytes(table)
    changed_at = NOON.timestamp() - seconds_ago
    os.utime(path, (changed_at, changed_at))
    return path


def names(folder: Path) -> list[str]:
    """Give what lies in a folder, without the moment at which it was moved there."""
    return sorted(path.name.partition("-")[2] for path in folder.iterdir()) if folder.exists() else []


def test_a_table_is_taken_in_once_and_moved_away(account: Account, drop: Path) -> None:
    lay_down(drop / "today.csv")

    assert [folder.take_in(at=NOON) for _ in range(2)] == [1, 0]

    letter = Letter.objects.get()
    assert (letter.account, letter.via, bytes(letter.body)) == (account, Via.FILE, TABLE)
    assert names(drop / "done") == ["today.csv"]
    assert list(drop.glob("*.csv")) == []


def test_the_same_table_under_another_name_is_the_same_letter(account: Account, drop: Path) -> None:
    lay_down(drop / "a.csv")
    lay_down(drop / "b.csv")

    assert folder.take_in(at=NOON) == 2

    assert Letter.objects.count() == 1
    assert names(drop / "done") == ["a.csv", "b.csv"]


def test_a_file_that_may_still_be_written_to_waits(account: Account, drop: Path) -> None:
    lay_down(drop / "today.csv", seconds_ago=9)
    lay_down(drop / "today.csv.part")

    assert folder.take_in(at=NOON) == 0
    assert folder.take_in(at=NOON + timedelta(seconds=1)) == 1


@pytest.mark.parametrize("table", [b"", b"x" * (folder.LARGEST + 1)], ids=["empty", "large"])
def test_what_cannot_be_taken_in_is_set_aside_with_an_alarm(account: Account, drop: Path, table: bytes) -> None:
    lay_down(drop / "bad.csv", table)
    lay_down(drop / "good.csv")

    assert folder.take_in(at=NOON) == 1

    assert (names(drop / "failed"), names(drop / "done")) == (["bad.csv"], ["good.csv"])
    assert Alarm.objects.values_list("kind", "subject").get() == (AlarmKind.UNREADABLE, "failed")


def test_only_the_accounts_of_tables_have_folders(drop: Path) -> None:
    make_account(slug="closed", format=Format.CSV, is_active=False)
    make_account()
    for slug in ("closed", "posti", "stranger"):
        (drop.parent / slug).mkdir(exist_ok=True)
        lay_down(drop.parent / slug / "today.csv")

    assert folder.take_in(at=NOON) == 0
    assert not Letter.objects.exists()


def test_what_lies_elsewhere_is_not_fetched(account: Account, drop: Path, tmp_path: Path) -> None:
    secret = lay_down(tmp_path / "secret.csv")
    (drop / "link.csv").symlink_to(secret)
    (drop / "folder.csv").mkdir()

    assert folder.take_in(at=NOON) == 0


def test_without_a_folder_nothing_is_looked_for(settings: Settings) -> None:
    settings.CARRIER_DROP_FOLDER = None

    assert folder.take_in(at=NOON) == 0
    assert checks.drop_folder(None) == []


def test_a_folder_that_is_none_is_told(settings: Settings, drop: Path, tmp_path: Path) -> None:
    assert checks.drop_folder(None) == []

    for nothing in (tmp_path / "nowhere", lay_down(tmp_path / "file")):
        settings.CARRIER_DROP_FOLDER = nothing
        (problem,) = checks.drop_folder(None)
        assert isinstance(problem, Error)
        assert problem.id == "doorstep.E033"
