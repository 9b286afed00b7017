"""Placeholders: a name in braces, of an allow-list, replaced once by a value that is never read as a text of ours.

There is no template language: what is not such a name stands in a message as it was written.
"""

import re
from collections.abc import Mapping, Set
from typing import Final

from notifications.triggers import NEWS, Trigger

PLACEHOLDER: Final = re.compile(r"\{([a-z]+)\}")
SENTENCES: Final = re.compile(r"(?<=[.!?؟])(?=\s)")
SPARE_LINES: Final = re.compile(r"\n{3,}")

_ALWAYS: Final = frozenset({"brand", "name", "reference", "link"})
_COMING: Final = frozenset({"window", "day"})
_ROUND: Final = _COMING | {"driver", "vehicle"}

ALLOWED: Final[Mapping[Trigger, frozenset[str]]] = {
    Trigger.CREATED: _ALWAYS | _COMING,
    Trigger.SHIPPED: _ALWAYS | _COMING,
    Trigger.PLANNED: _ALWAYS | _COMING,
    Trigger.ON_THE_WAY: _ALWAYS | _ROUND,
    Trigger.STOPS_AWAY: _ALWAYS | _ROUND | {"stops"},
    Trigger.ARRIVING_SOON: _ALWAYS | _ROUND | {"minutes"},
    Trigger.ARRIVED: _ALWAYS | {"driver", "vehicle"},
    Trigger.DELIVERED: _ALWAYS | {"handover", "place"},
    Trigger.DELIVERED_ELSEWHERE: _ALWAYS | {"handover", "place"},
    Trigger.FAILED_ATTEMPT: _ALWAYS | {"reason"},
    Trigger.DELAYED: _ALWAYS | _COMING | {"promised", "reason"},
    Trigger.READY_FOR_PICKUP: _ALWAYS | {"place"},
    Trigger.PICKUP_REMINDER: _ALWAYS | {"place"},
    Trigger.RETURNED: _ALWAYS | {"reason"},
    Trigger.CANCELLED: _ALWAYS | {"reason"},
    Trigger.SURVEY: _ALWAYS,
    Trigger.CODE: frozenset({"brand", "name", "reference", "code"}),
    Trigger.REPLY: frozenset({"brand", "text", "link"}),
    Trigger.TEST: frozenset({"brand", "link"}),
}
"""What a message may tell, by what it is about."""

ESSENTIAL: Final[Mapping[Trigger, frozenset[str]]] = {
    **dict.fromkeys(NEWS, frozenset({"brand", "reference", "link"})),
    Trigger.CODE: frozenset({"brand", "code"}),
    Trigger.REPLY: frozenset({"brand", "text"}),
    Trigger.TEST: frozenset({"brand"}),
}
"""Of those, what is known of every shipment."""


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of their names. A sentence with a name whose value is empty is left out.

    A line that loses all its sentences goes too. A name without a value of any kind stays as it is.
    """
    lines = (_fill_line(line, values) for line in text.split("\n"))
    return SPARE_LINES.sub("\n\n", "\n".join(lines)).strip()


def list_used(text: str) -> list[str]:
    """List the names in a text, each once, in the order in which they come."""
    return list(dict.fromkeys(PLACEHOLDER.findall(text)))


def strays(text: str, allowed: Set[str]) -> list[str]:
    """List what looks like a placeholder and is none of the allowed ones; a brace that stands alone is one, too."""
    rest = PLACEHOLDER.sub(lambda found: "" if found[1] in allowed else found[0], text)
    return re.findall(r"\{[^{}]*\}|[{}]", rest)


def _fill_line(line: str, values: Mapping[str, str]) -> str:
    sentences = SENTENCES.split(line)
    kept = (each for each in sentences if all(values.get(name, name) for name in PLACEHOLDER.findall(each)))
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), "".join(kept)).strip()
