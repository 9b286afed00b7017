"""Solomon's text: one depot, one kind of vehicle, windows; the objective is the total distance."""

from typing import Final

import numpy as np

from dispatch.planning.instances.instance import Instance, Rounding, Unreadable
from dispatch.planning.problem import Drives, Problem, Vehicle, Visit

_HEAD: Final = "VEHICLE"
_COLUMNS: Final = 7


def is_solomon(text: str) -> bool:
    """Tell whether a text is one of Solomon's."""
    return any(line.strip().upper().startswith(_HEAD) and ":" not in line for line in text.splitlines()[:5])


def read(text: str, rounding: Rounding) -> Instance:
    """Read an instance. The depot is 0, and the clients have the numbers of the text.

    Raises ``Unreadable`` where it is none.
    """
    lines = [line.split() for line in text.splitlines() if line.strip()]
    rows = [[float(word) for word in line] for line in lines[1:] if _is_numeric(line)]
    if len(rows) < 2 or len(rows[0]) != 2 or any(len(row) != _COLUMNS for row in rows[1:]):
        raise Unreadable("A number of vehicles and a capacity, then seven numbers a customer are needed.")
    (vehicles, capacity), table = rows[0], np.array(rows[1:])
    if [*table[:, 0]] != [*range(len(table))]:
        raise Unreadable("The customers are to be numbered from 0, the depot.")
    far = np.hypot(*(table[:, None, axis] - table[None, :, axis] for axis in (1, 2)))
    drives = rounding.whole(far)
    demand = Rounding.NONE.whole(table[:, 3])
    opens, closes, service = (rounding.whole(table[:, column]) for column in (4, 5, 6))
    visits = [
        Visit(str(n), n, (int(demand[n]),), ((int(opens[n]), int(closes[n])),), int(service[n]))
        for n in range(1, len(table))
    ]
    shift = int(opens[0]), int(closes[0])
    fleet = [
        Vehicle(str(n), 0, (int(capacity),), shift, cost_per_km=1000 / rounding.parts)
        for n in range(1, int(vehicles) + 1)
    ]
    return Instance(lines[0][0], Problem({"": Drives(drives, drives)}, fleet, visits), rounding)


def _is_numeric(words: list[str]) -> bool:
    try:
        [float(word) for word in words]
    except ValueError:
        return False
    return True
