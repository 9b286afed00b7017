"""What goes over the channel and down the sockets. Pure.

A frame is the JSON text that a page receives (CONTRACT, WebSocket). A message is a frame with a first line that says
which kind it is and which shipments' readers it is for, ``p 17,18``: decided where it is written, by somebody who has
looked at what they may see. A hub reads the first line only.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from tracking.visibility import Fix

HIDDEN: Final = '{"type":"hidden"}'
"""The frame that takes the marker off a page."""


class Kind(StrEnum):
    """What a message is, which decides what may happen to it on its way to a slow reader.

    Of positions only the newest counts. Of states each one counts. ``HIDDEN`` is a state that also takes back a
    position which has not been sent yet. ``ANEW`` has no frame: whoever it names is to be told everything anew, as far
    as their link is still good.
    """

    POSITION = "p"
    STATE = "s"
    HIDDEN = "h"
    ANEW = "a"


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a hub sees it."""

    kind: Kind
    shipment_ids: tuple[int, ...]
    frame: str


class Unreadable(ValueError):
    """Something on the channel that is not one of our messages."""


def encode(kind: Kind, shipment_ids: Collection[int], frame: str = "") -> bytes:
    """Put a frame into a message for the readers of these shipments, at least one."""
    return f"{kind} {','.join(map(str, shipment_ids))}\n{frame}".encode()


def decode(message: bytes) -> Message:
    """Read a message's first line; the frame stays as it is.

    Raises ``Unreadable`` where it is not one of ours.
    """
    line, _, frame = message.partition(b"\n")
    try:
        kind, shipment_ids = _read(line)
        return Message(kind, shipment_ids, frame.decode())
    except ValueError as error:
        raise Unreadable(line[:40]) from error


def position(fix: Fix, *, at: datetime) -> str:
    """Frame a fix that came in ``at``. The same for all who may see the driver, and at most 300 bytes."""
    return _frame(
        type="position",
        t=int(at.timestamp() * 1_000_000),
        recorded_at=fix.recorded_at.isoformat(),
        lat=fix.latitude,
        lon=fix.longitude,
        heading=fix.heading,
    )


def status(version: int) -> str:
    """Frame the news that something about the shipment changed; the page fetches what."""
    return _frame(type="status", version=version)


def window(version: int) -> str:
    """Frame the news that the window changed."""
    return _frame(type="window", version=version)


def stops(version: int, stops_before: int | None) -> str:
    """Frame how many stops the driver makes before this one; ``None`` where they are not coming to it."""
    return _frame(type="stops", version=version, stops_before=stops_before)


def _frame(**fields: object) -> str:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@lru_cache(maxsize=1024)
def _read(line: bytes) -> tuple[Kind, tuple[int, ...]]:
    """Read a first line; a driver's is the same from one position to the next."""
    kind, _, ids = line.partition(b" ")
    return Kind(kind.decode()), tuple(map(int, ids.split(b",")))
