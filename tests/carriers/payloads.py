"""Payloads for the tests of formats: made, spoilt by a byte, and anything at all."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from carriers.formats.said import Payload

CARRIERS: Final = Path(__file__).parents[2] / "docs" / "carriers.md"
SCALARS: Final = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON: Final = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=8
)
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
