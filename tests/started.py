"""The tasks that something starts: which they are by name, and with what."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from celery.signals import before_task_publish
from pytest_django import DjangoCaptureOnCommitCallbacks

Task = tuple[str, Mapping[str, Any]]

Started = Callable[[Callable[[], object]], list[Task]]
"""Does something, commits it, and gives the tasks that this started, by name: their order is no promise."""


@contextmanager
def hearing(
    capture: DjangoCaptureOnCommitCallbacks, *, app: str, names: frozenset[str] | None = None
) -> Iterator[Started]:
    """Hear of the tasks of an app that are started, or of those of these names alone."""
    found: list[Task] = []
    prefix = f"{app}.tasks."

    def note(sender: str, body: tuple[Any, dict[str, Any], Any], **_: object) -> None:
        name = sender.removeprefix(prefix)
        if sender.startswith(prefix) and (names is None or name in names):
            found.append((name, body[1]))

    def do(something: Callable[[], object]) -> list[Task]:
        found.clear()
        with capture(execute=True):
            something()
        return sorted(found, key=lambda task: task[0])

    before_task_publish.connect(note, weak=False)
    try:
        yield do
    finally:
        before_task_publish.disconnect(note)
