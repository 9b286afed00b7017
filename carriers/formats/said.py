"""The one shape into which every partner's news is read, and the two ways in which that fails. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.reasons import Reason


class Forged(Exception):
    """This was not signed with a secret that we share with the partner, or long ago."""


class Unreadable(Exception):
    """This is not what the partner's format looks like; the message says where it stops to be."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a partner's code means to us: a step, why it came to that, and who took it. Empty where it is no step."""

    status: Status | None = None
    reason: Reason | None = None
    handover: Handover | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """What came in, byte for byte. Names of headers are in lower case; ``query`` is of the address that was called."""

    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Estimate:
    """When the partner thinks that it comes: a day, or a time on it where both ends are known (aware, or local)."""

    date: date
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One thing that a partner says happened to one parcel.

    ``external_id`` is the same whenever the same thing is said again. ``occurred_at`` is naive where the partner gives
    the time of the place without its zone, and midnight where it gives a day alone. ``status`` is ``None`` for a code
    that the format's table does not name, and for one that it names as no step; ``is_known`` tells these two apart.
    Where a partner says a code and a finer one, and the table names the first alone, ``status`` is that of the first
    and ``is_known`` is false. ``voids`` is the external id of an event that this one corrects.

    All texts fit the columns of ``tracking.shipments.models`` and hold nothing that a database refuses.
    """

    external_id: str
    tracking_number: str
    occurred_at: datetime
    raw_code: str
    status: Status | None
    is_known: bool = True
    reason: Reason | None = None
    handover: Handover | None = None
    place: str = ""
    words: str = ""
    voids: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that one payload says: what happened, oldest first, and the newest estimate of each tracking number.

    ``followed`` are the tracking numbers that the partner knows, also where nothing has happened to a parcel yet.
    ``problems`` names the parts that could not be read (one bad line costs none of the others). Empty where a partner
    only tries the address out, and where it knows nothing of what was asked for.
    """

    updates: tuple[Update, ...] = ()
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    followed: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sought:
    """A parcel that a partner is asked about; some want to know the carrier too, by the name that they give it."""

    tracking_number: str
    carrier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request that asks a partner about parcels; ``path`` comes after the address of its API."""

    method: str = "GET"
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
