"""Drives from a server that speaks OSRM's table service, version 1: https://project-osrm.org/docs/v5.24.0/api/."""

import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dispatch.gateways import fetching
from dispatch.gateways.fetching import Unavailable

BLOCK: Final = 100
"""Places at a time on either side: what OSRM allows where nobody told it otherwise (``--max-table-size``)."""

IN_ALL_SECONDS: Final = 30.0

Floats = NDArray[np.float64]
Point = tuple[float, float]


def table(server: str, points: Sequence[Point]) -> tuple[Floats, Floats]:
    """Ask for the drives from each (latitude, longitude) to each: seconds and metres, one row an origin.

    Where there is no way, both are NaN. Raises ``Unavailable`` where the server does not answer, all in all within
    ``IN_ALL_SECONDS``.
    """
    seconds, metres = np.empty((2, len(points), len(points)))
    deadline = time.monotonic() + IN_ALL_SECONDS
    for top in range(0, len(points), BLOCK):
        for left in range(0, len(points), BLOCK):
            if time.monotonic() > deadline:
                raise Unavailable("It takes too long.")
            block = slice(top, top + BLOCK), slice(left, left + BLOCK)
            seconds[block], metres[block] = _block(server, points[block[0]], points[block[1]])
    return seconds, metres


def _block(server: str, origins: Sequence[Point], destinations: Sequence[Point]) -> tuple[Floats, Floats]:
    coordinates = ";".join(f"{longitude:.6f},{latitude:.6f}" for latitude, longitude in [*origins, *destinations])
    sources = ";".join(map(str, range(len(origins))))
    targets = ";".join(str(len(origins) + place) for place in range(len(destinations)))
    answer = fetching.get(
        f"{server}/table/v1/driving/{coordinates}"
        f"?annotations=duration,distance&sources={sources}&destinations={targets}"
    )
    if not isinstance(answer, dict) or answer.get("code") != "Ok":
        raise Unavailable("Its answer is not a table.")
    shape = len(origins), len(destinations)
    return _numbers(answer.get("durations"), shape), _numbers(answer.get("distances"), shape)


def _numbers(rows: Any, shape: tuple[int, int]) -> Floats:
    """Read a table; what is null is NaN.

    Raises ``Unavailable`` where it is of another shape, or of anything but numbers that can be.
    """
    try:
        numbers = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError) as reason:
        raise Unavailable("Its table is not of numbers.") from reason
    if numbers.shape != shape or np.isinf(numbers).any() or (numbers < 0).any():
        raise Unavailable("Its table is not the one that was asked for.")
    return numbers
