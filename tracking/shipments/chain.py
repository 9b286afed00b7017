"""The history of a shipment as a chain: each event is bound to all that was written before it.

An event's link is the SHA-256 of the link before it and of what happened, in the order of writing: a late report, or
one that corrects another, is simply the next. Whoever changes, removes or slips in a line afterwards would have to
write all later links anew, and those that stand in receipts cannot be reached. Nothing personal is bound, no place and
nobody at the desk, so that erasing a person breaks no chain.

The form of what is hashed is part of every receipt that was ever signed: it never changes.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Protocol, Self, TypeVar

BEGINNING: Final = ""
"""What stands before the first event."""


class Linked(Protocol):
    """What the chain needs to know of an event; ``StatusEvent`` and anything shaped like it will do."""

    link: str
    status: str
    occurred_at: datetime
    received_at: datetime
    source: str
    external_id: str
    voids: str

    @property
    def parcel(self) -> "Numbered | None": ...


class Numbered(Protocol):
    """A parcel, as far as the chain names it."""

    number: str


EventT = TypeVar("EventT", bound=Linked)


@dataclass(frozen=True, slots=True)
class Happening:
    """What the chain binds of an event: all that is not about a person. Moments are written in UTC (ISO 8601)."""

    source: str
    external_id: str
    status: str
    parcel: str
    occurred_at: str
    received_at: str
    voids: str

    @classmethod
    def of(cls, event: Linked) -> Self:
        return cls(
            source=event.source,
            external_id=event.external_id,
            status=str(event.status),
            parcel=event.parcel.number if event.parcel else "",
            occurred_at=_written(event.occurred_at),
            received_at=_written(event.received_at),
            voids=event.voids,
        )

    def link(self, before: str) -> str:
        """Bind it to the link before it."""
        told = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return sha256(f"{before}\n{told}".encode("ascii")).hexdigest()


def join(events: Iterable[EventT], *, before: str = BEGINNING) -> list[EventT]:
    """Give events of one shipment, in the order of writing, their links."""
    joined = []
    for event in events:
        event.link = before = Happening.of(event).link(before)
        joined.append(event)
    return joined


def head(happenings: Iterable[Happening]) -> str:
    """Give the link of the last of all that happened, in the order of writing."""
    link = BEGINNING
    for happening in happenings:
        link = happening.link(link)
    return link


def first_fault(events: Sequence[Linked]) -> int | None:
    """Find the first event of a shipment, in the order of writing, that does not fit what was written before it."""
    before = BEGINNING
    for index, event in enumerate(events):
        if event.link != Happening.of(event).link(before):
            return index
        before = event.link
    return None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
