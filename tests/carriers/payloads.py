"""Payloads for the tests of formats: made, spoilt by a byte, and anything at all."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from carriers.formats.parsing import LONGEST_NUMBER
from carriers.formats.said import Payload, Reading, Unreadable
from carriers.formats.telling import LONGEST
from tracking.shipments.lifecycle import Status

CARRIERS: Final = Path(__file__).parents[2] / "docs" / "carriers.md"
SCALARS: Final = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON: Final = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=8
)
PATIENTLY: Final = settings(suppress_health_check=[HealthCheck.too_slow])
"""How long it takes to think an example out depends on what else the machine is doing."""

SPOILT: Final = [b"", b" ", b"null", b"[]", b"0", b"<html><body>Bad gateway</body></html>", b"[" * 100_000, b"\xff\xfe"]


def example(language: str) -> bytes:
    """Give the example in a language of the page for carriers."""
    return CARRIERS.read_text().split(f"```{language}\n")[1].split("```")[0].encode()


def payload(body: bytes | object, *, headers: Mapping[str, str] | None = None, **query: str) -> Payload:
    """Make a payload; anything but bytes becomes JSON."""
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Payload(written, headers or {}, query)


def flipped(genuine: Payload, place: int) -> Payload:
    """Change one bit of one byte."""
    body = bytearray(genuine.body)
    body[place] ^= 1
    return replace(genuine, body=bytes(body))


def with_holes(sample: Any) -> st.SearchStrategy[Any]:
    """Give what looks like a sample, with anything at all in some of its places."""
    whole: st.SearchStrategy[Any]
    if isinstance(sample, dict):
        whole = st.fixed_dictionaries({}, optional={name: with_holes(part) for name, part in sample.items()})
    elif isinstance(sample, list):
        whole = st.lists(st.one_of([with_holes(part) for part in sample]) if sample else JSON, max_size=3)
    else:
        whole = st.just(sample)
    return whole | JSON


def assert_read_or_unreadable(read: Callable[[Payload], Reading], body: object) -> None:
    """Read a payload; what comes of it can be written down, or it is unreadable."""
    try:
        reading = read(payload(body))
    except Unreadable:
        return
    ids = [update.external_id for update in reading.updates]
    assert len(set(ids)) == len(ids)
    for update in reading.updates:
        assert 0 < len(update.tracking_number) <= LONGEST_NUMBER
        for text in (update.external_id, update.raw_code, update.place, update.voids):
            assert len(text) <= LONGEST
            assert "\0" not in text
        assert update.handover is None or update.status == Status.DELIVERED
