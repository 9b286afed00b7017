"""The small map of a page: what it shows, where, and that nothing in it needs more than a style sheet."""

import gzip
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas import projection
from atlas.areas import Area
from atlas.drawing import minimap
from atlas.drawing.minimap import Mark, MarkKind, MiniMap
from atlas.drawing.shapes import Kind
from atlas.drawing.sheet import Sheet
from config.env import ROOT
from tests.atlas import svg
from tests.atlas.sheets import line, make_sheet, make_town

DOOR = Mark(MarkKind.PLACE, 0.014, 0.014)
VAN = Mark(MarkKind.VAN, 0.017, 0.012, heading=91)
TOWN = make_town()


def drawn(*marks: Mark, sheet: Sheet = TOWN, title: str = "Map", description: str = "The van is near.") -> MiniMap:
    found = minimap.draw(sheet, marks, width=360, height=300, title=title, description=description)
    assert found is not None
    return found


def marks_of(found: MiniMap) -> list[svg.Element]:
    elements = svg.elements(found.markup)
    first = next(i for i, element in enumerate(elements) if element.attributes.get("class") == "map-layer-marks")
    return elements[first + 1 :]


def test_the_map_is_one_picture_with_a_title_and_the_attribution() -> None:
    figure, picture, title, description, *_, link = svg.elements(drawn(DOOR).markup)

    assert figure.tag == "figure"
    assert (picture.tag, picture.attributes["role"]) == ("svg", "img")
    assert picture.attributes["aria-labelledby"] == f"{title.attributes['id']} {description.attributes['id']}"
    assert (title.text, description.text) == ("Map", "The van is near.")
    assert (link.tag, link.text) == ("a", "© OpenStreetMap contributors")
    assert link.attributes == {"href": "https://www.openstreetmap.org/copyright"}


def test_texts_are_only_texts() -> None:
    naughty = '</desc><script>alert("1")</script>'
    street = make_sheet(lines=[(Kind.PRIMARY, line((0, 32), (64, 32)), naughty)])

    elements = svg.elements(drawn(DOOR, sheet=street, title=naughty, description=naughty).markup)

    assert {element.tag for element in elements} <= {
        "figure", "svg", "title", "desc", "path", "g", "text", "tspan", "circle", "figcaption", "a",
    }  # fmt: skip
    assert [element.text for element in elements if element.tag in ("title", "desc")] == [naughty, naughty]


def test_nothing_in_it_breaks_a_strict_policy() -> None:
    for element in svg.elements(drawn(DOOR, VAN).markup):
        assert element.tag not in ("script", "style", "image", "use")
        assert not [name for name in element.attributes if name == "style" or name.startswith("on")]


def test_every_class_has_its_style() -> None:
    around = Mark(MarkKind.AROUND, 0.014, 0.014, radius_m=85)
    classes = {e.attributes["class"] for e in svg.elements(drawn(DOOR, VAN, around).markup) if "class" in e.attributes}

    style = (ROOT / "static/css/map.css").read_text()

    plain = {name for name in classes if not re.search(rf"\.{name}\b(?!-)", style)}
    assert plain <= {"map-layer-marks", "map-name-place", "map-name-road"}


def test_day_and_night_set_the_same_colours() -> None:
    day, night = re.findall(r":root \{(.*?)\}", (ROOT / "static/css/map.css").read_text(), re.DOTALL)

    assert set(re.findall(r"--map-[a-z-]+(?=:)", day)) == set(re.findall(r"--map-[a-z-]+(?=:)", night))


@pytest.mark.parametrize("marks", [(), (Mark(MarkKind.PLACE, 60.17, 24.94),)])
def test_there_is_no_map_where_no_mark_is_on_the_sheet(marks: tuple[Mark, ...]) -> None:
    assert minimap.draw(TOWN, marks, width=360, height=300, title="", description="") is None


def test_there_is_no_map_without_a_sheet() -> None:
    assert minimap.draw(None, [DOOR], width=360, height=300, title="", description="") is None


