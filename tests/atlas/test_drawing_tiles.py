"""Map tiles: what is on them, and what never may be."""

import pytest

from atlas.drawing import tiles
from atlas.drawing.shapes import Kind
from atlas.drawing.sheet import Sheet
from atlas.drawing.style import INKS, Theme
from tests.atlas import svg
from tests.atlas.sheets import BOX, STEP, line, make_sheet, make_town, polygon

ZOOM = 16
HOME = (ZOOM, 2 ** (ZOOM - 1), 2 ** (ZOOM - 1) - 1)
"""The tile whose lower left corner is the town's."""

NAUGHTY = [
    "</text><script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "<!-- ",
    "]]>&amp;&#x0;",
    "\x01\x08\x0b\ufffe\u202ename",
    "שלום عليكم 你好 🚚",
    "a" * 300,
]


def draw(*sheets: Sheet, zoom: int = ZOOM, column: int = HOME[1], row: int = HOME[2], theme: str = "light") -> str:
    return tiles.draw(sheets, zoom, column, row, Theme(theme))


def path_of(picture: str, colour: str) -> str:
    return next(
        e.attributes["d"] for e in svg.elements(picture) if e.attributes.get("fill") == colour and e.tag == "path"
    )


def test_a_tile_is_a_square_of_256_pixels() -> None:
    root = svg.elements(draw(make_town()))[0]

    assert root.tag == "svg"
    assert (root.attributes["width"], root.attributes["height"]) == ("256", "256")
    assert root.attributes["viewBox"] == "0 0 1024 1024"


def test_a_tile_bears_the_attribution() -> None:
    assert "<!-- © OpenStreetMap contributors, ODbL 1.0 -->" in draw(make_town())


def test_a_tile_without_a_sheet_is_plain_ground() -> None:
    plain = draw()

    assert plain == draw(make_town(), column=5, row=7)
    assert [element.tag for element in svg.elements(plain)] == ["svg", "path", "g"]


def test_what_lies_beyond_the_sheet_is_tinted() -> None:
    half = make_sheet(box=BOX._replace(left=BOX.left + 4 * STEP, top=BOX.top))

    window = svg.elements(draw(half))[2]

    assert window.tag == "svg"
    assert int(window.attributes["x"]) > 0
    assert int(window.attributes["x"]) + int(window.attributes["width"]) == 1024


def test_two_sheets_share_a_tile_without_sharing_names() -> None:
    west = make_sheet(lines=[(Kind.STREET, line((0, 3), (4, 3)), "")], box=BOX._replace(right=BOX.left + 4 * STEP))
    east = make_sheet(lines=[(Kind.STREET, line((4, 3), (9, 3)), "")], box=BOX._replace(left=BOX.left + 4 * STEP))

    elements = svg.elements(draw(west, east))

    ids = [element.attributes["id"] for element in elements if "id" in element.attributes]
    uses = {element.attributes["href"].removeprefix("#") for element in elements if element.tag == "use"}
    assert len(ids) == len(set(ids)) == 2
    assert uses == set(ids)


