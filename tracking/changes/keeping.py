"""Who makes room for a change while it is being written down: a registry, which apps above fill when they are ready.

    keeping.register(Action.SLOT, Keeper(slots.keep, slots.give_back))

What can run out, the last place in a slot say, is taken in the transaction that writes the change; everything else is
carried out after it, by who hears ``signals.change_asked``.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from tracking.changes.models import Action, Change


class NoRoom(Exception):
    """What was asked for is no longer to be had."""


class Keeper(NamedTuple):
    """Makes room for a change, and takes it back.

    ``keep`` gives what was so before, for ``Change.before``; ``give_back`` goes back to that. Both are called with the
    shipment locked, and raise ``NoRoom`` where it cannot be.
    """

    keep: Callable[[Change, datetime], dict[str, Any]]
    give_back: Callable[[Change, datetime], None]


class Taken(Exception):
    """Another app keeps this action."""


_keepers: Final[dict[Action, Keeper]] = {}


def register(action: Action, keeper: Keeper) -> None:
    """Let a keeper make room for all changes of an action; for ``AppConfig.ready``. Twice is harmless.

    Raises ``Taken`` where somebody else does so already.
    """
    if _keepers.setdefault(action, keeper) != keeper:
        raise Taken(action)


def keep(change: Change, *, at: datetime) -> dict[str, Any]:
    """Make room for a change, and say what was so before; nothing where nobody has to.

    Raises ``NoRoom``.
    """
    keeper = _keepers.get(Action(change.action))
    return keeper.keep(change, at) if keeper else {}


def give_back(change: Change, *, at: datetime) -> None:
    """Go back to what was so before a change.

    Raises ``NoRoom`` where somebody else has it meanwhile.
    """
    keeper = _keepers.get(Action(change.action))
    if keeper:
        keeper.give_back(change, at)
