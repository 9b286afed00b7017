"""Which tests go to the same process: a module's, and those of a folder whose tests share servers or a browser."""

from collections.abc import Sequence
from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final[Sequence[str]] = ("tests/browser/", "tests/chaos/", "tests/demo/")
"""They take longest, so that they begin first and whatever is short fills the gaps that they leave."""


class Scheduling(LoadScopeScheduling):
    """Hands out modules, and whole folders where ``TOGETHER`` says so.

    In place of xdist's own groups, which keep nothing together since pytest 9.2 knows a test by more than a string.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.partition("::")[0])


def begin_with_the_longest(items: list[pytest.Item]) -> None:
    """Put the folders that stay together first, in their order."""
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in TOGETHER])
