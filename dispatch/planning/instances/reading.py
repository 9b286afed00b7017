"""Which text it is, and what it holds."""

import numpy as np

from dispatch.planning.instances import solomon, vrplib
from dispatch.planning.instances.instance import Instance, Rounding, Unreadable


def read(text: str, rounding: Rounding | None = None) -> Instance:
    """Read an instance in Solomon's text or VRPLIB's; without a rounding, with the one that is usual for its kind.

    Raises ``Unreadable`` where it is neither, and its ``Unsupported`` where it asks for what a problem cannot hold.
    """
    try:
        # Numbers out of all bounds are found when they are made whole.
        with np.errstate(over="ignore", invalid="ignore"):
            if solomon.is_solomon(text):
                return solomon.read(text, rounding or Rounding.DIMACS)
            return vrplib.read(text, rounding)
    except (ValueError, OverflowError, MemoryError) as problem:
        raise Unreadable(f"The numbers make no instance: {problem}.") from problem
