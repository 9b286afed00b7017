import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.factories import NOON
from tracking.live import messages
from tracking.live.messages import Kind, Message, Unreadable
from tracking.visibility import Fix


@given(some.sampled_from(Kind), some.lists(some.integers(min_value=1), min_size=1), some.text())
def test_what_is_encoded_is_read_back(kind: Kind, ids: list[int], frame: str) -> None:
    frame = frame.encode(errors="replace").decode()

    assert messages.decode(messages.encode(kind, ids, frame)) == Message(kind, tuple(ids), frame)


@pytest.mark.parametrize("foreign", [b"", b"p", b"p \n{}", b"p one\n{}", b"q 1\n{}", b"\xff 1\n{}", b"p 1\n\xff"])
def test_a_message_that_is_not_ours_is_unreadable(foreign: bytes) -> None:
    with pytest.raises(Unreadable):
        messages.decode(foreign)


def test_a_position_says_where_when_and_whither() -> None:
    fix = Fix(60.16952, 24.93545, 91.0, NOON)

    frame = messages.position(fix, at=NOON + timedelta(microseconds=250_001))

    assert json.loads(frame) == {
        "type": "position",
        "t": 1795341600250001,
        "recorded_at": "2026-11-22T10:00:00+00:00",
        "lat": 60.16952,
        "lon": 24.93545,
        "heading": 91.0,
    }


def test_the_longest_position_fits_its_frame() -> None:
    moment = NOON + timedelta(microseconds=123_456)
    fix = Fix(-60.169521234567891, -124.93545123456789, 359.99999999999994, moment)

    assert len(messages.position(fix, at=moment).encode()) <= 300


def test_states_name_their_version() -> None:
    assert json.loads(messages.status(17)) == {"type": "status", "version": 17}
    assert json.loads(messages.window(18)) == {"type": "window", "version": 18}
    assert json.loads(messages.stops(19, 4)) == {"type": "stops", "version": 19, "stops_before": 4}
    assert json.loads(messages.stops(20, None)) == {"type": "stops", "version": 20, "stops_before": None}
    assert json.loads(messages.HIDDEN) == {"type": "hidden"}
