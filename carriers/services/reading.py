"""Reading letters: what each says by its format, written down through tracking, and what was strange raised as alarms.

All that a batch of letters says of one shipment is written in one transaction, and the letters are settled when all of
it is (decision 0152). A reader that dies in between leaves them to the next, which writes nothing twice.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final

from django.db import transaction
from django.db.models import Q

from carriers.formats import registry
from carriers.formats.said import Estimate, Payload, Reading, Unreadable, Update
from carriers.models import Account, AlarmKind, Followed, Letter, Stray, Via
from carriers.services import alarms, finding, letters
from tracking.shipments import services as shipments
from tracking.shipments import window
from tracking.shipments.models import Parcel, Shipment, StatusEvent
from tracking.shipments.services import Report
from tracking.shipments.window import Cause, Window

AT_ONCE: Final = 200
EMPTY: Final = "It says nothing."


@dataclass(frozen=True, slots=True)
class Word:
    """What one letter says of one parcel."""

    parcel: Parcel
    heard_at: datetime
    updates: tuple[Update, ...]
    estimate: Estimate | None

    @property
    def told_until(self) -> datetime:
        """Until when it tells: two words of one parcel may arrive in disorder."""
        zone = self.parcel.shipment.zone
        told = [_aware(update.occurred_at, zone) for update in self.updates]
        return min(max(told, default=self.heard_at), self.heard_at)


@dataclass(slots=True)
class Findings:
    """What some letters say: of parcels, of numbers that nobody knows, and what is strange about them, by letter."""

    words: list[Word] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)
    unreadable: set[int] = field(default_factory=set)
    alarms: Counter[tuple[AlarmKind, str]] = field(default_factory=Counter)


def read_some(*, at: datetime) -> int:
    """Read the letters that have waited longest, some at once; gives how many were taken.

    Whatever fails on the way, the rest goes back to be read letter by letter, each a few times at most.
    """
    claimed = letters.claim(at=at, limit=AT_ONCE)
    left = {letter.id: letter for letter in claimed}
    try:
        for written in _by_account(claimed):
            _read(written, at=at)
            for letter in written:
                del left[letter.id]
    finally:
        letters.give_back(left.values())
    return len(claimed)


def source_of(account: Account) -> str:
    """Name a partner as the source of events; stays the same whatever it is called."""
    return f"account:{account.id}"


def _by_account(claimed: Iterable[Letter]) -> Iterable[list[Letter]]:
    written: dict[int, list[Letter]] = defaultdict(list)
    for letter in claimed:
        written[letter.account_id].append(letter)
    return written.values()


def _read(written: Sequence[Letter], *, at: datetime) -> None:
    """Read letters of one account, write down what they say, and settle them."""
    account = written[0].account
    findings = _understand(account, written)
    known = _known_events(account, findings.words)
    for words in _by_shipment(findings.words):
        _write(account, words, known, at=at)
    Stray.objects.bulk_create(findings.strays, ignore_conflicts=True)
    for (kind, subject), times in sorted(findings.alarms.items()):
        alarms.sound(account.id, kind, subject=subject, times=times, at=at)
    letters.settle(written, problems=findings.problems, unreadable=findings.unreadable, at=at)


def _understand(account: Account, written: Sequence[Letter]) -> Findings:
    findings = Findings()
    readings = {letter.id: reading for letter in written if (reading := _parse(letter, findings)) is not None}
    numbers = {number for reading in readings.values() for number in _numbers(reading)}
    parcels = finding.find(account, numbers) if numbers else {}
    for letter in written:
        if letter.id in readings:
            _sort(letter, readings[letter.id], parcels, findings)
    return findings


def _parse(letter: Letter, findings: Findings) -> Reading | None:
    """Read a letter by its account's format; what cannot be read, and says nothing, is an alarm and never a status."""
    if letter.tries > letters.MOST_TRIES:
        _complain(letter, f"Whoever began to read it failed, {letters.MOST_TRIES} times.", findings)
        return None
    payload = Payload(bytes(letter.body), headers={}, query={})
    name = letter.account.format
    try:
        is_answer = letter.via == Via.POLL
        reading = registry.ASKED[name].read_answer(payload) if is_answer else registry.FORMATS[name].read(payload)
    except Unreadable as reason:
        _complain(letter, str(reason), findings)
        return None
    if reading.problems:
        findings.problems[letter.id] = "; ".join(reading.problems)
        findings.alarms[AlarmKind.UNREADABLE, ""] += 1
    elif letter.via != Via.WEBHOOK and not (_numbers(reading) or reading.followed):
        findings.problems[letter.id] = EMPTY
        findings.alarms[AlarmKind.EMPTY, ""] += 1
    return reading


