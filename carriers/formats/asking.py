"""How many parcels a partner is asked about in one request. Pure."""

from collections.abc import Iterator, Sequence

from carriers.formats.said import Sought


def batches(sought: Sequence[Sought], size: int) -> Iterator[Sequence[Sought]]:
    """Give parcels a few at a time."""
    for begin in range(0, len(sought), size):
        yield sought[begin : begin + size]
