"""Tables that partners lay down in a folder: ``<folder>/<slug of the account>/*.csv``, each taken in once.

What was taken in is moved to ``done`` beside it, what cannot be to ``failed``. A file that was written to a moment ago
may not be whole yet, and waits; whoever writes slowly gives it its name when it is.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

from carriers.models import Account, AlarmKind, Format, Via
from carriers.services import alarms, letters

LARGEST: Final = 5 * 1024 * 1024
AT_REST_FOR: Final = timedelta(seconds=10)
DONE: Final = "done"
FAILED: Final = "failed"


def take_in(*, at: datetime) -> int:
    """Take in what lies in the folder, if there is one; gives how many tables. Twice is harmless, also at once."""
    folder: Path | None = settings.CARRIER_DROP_FOLDER
    if folder is None:
        return 0
    accounts = Account.objects.active().filter(format=Format.CSV)
    return sum(_take(account, path, at=at) for account in accounts for path in _laid_down(folder / account.slug, at=at))


def is_taken(account: Account, table: bytes, *, at: datetime) -> bool:
    """Take in a table that somebody brings, and say so; one that is too large, or empty, is not taken."""
    if not 0 < len(table) <= LARGEST:
        return False
    letters.store(account, table, via=Via.FILE, at=at)
    return True


def _laid_down(folder: Path, *, at: datetime) -> Iterator[Path]:
    """Find the tables in an account's folder that nobody writes to any more, in the order of their names."""
    for path in sorted(folder.glob("*.csv")):
        if path.is_file() and not path.is_symlink():
            changed_at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
            if changed_at <= at - AT_REST_FOR:
                yield path


def _take(account: Account, path: Path, *, at: datetime) -> bool:
    with path.open("rb") as file:
        table = file.read(LARGEST + 1)
    taken = is_taken(account, table, at=at)
    if not taken:
        alarms.sound(account.id, AlarmKind.UNREADABLE, subject=FAILED, at=at)
    target = path.parent / (DONE if taken else FAILED)
    target.mkdir(exist_ok=True)
    # Another worker may have moved it meanwhile: the same bytes are the same letter.
    with suppress(FileNotFoundError):
        path.replace(target / f"{at:%Y%m%dT%H%M%S%f}-{path.name}")
    return taken