@pytest.mark.parametrize("theme", Theme)
@pytest.mark.parametrize("zoom", range(20))
def test_every_zoom_is_well_formed_and_harmless(zoom: int, theme: str) -> None:
    town = make_town(NAUGHTY)

    for column in range(max(2**zoom // 2, 0), min(2**zoom // 2 + 3, 2**zoom)):
        for element in svg.elements(draw(town, zoom=zoom, column=column, row=max(2**zoom // 2 - 1, 0), theme=theme)):
            assert element.tag in {"svg", "g", "path", "defs", "use", "text", "tspan"}
            assert not [name for name in element.attributes if name in ("style", "class") or name.startswith("on")]
            assert element.attributes.get("href", "#").startswith("#")


@pytest.mark.parametrize("name", NAUGHTY[:6])
def test_a_naughty_name_is_only_a_name(name: str) -> None:
    street = make_sheet(lines=[(Kind.STREET, line((0, 6), (64, 6)), name)])

    texts = [e.text for e in svg.elements(draw(street, zoom=17, column=2**16 + 1, row=2**16 - 1)) if e.tag == "tspan"]

    assert texts == ["".join(character for character in name if character.isprintable())]


def test_the_same_sheet_gives_the_same_tile() -> None:
    assert draw(make_town()) == draw(make_town())


def test_night_has_its_own_colours() -> None:
    day, night = draw(make_town()), draw(make_town(), theme="dark")

    assert INKS[Theme.LIGHT].land in day
    assert INKS[Theme.LIGHT].land not in night
    assert INKS[Theme.DARK].land in night


def test_an_area_goes_on_over_the_seam() -> None:
    lake = make_sheet([(Kind.WATER, polygon((2, 2), (21, 3), (20, 13), (3, 12)))])
    water = INKS[Theme.LIGHT].fills[Kind.WATER]

    (here,), (east,) = (
        svg.lines(path_of(draw(lake, zoom=17, column=2**16 + step, row=2**16 - 1), water)) for step in (0, 1)
    )

    # Where the two cuts overlap, they cross the seam at the same heights, to within one step of rounding.
    heights_here, heights_east = _crossings(here, 1024), _crossings(east, 0)
    assert len(heights_here) == len(heights_east) == 2
    assert heights_here == pytest.approx(heights_east, abs=1)


def test_roads_have_their_edges_below_every_surface() -> None:
    crossing = make_sheet(lines=[(Kind.STREET, line((0, 3), (9, 3)), ""), (Kind.PRIMARY, line((3, 0), (3, 9)), "")])

    strokes = [e.attributes["stroke"] for e in svg.elements(draw(crossing)) if e.tag == "use"]

    ink = INKS[Theme.LIGHT]
    assert strokes == [ink.road_casing, ink.road_casing, ink.road, ink.road]


@pytest.mark.parametrize(
    ("zoom", "kinds"),
    [(9, {Kind.WATER}), (13, {Kind.WATER, Kind.GREEN}), (16, {Kind.WATER, Kind.GREEN, Kind.BUILDING})],
)
def test_more_is_seen_from_nearer(zoom: int, kinds: set[Kind]) -> None:
    sheet = make_sheet(
        [
            (Kind.GREEN, polygon((2, 2), (60, 2), (60, 60), (2, 60))),
            (Kind.WATER, polygon((4, 4), (60, 4), (60, 60), (4, 60))),
            (Kind.BUILDING, polygon((1, 1), (2, 1), (2, 2), (1, 2))),
        ]
    )

    fills = INKS[Theme.LIGHT].fills
    picture = draw(sheet, zoom=zoom, column=2 ** (zoom - 1), row=2 ** (zoom - 1) - 1)
    drawn = {e.attributes.get("fill") for e in svg.elements(picture)}

    assert {kind for kind in (Kind.GREEN, Kind.WATER, Kind.BUILDING) if fills[kind] in drawn} == kinds


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ((0, 0, 0), True),
        ((19, 2**19 - 1, 2**19 - 1), True),
        ((20, 0, 0), False),
        ((-1, 0, 0), False),
        ((3, 8, 0), False),
        ((3, 0, 8), False),
        ((3, -1, 0), False),
        ((10**30, 0, 0), False),
    ],
)
def test_a_tile_outside_the_world_is_no_address(address: tuple[int, int, int], *, is_one: bool) -> None:
    assert tiles.is_address(*address) is is_one


def _crossings(ring: list[svg.Point], x: int) -> list[float]:
    """Where a ring crosses a vertical line."""
    around = zip(ring, ring[1:] + ring[:1], strict=True)
    return sorted(a[1] + (x - a[0]) / (b[0] - a[0]) * (b[1] - a[1]) for a, b in around if (a[0] < x) != (b[0] < x))
