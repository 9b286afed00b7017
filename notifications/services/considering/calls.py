"""From what is to be told to the rows of the outbox: to whom, on which channels, when."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import transaction

from notifications import rules
from notifications.models import Cancelled, Notification, PushSubscription, State
from notifications.services import contacts, outbox, policies
from notifications.services.policies import Terms
from notifications.triggers import LATEST, URGENT, Channel, Trigger
from tracking.models import Shipment

SETTLES_WITHIN: Final = timedelta(seconds=7)
"""What is not urgent waits so long: of a burst of scans the last one says it all. With a sweep it is less than 15 s."""

EVERYWHERE: Final = frozenset(Channel)


@dataclass(frozen=True, slots=True)
class Call:
    """Something that a shipment's recipient is to be told.

    It is news from ``since`` on and ages from then; it goes out at ``due_at`` at the earliest and not after ``until``,
    on those of the brand's channels that are among ``channels``.
    """

    shipment: Shipment
    trigger: Trigger
    since: datetime
    due_at: datetime
    version: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)
    channels: Collection[Channel] = EVERYWHERE
    until: datetime | None = None


class Reader(NamedTuple):
    """An address of a shipment's recipient on some channel, and the language to write to it in."""

    address: str
    language: str


class Key(NamedTuple):
    """What there is once of each message: at one address of a kind, but in each browser."""

    shipment_id: int
    trigger: str
    version: int
    channel: str
    browser: str


@transaction.atomic
def notify(
    shipment: Shipment, trigger: Trigger, *, at: datetime, version: int = 0, details: Mapping[str, Any] | None = None
) -> frozenset[Channel]:
    """Tell a shipment's recipient something, by the rules of its brand; gives the channels on which it waits.

    ``version`` tells apart what may come more than once. Twice is harmless.
    """
    due_at = at if trigger in URGENT else at + SETTLES_WITHIN
    call = Call(shipment, trigger, since=at, due_at=due_at, version=version, details=details or {})
    return write([call], policies.of_brands({shipment.brand_id}), at=at)


def write(calls: Sequence[Call], terms: Mapping[int, Terms], *, at: datetime) -> frozenset[Channel]:
    """Write down the messages that are called for, each once; gives the channels on which something is due.

    One that was called off because it was not true any more waits again: it is. In a transaction; the number of
    queries does not grow with the calls.
    """
    if not calls:
        return frozenset()
    readers = _readers([*{call.shipment.id: call.shipment for call in calls}.values()])
    known = _known(calls)
    fresh: dict[Key, Notification] = {}
    for call in sorted(calls, key=lambda each: (each.shipment.id, each.trigger, each.version)):
        for row in _rows(call, terms[call.shipment.brand_id], readers[call.shipment.id], at=at):
            key = Key(call.shipment.id, call.trigger, call.version, row.channel, _browser(row.channel, row.recipient))
            if key not in known:
                fresh.setdefault(key, row)
            elif (called_off_id := known[key]) is not None:
                _wake(called_off_id, row)
    outbox.write(fresh.values())
    return frozenset(Channel(row.channel) for row in fresh.values() if row.due_at <= at)


def _rows(
    call: Call, terms: Terms, readers: Mapping[Channel, Sequence[Reader]], *, at: datetime
) -> Iterator[Notification]:
    decided = terms.decided(call.trigger)
    due_at = terms.quiet_until(call.trigger, call.shipment, at=call.due_at)
    latest = (due_at or call.since) + LATEST[call.trigger]
    for channel in rules.channels_for(call.trigger, decided=decided, reachable=[*readers]):
        for reader in readers[channel] if channel in call.channels else []:
            yield Notification(
                brand_id=call.shipment.brand_id,
                shipment=call.shipment,
                rule=terms.rule(call.trigger, channel),
                trigger=call.trigger,
                channel=channel,
                recipient=reader.address,
                version=call.version,
                language=reader.language,
                details=call.details,
                priority=_priority(call.trigger),
                created_at=at,
                due_at=due_at or call.due_at,
                expires_at=min(latest, call.until or latest),
            )


def _readers(shipments: Collection[Shipment]) -> dict[int, dict[Channel, list[Reader]]]:
    """Find who is to be written to of each shipment: the current address of a kind, and every browser. Two queries."""
    found: dict[int, dict[Channel, list[Reader]]] = {shipment.id: defaultdict(list) for shipment in shipments}
    languages = {shipment.id: shipment.reader_language for shipment in shipments}
    for shipment_id, addresses in contacts.addresses_of(shipments).items():
        for channel, address in addresses.items():
            found[shipment_id][channel].append(Reader(address, languages[shipment_id]))
    for browser in PushSubscription.objects.filter(shipment__in=found, gone_at=None).order_by("id"):
        found[browser.shipment_id][Channel.PUSH].append(Reader(str(browser.id), browser.language))
    return found


def _known(calls: Collection[Call]) -> dict[Key, int | None]:
    """Find what is written already; of what was called off as untrue with its id."""
    rows = Notification.objects.filter(
        shipment__in={call.shipment.id for call in calls}, trigger__in={call.trigger for call in calls}
    )
    called_off = {"state": State.CANCELLED, "reason": Cancelled.UNTRUE}
    fields = ("shipment_id", "trigger", "version", "channel", "recipient", "id", "state", "reason")
    known = {}
    for shipment_id, trigger, version, channel, recipient, row_id, *end in rows.values_list(*fields):
        key = Key(shipment_id, trigger, version, channel, _browser(channel, recipient))
        known[key] = row_id if end == [*called_off.values()] else None
    return known


def _browser(channel: str, recipient: str) -> str:
    return recipient if channel == Channel.PUSH else ""


def _wake(row_id: int, anew: Notification) -> None:
    """Let a message wait again that was called off because it was untrue."""
    called_off = Notification.objects.filter(id=row_id, state=State.CANCELLED, reason=Cancelled.UNTRUE)
    called_off.update(
        state=State.PENDING,
        reason="",
        recipient=anew.recipient,
        details=anew.details,
        created_at=anew.created_at,
        due_at=anew.due_at,
        expires_at=anew.expires_at,
        settled_at=None,
    )


def _priority(trigger: Trigger) -> int:
    if trigger == Trigger.SURVEY:
        return 2
    return 0 if trigger in URGENT else 1
