"""How what was read becomes an ``Update``: what its code means, what it is called, and texts cut to fit. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

from carriers.formats import parsing
from carriers.formats.said import Estimate, Meaning, Reading, Update
from tracking.shipments.lifecycle import Status

LONGEST: Final = 100
"""So long an external id, a code or a place may be (``StatusEvent``)."""

LONGEST_WORDS: Final = 500
LONGEST_WINDOW: Final = timedelta(hours=12)
"""What lasts longer is the day, not a time on it."""


class Looked(NamedTuple):
    """What a code means as far as the table says, and whether it says all of it."""

    meaning: Meaning
    is_known: bool


def look_up(codes: Mapping[str, Meaning], code: str, finer: str = "") -> Looked:
    """Look a code up, and the finer one within it where there is one; the finer one is taken where it is known."""
    if finer and finer in codes:
        return Looked(codes[finer], is_known=True)
    return Looked(codes.get(code, Meaning()), is_known=code in codes and not finer)


@dataclass(frozen=True, slots=True)
class Tables:
    """What the codes of a format mean that says a status and, apart from it, a detail.

    Of the ``vague`` statuses a detail says more; what the others say is not for a detail to change.
    """

    statuses: Mapping[str, Meaning]
    vague: Collection[str]
    details: Mapping[str, Meaning]

    def look_up(self, status: str, detail: str) -> Looked:
        """Look a status up, made more exact by its detail where it is vague; known where all that is said is."""
        meaning, is_known = look_up(self.statuses, status)
        finer, is_finer_known = look_up(self.details, detail)
        if status in self.vague:
            meaning = _refine(meaning, finer)
        return Looked(meaning, is_known and (is_finer_known or not detail))


def _refine(meaning: Meaning, finer: Meaning) -> Meaning:
    """Give what a vague status means with what its detail says of it; neither delivers anything."""
    said = (finer.status, meaning.status)
    status = next((status for status in said if status not in {None, Status.DELIVERED}), None)
    return Meaning(status, finer.reason or meaning.reason)


def name(given: str) -> str:
    """Give the external id for a partner's own id of an event: the same, or its digest where it is too long."""
    return given if len(given) <= LONGEST else sha256(given.encode()).hexdigest()


def identify(number: str, code: str, occurred_at: datetime, place: str) -> str:
    """Give an external id to an event that its partner gives none.

    It rests on what partners leave as it is when they tell an event again: not on its words, which get translated and
    mended, nor on how time and place are written: a zone or a fraction of a second may be added later, and commas and
    capitals come and go (decision 0150).
    """
    moment = occurred_at.replace(tzinfo=None).isoformat(timespec="seconds")
    letters = "".join(sign for sign in place.casefold() if sign.isalnum())
    return sha256(f"{number.upper()}\n{code}\n{moment}\n{letters}".encode()).hexdigest()


def tell(number: str, code: str, occurred_at: datetime, looked: Looked, *, place: str = "", words: str = "") -> Update:
    """Make an update of an event that its partner gives no id."""
    return Update(
        external_id=identify(number, code, occurred_at, place),
        tracking_number=number,
        occurred_at=occurred_at,
        raw_code=code[:LONGEST],
        status=looked.meaning.status,
        is_known=looked.is_known,
        reason=looked.meaning.reason,
        handover=looked.meaning.handover,
        place=place[:LONGEST],
        words=words[:LONGEST_WORDS],
    )


def estimate(day: date, start: datetime | None = None, end: datetime | None = None) -> Estimate:
    """Make an estimate: of a time where both ends are known and on one day, else of the (last) day alone."""
    last = end.date() if end else day
    if start is None or end is None or bool(start.tzinfo) != bool(end.tzinfo) or start.date() != last:
        return Estimate(last)
    return Estimate(last, start, end) if timedelta(0) < end - start < LONGEST_WINDOW else Estimate(last)


def gather(read: Callable[[Any], Reading], parts: Iterable[Any], *, where: str) -> Reading:
    """Read what is said of several parcels, each by itself: one that cannot be read costs none of the others."""
    readings, problems = parsing.each_by(read, parts, where=where)
    return Reading(
        updates=in_order(update for reading in readings for update in reading.updates),
        estimates={number: told for reading in readings for number, told in reading.estimates.items()},
        followed=frozenset(number for reading in readings for number in reading.followed),
        problems=(*problems, *(problem for reading in readings for problem in reading.problems)),
    )


def in_words(*parts: str) -> str:
    """Name a place by what is known of it."""
    return ", ".join(part for part in parts if part)


def in_order(updates: Iterable[Update]) -> tuple[Update, ...]:
    """Put updates in order, oldest first, each once; one without a zone counts as if it were in UTC."""
    once = {update.external_id: update for update in updates}
    return tuple(sorted(once.values(), key=lambda update: as_if_in_utc(update.occurred_at)))


def as_if_in_utc(moment: datetime) -> datetime:
    """Make moments with and without a zone comparable."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