def _complain(letter: Letter, problem: str, findings: Findings) -> None:
    findings.problems[letter.id] = problem
    findings.unreadable.add(letter.id)
    findings.alarms[AlarmKind.UNREADABLE, ""] += 1


def _numbers(reading: Reading) -> set[str]:
    return {finding.spell(update.tracking_number) for update in reading.updates} | {
        finding.spell(number) for number in reading.estimates
    }


def _sort(letter: Letter, reading: Reading, parcels: dict[str, Parcel], findings: Findings) -> None:
    """Sort what a letter says by parcel."""
    estimates = {finding.spell(number): estimate for number, estimate in reading.estimates.items()}
    for number in sorted(_numbers(reading)):
        updates = tuple(update for update in reading.updates if finding.spell(update.tracking_number) == number)
        if number in parcels:
            findings.words.append(Word(parcels[number], letter.received_at, updates, estimates.get(number)))
        else:
            findings.strays.append(Stray(letter=letter, number=number))
            findings.alarms[AlarmKind.UNKNOWN_NUMBER, ""] += 1
    for update in reading.updates:
        if not update.is_known:
            findings.alarms[AlarmKind.UNKNOWN_CODE, update.raw_code] += 1


def _known_events(account: Account, words: Iterable[Word]) -> set[str]:
    """Find those events that are written already: partners like to tell the whole story each time."""
    told = {update.external_id for word in words for update in word.updates}
    written = StatusEvent.objects.filter(source=source_of(account), external_id__in=told)
    return set(written.values_list("external_id", flat=True)) if told else set()


def _by_shipment(words: Iterable[Word]) -> Iterable[list[Word]]:
    """Sort words by shipment, and those of one by parcel, in the order in which they came."""
    told: dict[int, list[Word]] = defaultdict(list)
    for word in sorted(words, key=lambda word: word.parcel.id):
        told[word.parcel.shipment_id].append(word)
    return told.values()


@transaction.atomic
def _write(account: Account, words: Sequence[Word], known: set[str], *, at: datetime) -> None:
    """Write down what is said of one shipment.

    What is followed is locked first, parcel by parcel, and then what ``tracking`` locks: several workers do the same.
    """
    shipment = words[0].parcel.shipment
    latest = [word for word in words if _is_latest(account, word) and word.estimate is not None]
    new = [
        _report(account, word.parcel, update)
        for word in words
        for update in word.updates
        if update.external_id not in known
    ]
    if new:
        shipments.ingest_all(shipment, new, at=at)
    if latest and shipment.stop_id is None:
        _tell(shipment, max(latest, key=_order), at=at)


def _is_latest(account: Account, word: Word) -> bool:
    """Write down that we heard of a parcel, and say whether no other word of it tells of more."""
    row = Followed.objects.filter(account=account, parcel=word.parcel)
    heard = {"heard_at": word.heard_at, "said_at": word.told_until}
    is_older = Q(said_at=None) | Q(said_at__lt=word.told_until) | Q(said_at=word.told_until, heard_at__lt=word.heard_at)
    if row.filter(is_older).update(**heard):
        return True
    _, is_first = Followed.objects.get_or_create(account=account, parcel=word.parcel, defaults=heard)
    return is_first


def _order(word: Word) -> tuple[datetime, datetime]:
    return word.told_until, word.heard_at


def _report(account: Account, parcel: Parcel, update: Update) -> Report:
    return Report(
        source=source_of(account),
        external_id=update.external_id,
        occurred_at=_aware(update.occurred_at, parcel.shipment.zone),
        status=update.status,
        parcel_number=parcel.number,
        place=update.place,
        raw_code=update.raw_code,
        reason=update.reason,
        voids=update.voids,
        handover=update.handover,
    )


def _tell(shipment: Shipment, word: Word, *, at: datetime) -> None:
    """Tell the shopper when a partner thinks that it comes, unless that is over: a day stays a day."""
    estimate, zone = word.estimate, shipment.zone
    if estimate is None:
        return
    found = Window(estimate.date)
    if estimate.start is not None and estimate.end is not None:
        start, end = _aware(estimate.start, zone), _aware(estimate.end, zone)
        found = window.between(min(start, end), max(start, end), zone)
    if found == window.not_past(found, at=at, zone=zone):
        shipments.estimate(shipment, found, cause=Cause.CARRIER, at=at)


def _aware(moment: datetime, zone: tzinfo) -> datetime:
    """Read a time without a zone by the clock of the place where the shipment goes."""
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