def test_the_script_finds_places_by_the_numbers_of_the_picture() -> None:
    found = drawn(DOOR, VAN)
    data = svg.elements(found.markup)[1].attributes
    world, left, top = (float(data[f"data-{name}"]) for name in ("world", "left", "top"))

    x = (VAN.longitude / 360 + 0.5) * world - left
    y = (0.5 - math.atanh(math.sin(math.radians(VAN.latitude))) / (2 * math.pi)) * world - top

    assert found.view.project(VAN.latitude, VAN.longitude) == pytest.approx((x, y), abs=0.01)
    van = next(element for element in marks_of(found) if element.attributes.get("data-mark") == "van")
    assert van.attributes["transform"] == f"translate({x:.1f} {y:.1f})"


def test_the_van_points_where_it_goes() -> None:
    heading = next(e for e in marks_of(drawn(DOOR, VAN)) if e.attributes.get("data-mark") == "heading")

    assert (heading.attributes["visibility"], heading.attributes["transform"]) == ("inherit", "rotate(91)")


def test_a_van_without_a_heading_points_nowhere() -> None:
    heading = next(
        e for e in marks_of(drawn(DOOR, VAN._replace(heading=None))) if e.attributes.get("data-mark") == "heading"
    )

    assert heading.attributes["visibility"] == "hidden"


def test_a_van_that_nobody_may_see_is_hidden_at_the_origin() -> None:
    van = next(element for element in marks_of(drawn(DOOR)) if element.attributes.get("data-mark") == "van")

    assert (van.attributes["visibility"], van.attributes["transform"]) == ("hidden", "translate(0 0)")


def test_surroundings_are_a_circle_of_their_size_below_everything() -> None:
    around = Mark(MarkKind.AROUND, 0.014, 0.014, radius_m=85)

    found = drawn(VAN, around)

    circle = marks_of(found)[0]
    assert circle.attributes["class"] == "map-around"
    eastern_edge = 0.014 + 85 / (math.radians(1) * projection.EARTH_RADIUS_M)
    width = found.view.project(0.014, eastern_edge)[0] - found.view.project(0.014, 0.014)[0]
    assert float(circle.attributes["r"]) == pytest.approx(width, abs=0.1)


on_the_sheet = st.floats(0.0005, 0.0225)


@settings(deadline=None)
@given(on_the_sheet, on_the_sheet, on_the_sheet, on_the_sheet)
def test_all_marks_are_in_the_picture(
    latitude: float, longitude: float, van_latitude: float, van_longitude: float
) -> None:
    found = drawn(Mark(MarkKind.PLACE, latitude, longitude), Mark(MarkKind.VAN, van_latitude, van_longitude))

    for place in ((latitude, longitude), (van_latitude, van_longitude)):
        x, y = found.view.project(*place)
        assert 0 <= x <= found.view.width == 720
        assert 0 <= y <= found.view.height == 600


def test_a_van_off_the_sheet_does_not_pull_the_map_away() -> None:
    far = Mark(MarkKind.VAN, 2.0, 2.0)

    assert drawn(DOOR, far).view == drawn(DOOR).view


def test_near_is_near_enough() -> None:
    assert drawn(DOOR).view.zoom <= minimap.CLOSEST_ZOOM


def test_a_van_that_moves_a_little_leaves_the_drawing_as_it_is() -> None:
    views = {drawn(DOOR, VAN._replace(latitude=0.017 + step * 1e-5)).view for step in range(20)}

    assert len(views) <= 3


def test_a_view_of_helsinki_is_small() -> None:
    area = Area.load(ROOT / "atlas/data/helsinki.area")
    door = Mark(MarkKind.PLACE, 60.1686, 24.9443)
    van = Mark(MarkKind.VAN, 60.1745, 24.948, heading=210)

    found = drawn(door, van, sheet=area.sheet)

    assert len(gzip.compress(found.markup.encode())) < 8_000
    assert "Mannerheimintie" in found.markup
