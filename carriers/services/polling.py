"""Asking partners for what they have not told us: of live parcels alone, and less often where nobody answers."""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from carriers.formats import registry
from carriers.formats.said import Question, Sought
from carriers.gateways import asking
from carriers.gateways.asking import NotAnswering
from carriers.models import Account, AlarmKind, Followed, Via
from carriers.services import accounts, alarms, finding, letters
from tracking.shipments.models import Parcel

MOST_AT_ONCE: Final = 50
TAKES_SECONDS: Final = 30
"""How long a run asks; what is under way then has fifteen seconds to end, within the minute of a task."""

CLAIM: Final = timedelta(minutes=2)
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)
SPREAD: Final = 0.2
LONGEST_WISH: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question, the parcels that it is about, and the name of the answer that we have."""

    question: Question
    parcels: Sequence[Parcel]
    etag: str


def pause(failures: int, *, chance: Callable[[], float], wished: timedelta | None = None) -> timedelta:
    """Say how long to leave a partner alone after so many failures; its own wish is kept to within a day."""
    doubled: timedelta = min(FIRST_PAUSE * 2 ** min(failures - 1, 16), LONGEST_PAUSE)
    spread = doubled * (1 + SPREAD * (2 * chance() - 1))
    return max(spread, min(wished, LONGEST_WISH)) if wished else spread


def poll(account: Account, *, at: datetime) -> None:
    """Ask a partner for the parcels that it has said nothing of for a while; what it answers are letters.

    Nothing happens where somebody else is asking it. A partner that does not answer is an alarm, and left alone.
    """
    if not Account.objects.to_ask(at=at).filter(id=account.id).update(ask_after=at + CLAIM):
        return
    until = time.monotonic() + TAKES_SECONDS
    try:
        for inquiry in _inquiries(account, at=at):
            answer = asking.ask(account.api_url, inquiry.question, etag=inquiry.etag, at=at)
            if answer.body is not None:
                letters.store(account, answer.body, via=Via.POLL, at=at)
            _note(account, inquiry.parcels, etag=answer.etag, at=at)
            if time.monotonic() > until:
                break
    except NotAnswering as reason:
        _fail(account, reason, at=at)
    else:
        Account.objects.filter(id=account.id).update(asked_at=at, ask_after=None, failures=0)
        alarms.is_over(account.id, AlarmKind.NOT_ANSWERING, at=at)


def _inquiries(account: Account, *, at: datetime) -> Iterable[Inquiry]:
    """Put what is to be asked into questions; one about a single parcel knows what was answered before."""
    unheard_since = at - timedelta(minutes=account.poll_minutes or 0)
    parcels = finding.unheard(account, since=unheard_since, limit=MOST_AT_ONCE)
    numbers = finding.numbers(account, parcels)
    etags = dict(Followed.objects.filter(account=account, parcel__in=parcels).values_list("parcel", "etag"))
    asked, key = registry.ASKED[account.format], accounts.api_key_of(account)
    questions = asked.ask([Sought(numbers[parcel.id], _name(parcel)) for parcel in parcels], key=key)
    if len(questions) == len(parcels):
        pairs = zip(questions, parcels, strict=True)
        return [Inquiry(question, [parcel], etags.get(parcel.id, "")) for question, parcel in pairs]
    return [Inquiry(question, parcels, "") for question in questions]


def _name(parcel: Parcel) -> str:
    """Give the carrier's name for a partner that knows several."""
    carrier = parcel.shipment.carrier
    return carrier.slug if carrier else ""


def _note(account: Account, parcels: Sequence[Parcel], *, etag: str, at: datetime) -> None:
    """Write down that a partner was asked, and by which name its answer is known."""
    rows = [Followed(account=account, parcel=parcel, asked_at=at, etag=etag) for parcel in parcels]
    Followed.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["account", "parcel"], update_fields=["asked_at", "etag"]
    )


def _fail(account: Account, reason: NotAnswering, *, at: datetime) -> None:
    """Write down that a partner did not answer, and leave it alone for a while."""
    failures = account.failures + 1
    again_at = at + pause(failures, chance=random.random, wished=reason.wished)
    Account.objects.filter(id=account.id).update(ask_after=again_at, failures=failures)
    alarms.sound(account.id, AlarmKind.NOT_ANSWERING, at=at)
