"""What partners write: kept as it came, read by one worker at a time, read again when that may help, and forgotten."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet

from carriers import signals
from carriers.models import Account, Letter, LetterState, Stray, Via
from carriers.services import finding

LEASE: Final = timedelta(seconds=60)
MOST_TRIES: Final = 3
"""A letter that ends its reader as often as this is not tried again."""

KEPT_FOR: Final = timedelta(days=60)
"""For as long as contact data: what partners write may hold names and places."""

STRAYS_WAIT_FOR: Final = timedelta(days=7)
"""So much earlier than the shop a partner may speak of a parcel."""

AT_ONCE: Final = 500
ENDS: Final = (LetterState.READ, LetterState.UNREADABLE)
LONGEST_PROBLEM: Final = 200


def store(account: Account, body: bytes, *, via: Via, at: datetime) -> None:
    """Keep what a partner wrote, to be read soon. One query; the same bytes again change nothing."""
    store_all([(account, body)], via=via, at=at)


def store_all(written: Collection[tuple[Account, bytes]], *, via: Via, at: datetime) -> None:
    """Keep what partners wrote, as ``store`` does, in one query."""
    if not written:
        return
    Letter.objects.bulk_create(
        [
            Letter(account=account, via=via, digest=sha256(body).hexdigest(), body=body, received_at=at)
            for account, body in written
        ],
        ignore_conflicts=True,
    )
    transaction.on_commit(lambda: signals.letter_stored.send_robust(Letter))


def claim(*, at: datetime, limit: int) -> list[Letter]:
    """Take letters to read, for a minute; nobody else gets the same, and what another is just taking is passed over.

    One that a reader did not bring to its end comes alone, so that it takes nobody along should that happen again.
    """
    with transaction.atomic():
        due = Letter.objects.due(at=at).select_for_update(skip_locked=True, of=("self",))
        found = list(due.filter(tries=0).values_list("id", flat=True)[:limit])
        ids = found or list(due.values_list("id", flat=True)[:1])
        taken = Letter.objects.filter(id__in=ids)
        taken.update(state=LetterState.READING, leased_until=at + LEASE, tries=F("tries") + 1)
    return list(taken.filter(leased_until=at + LEASE).select_related("account").order_by("received_at", "id"))


def has_due(*, at: datetime) -> bool:
    """Say whether anything is to be read now."""
    return Letter.objects.due(at=at).exists()


def settle(letters: Collection[Letter], *, problems: dict[int, str], unreadable: Collection[int], at: datetime) -> None:
    """Write down that letters were read, or could not be (``unreadable``), and what was strange about them, by id.

    Nothing is written where the lease was lost meanwhile: another worker has it then. A query for each way to end.
    """
    plain = [letter for letter in letters if letter.id not in problems]
    _held(plain).update(state=LetterState.READ, leased_until=None, read_at=at, problem="")
    for letter in letters:
        if letter.id in problems:
            state = LetterState.UNREADABLE if letter.id in unreadable else LetterState.READ
            said = problems[letter.id][:LONGEST_PROBLEM]
            _held([letter]).update(state=state, leased_until=None, read_at=at, problem=said)


def give_back(letters: Iterable[Letter]) -> None:
    """Let others have letters that somebody took and could not read to the end."""
    _held(letters).update(state=LetterState.WAITING, leased_until=None)


def read_again(letters: QuerySet[Letter]) -> int:
    """Have letters read again that were, or could not be; gives how many. What they say twice counts once."""
    again = letters.filter(state__in=ENDS).update(state=LetterState.WAITING, tries=0, read_at=None, problem="")
    if again:
        transaction.on_commit(lambda: signals.letter_stored.send_robust(Letter))
    return again


def sweep_strays(*, at: datetime) -> None:
    """Have those letters read again that name a number of which a parcel is known by now."""
    recent = Stray.objects.filter(letter__received_at__gt=at - STRAYS_WAIT_FOR, letter__state__in=ENDS)
    for account in Account.objects.filter(letters__strays__in=recent).distinct():
        of_account = recent.filter(letter__account=account)
        numbers = list(of_account.values_list("number", flat=True).distinct().order_by("number"))
        for begin in range(0, len(numbers), AT_ONCE):
            known = of_account.filter(number__in=finding.find(account, numbers[begin : begin + AT_ONCE]))
            _read_strays(list(known.values_list("id", "letter")))


def forget(*, at: datetime) -> int:
    """Delete letters of long ago that were read, or could not be; gives how many."""
    return Letter.objects.filter(state__in=ENDS, received_at__lt=at - KEPT_FOR).delete()[1].get("carriers.Letter", 0)


def _read_strays(known: Collection[tuple[int, int]]) -> None:
    """Have letters read again, by stray and letter; what nobody knows in them even then is a stray anew."""
    Stray.objects.filter(id__in=[stray_id for stray_id, _ in known]).delete()
    read_again(Letter.objects.filter(id__in={letter_id for _, letter_id in known}))


def _held(letters: Iterable[Letter]) -> QuerySet[Letter]:
    """Find the letters that we have and nobody took over meanwhile."""
    held = Q(pk__in=[])
    for leased_until in {letter.leased_until for letter in letters}:
        ids = [letter.id for letter in letters if letter.leased_until == leased_until]
        held |= Q(id__in=ids, leased_until=leased_until)
    return Letter.objects.filter(held, state=LetterState.READING)
