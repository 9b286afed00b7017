"""The formats by the name that an account gives them (``carriers.models.accounts.Format``), and what each can do. Pure.

A format is a module. All can read; those of webhooks know whether one is genuine; those of partners with an API know
what to ask, and read the answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from carriers.formats import aftership, easypost, generic, karrio, seventeen_track, shippo, table
from carriers.formats.said import Payload, Question, Reading, Sought


class Format(Protocol):
    """A way in which partners write."""

    def read(self, payload: Payload) -> Reading:
        """Read what came in; ``Unreadable`` is all that this raises, whatever came."""


class Signed(Format, Protocol):
    """A format of webhooks."""

    def require_genuine(self, payload: Payload, *, secrets: Sequence[str], at: datetime) -> None:
        """Let a payload pass that the partner signed with one of ``secrets``, ``at`` now. Raises ``Forged``."""


class Asked(Format, Protocol):
    """A format of partners that can be asked."""

    def ask(self, sought: Sequence[Sought], *, key: str) -> Sequence[Question]:
        """Give the requests that ask about some parcels, as few as the partner allows."""

    def read_answer(self, payload: Payload) -> Reading:
        """Read the answer to a question; ``Unreadable`` is all that this raises."""


SIGNED: Final[Mapping[str, Signed]] = {
    "17track": seventeen_track,
    "aftership": aftership,
    "easypost": easypost,
    "generic": generic,
    "karrio": karrio,
    "shippo": shippo,
}
ASKED: Final[Mapping[str, Asked]] = {
    "17track": seventeen_track,
    "aftership": aftership,
    "easypost": easypost,
    "karrio": karrio,
    "shippo": shippo,
}
FORMATS: Final[Mapping[str, Format]] = {**SIGNED, "csv": table}
