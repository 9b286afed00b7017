"""Names on the map: where there is room, upright, apart, and the same on every tile."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas.drawing import labels, lettering
from atlas.drawing.labels import Label
from atlas.drawing.shapes import Kind
from atlas.drawing.sheet import Sheet, units_per_pixel
from tests.atlas.sheets import BOX, SIDE, line, make_sheet, make_town

ZOOM = 17
UNIT = units_per_pixel(ZOOM)


def placed(sheet: Sheet) -> list[Label]:
    return labels.placed(sheet, BOX, ZOOM)


def test_a_street_bears_its_name_along_its_way() -> None:
    (label,) = placed(make_sheet(lines=[(Kind.STREET, line((2, 2), (10, 10)), "Bulevardi")]))

    assert label.lines == ["Bulevardi"]
    assert label.angle == pytest.approx(-45)
    assert label.x - BOX.left == pytest.approx(label.y - BOX.bottom)


@pytest.mark.parametrize("is_turned", [False, True])
@pytest.mark.parametrize("degrees", range(0, 180, 15))
def test_a_name_is_never_upside_down(degrees: int, *, is_turned: bool) -> None:
    across, upwards = 12 * math.cos(math.radians(degrees)), 12 * math.sin(math.radians(degrees))
    ends = [(30.0, 30.0), (30 + across, 30 + upwards)]

    (label,) = placed(make_sheet(lines=[(Kind.STREET, line(*(ends[::-1] if is_turned else ends)), "Bulevardi")]))

    assert -90 <= label.angle <= 90


def test_a_street_too_short_for_its_name_has_none() -> None:
    assert placed(make_sheet(lines=[(Kind.STREET, line((2, 2), (3, 2)), "Kolmas linja")])) == []


def test_a_street_too_winding_for_its_name_has_none() -> None:
    winding = line(*((2 + step * 0.5, 2 + step % 2) for step in range(16)))

    assert placed(make_sheet(lines=[(Kind.STREET, winding, "Kolmas linja")])) == []


def test_a_street_without_a_name_has_none() -> None:
    assert placed(make_sheet(lines=[(Kind.STREET, line((2, 2), (30, 2)), "")])) == []


def test_two_lanes_of_a_street_have_one_name() -> None:
    lanes = [(Kind.STREET, line((2, row), (10, row)), "Mannerheimintie") for row in (2.0, 2.3)]

    assert len(placed(make_sheet(lines=lanes))) == 1


def test_a_long_street_has_its_name_again_and_again() -> None:
    found = placed(make_sheet(lines=[(Kind.STREET, line((0, 2), (SIDE, 2)), "Bulevardi")]))

    assert len(found) > 3
    assert all(b.x - a.x > 200 * UNIT for a, b in itertools.pairwise(sorted(found, key=lambda label: label.x)))


def test_the_larger_street_goes_first() -> None:
    streets = [
        (Kind.STREET, line((4, 5), (6.2, 5)), "Pieni katu"),
        (Kind.PRIMARY, line((5, 4), (5, 6.2)), "Suuri katu"),
    ]

    assert [label.lines[0] for label in placed(make_sheet(lines=streets))] == ["Suuri katu"]


def test_a_park_too_small_for_its_name_has_none() -> None:
    parks = [(Kind.GREEN, (10.0, 10.0), 0.3, "Vanha kirkkopuisto"), (Kind.GREEN, (30.0, 30.0), 2.0, "Esplanadi")]

    assert [label.lines for label in placed(make_sheet(labels=parks))] == [["Esplanadi"]]


def test_a_long_name_is_broken_between_words() -> None:
    assert lettering.wrapped("Kaisaniemen kasvitieteellinen puutarha") == [
        "Kaisaniemen", "kasvitieteellinen", "puutarha",
    ]  # fmt: skip
    assert lettering.wrapped("Esplanadi") == ["Esplanadi"]
    assert lettering.wrapped("") == []


def test_a_wide_script_takes_more_room() -> None:
    assert lettering.width_em("東京") == 2
    assert lettering.width_em("il") < lettering.width_em("mw")
    assert lettering.width_em("e\N{COMBINING ACUTE ACCENT}") == lettering.width_em("e")


def test_houses_show_their_number_from_near() -> None:
    houses = [(Kind.HOUSE, (30.0, 30.0), 0.0, "12 B"), (Kind.HOUSE, (34.0, 30.0), 0.0, "12 B")]
    sheet = make_sheet(labels=houses)

    assert placed(sheet) == []
    assert [label.lines for label in labels.placed(sheet, BOX, 18)] == [["12 B"], ["12 B"]]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([Kind.STREET, Kind.PRIMARY, Kind.SERVICE]),
            st.lists(st.tuples(st.floats(0, SIDE), st.floats(0, SIDE)), min_size=2, max_size=4, unique=True),
            st.text(min_size=1, max_size=20),
        ),
        max_size=12,
    )
)
def test_names_stay_inside_and_clear_of_one_another(
    streets: list[tuple[Kind, list[tuple[float, float]], str]],
) -> None:
    found = placed(make_sheet(lines=[(kind, line(*points), name) for kind, points, name in streets]))

    for label in found:
        assert all(BOX.left < x < BOX.right and BOX.bottom < y < BOX.top for x, y in _baseline(label))
    for one, other in itertools.combinations(found, 2):
        gap = min(math.dist(a, b) for a in _baseline(one) for b in _baseline(other)) / UNIT
        assert gap > 0.8 * min(one.size_px, other.size_px)


def test_every_tile_of_a_block_shows_the_same_names() -> None:
    town = make_town()
    block = labels.of_block(town, ZOOM, 2**14, 2**14 - 1)

    assert block
    assert block is labels.of_block(town, ZOOM, 2**14, 2**14 - 1)
    side = 256 * UNIT
    assert all(0 < label.x - BOX.left < 4 * side and 0 < label.y - BOX.bottom < 4 * side for label in block)


def _baseline(label: Label) -> list[tuple[float, float]]:
    """Places along a text, from its first letter to its last."""
    half = lettering.width_em(label.lines[0]) * label.size_px * UNIT / 2
    dx, dy = math.cos(math.radians(label.angle)), -math.sin(math.radians(label.angle))
    return [(label.x + share * half * dx, label.y + share * half * dy) for share in (-1, -0.5, 0, 0.5, 1)]
