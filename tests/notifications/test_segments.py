from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import segments
from notifications.segments import Cost, Encoding

GSM_7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet of 3GPP TS 23.038 in the order of its codes, the escape at 0x1B."""

EXTENSION = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}

texts = st.one_of(
    st.text(st.sampled_from(GSM_7.replace("\x1b", "") + "".join(EXTENSION)), max_size=700),
    st.text(st.sampled_from("aé€[🚲👩\u200dلطرد"), max_size=400),
    st.text(max_size=400),
)


def test_the_alphabet_has_every_code_but_the_escape() -> None:
    assert len(GSM_7) == 128
    assert frozenset(GSM_7) - {"\x1b"} == segments.BASIC
    assert frozenset(EXTENSION) == segments.EXTENSION


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ü" * 160, 1),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("á" * 134, 2),
        ("á" * 135, 3),
        ("طردك في الطريق", 1),
        ("ط" * 71, 2),
        ("🚲" * 35, 1),
        ("🚲" * 36, 2),
        ("a" * 69 + "🚲", 2),
    ],
)
def test_segments_are_counted_as_the_standard_says(text: str, expected: int) -> None:
    assert segments.count(text) == expected


def test_an_escape_stays_with_its_character() -> None:
    assert segments.split("a" * 152 + "€" + "b" * 10) == ["a" * 152, "€" + "b" * 10]


def test_a_surrogate_pair_stays_together() -> None:
    assert segments.split("ä" * 66 + "🚲" + "ж" * 10) == ["ä" * 66, "🚲" + "ж" * 10]


@given(texts)
def test_the_count_agrees_with_the_octets_that_go_over_the_air(text: str) -> None:
    assert segments.count(text) == (_count_septets(text) if _is_gsm_7(text) else _count_octets(text))


@given(texts)
def test_nothing_is_lost_between_segments(text: str) -> None:
    assert "".join(segments.split(text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Coming 14:05\u2060–\u206014:25", "Coming 14:05-14:25"),
        ("Maija\u2019s “Kauppa” …", 'Maija\'s "Kauppa" ...'),
        ("12\u202fh\u00a030", "12 h 30"),
        ("sábado – 14:05", "sábado – 14:05"),
        ("🚲 – 14:05", "🚲 – 14:05"),
        ("", ""),
    ],
)
def test_typography_gives_way_where_that_saves_segments(text: str, expected: str) -> None:
    assert segments.economical(text) == expected


@given(texts)
def test_an_economical_text_never_takes_more_room_for_a_worse_encoding(text: str) -> None:
    economical = segments.economical(text)

    assert economical == text or segments.encoding(economical) is Encoding.GSM_7


def test_a_cost_is_the_price_for_each_segment() -> None:
    assert segments.cost(3, "0.07 EUR") == Cost(Decimal("0.21"), "EUR")
    assert segments.cost(0, "0.07 eur") == Cost(Decimal("0.00"), "EUR")


def test_no_price_is_no_cost() -> None:
    assert segments.cost(3, "") is None


@pytest.mark.parametrize("price", ["0.07", "EUR", "0,07 EUR", "EUR 0.07", "0.07 EURO", "-1 EUR", "NaN EUR", "1 EUR x"])
def test_what_is_no_price_says_so(price: str) -> None:
    with pytest.raises(segments.Unreadable):
        segments.cost(1, price)


def _is_gsm_7(text: str) -> bool:
    return all((character in GSM_7 and character != "\x1b") or character in EXTENSION for character in text)


def _count_septets(text: str) -> int:
    septets = bytearray()
    for character in text:
        septets += bytes([0x1B, EXTENSION[character]]) if character in EXTENSION else bytes([GSM_7.index(character)])
    return _cut(bytes(septets), alone=160, joined=153, step=1, opens=lambda last: last == b"\x1b")


def _count_octets(text: str) -> int:
    octets = text.encode("utf-16-be", "surrogatepass")
    return _cut(octets, alone=140, joined=134, step=2, opens=lambda last: 0xD8 <= last[0] <= 0xDB)


def _cut(data: bytes, *, alone: int, joined: int, step: int, opens: Callable[[bytes], bool]) -> int:
    """Cut data into segments, each a step shorter where it would end in the first half of something."""
    if len(data) <= alone:
        return int(bool(data))
    segments_count = 0
    while data:
        length = joined - step if len(data) > joined and opens(data[joined - step : joined]) else joined
        data = data[length:]
        segments_count += 1
    return segments_count
