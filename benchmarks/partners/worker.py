"""Reads letters in a process of its own, and counts what that takes."""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from carriers.models import Account, Letter, Via
from carriers.services import letters, reading
from tests.chaos import partner


def read(count: int) -> str:
    """Read so many letters of one update each, then the last of each parcel with its whole story once more."""
    account, story = partner.make_account(), partner.tell(count)
    figures = {"one update each": _read(account, list(story.letters))}
    told: dict[str, list[Any]] = {}
    for letter in story.letters:
        (update,) = json.loads(letter)["updates"]
        told.setdefault(update["tracking_number"], []).append(update)
    stories = [json.dumps({"updates": updates}).encode() for updates in told.values()]
    figures["five updates each, all known"] = _read(account, stories)
    return json.dumps(figures)


def _read(account: Account, bodies: list[bytes]) -> dict[str, float]:
    """Keep letters, and read them until nothing is left."""
    for body in bodies:
        letters.store(account, body, via=Via.WEBHOOK, at=timezone.now())
    kept, asked = Letter.objects.due(at=timezone.now()).count(), Counter[str]()

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        asked["queries"] += 1
        return execute(sql, *rest)

    begun_at, cpu_before = time.monotonic(), time.process_time()
    with connection.execute_wrapper(count):
        while reading.read_some(at=timezone.now()):
            pass
    cpu = time.process_time() - cpu_before
    return {
        "letters": kept,
        "letters_per_cpu_s": round(kept / cpu),
        "letters_per_s": round(kept / (time.monotonic() - begun_at)),
        "queries_per_letter": round(asked["queries"] / kept, 1),
    }
