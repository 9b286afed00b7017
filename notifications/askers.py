"""Who gets a reply to what they asked: a registry, which other apps fill when they are ready.

    askers.register("slots", slots.answer)

An asker that can make nothing of a reply raises ``NoAnswer``: the message is then kept for the support desk, and the
question stays open. So it is where an asker fails; what it raised is raised on. An asker may ask again at once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol


class Asked(Protocol):
    """What an asker learns of its question; ``models.Question`` is one."""

    @property
    def id(self) -> int: ...
    @property
    def shipment_id(self) -> int | None: ...
    @property
    def address(self) -> str: ...
    @property
    def choices(self) -> Sequence[str]: ...


class Reply(NamedTuple):
    """What is said back, and to which of the shipment's pages its link leads, by URL name."""

    text: str
    page: str


Answer = Callable[[Asked, str, str | None, datetime], str | Reply | None]
"""Takes a reply: the question, what was written, the one of its choices that was meant (``None`` where any text is an
answer), and when. Runs in a transaction that also closes the question. Gives what to say back, or nothing."""


class NoAnswer(Exception):
    """What was written answers nothing: a person is to read it."""


class NameTaken(Exception):
    """Another asker has this name."""


class UnknownAsker(Exception):
    """No app has registered an asker of this name."""


_askers: Final[dict[str, Answer]] = {}


def register(name: str, answer: Answer) -> None:
    """Let ``answer`` take the replies to all questions that ``name`` asks; for ``AppConfig.ready``. Twice is harmless.

    Raises ``NameTaken`` where somebody else does so already.
    """
    if _askers.setdefault(name, answer) is not answer:
        raise NameTaken(name)


def find(name: str) -> Answer:
    """Find who takes the replies to what ``name`` asked.

    Raises ``UnknownAsker``.
    """
    try:
        return _askers[name]
    except KeyError as error:
        raise UnknownAsker(name) from error
