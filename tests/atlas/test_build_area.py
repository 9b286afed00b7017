from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from atlas.areas import Area
from atlas.pack import Pack
from atlas.projection import Bounds
from tests.atlas import extracts
from tests.atlas.extracts import Node, Way, place

BOUNDS = Bounds(23.999, 59.999, 24.004, 60.004)


def town(folder: Path, *, bounds: Bounds | None = BOUNDS, ways: list[Way] | None = None) -> Path:
    nodes, streets = extracts.grid(4, 4)
    home = Node(9001, place(1.5, 1.1), {"addr:street": "Row 1", "addr:housenumber": "7"})
    return extracts.write(folder / "toytown.osm.pbf", [*nodes, home], streets if ways is None else ways, bounds=bounds)


def build(extract: Path, *options: str) -> str:
    said = StringIO()
    call_command("build_area", str(extract), *options, stdout=said)
    return said.getvalue()


def test_an_extract_becomes_an_area_with_streets_addresses_and_a_map(tmp_path: Path) -> None:
    said = build(town(tmp_path), "--name", "Toytown")

    area = Area.load(tmp_path / "toytown.area")
    assert "24 streets between 16 junctions, 1 addresses, 8 street names" in said
    assert (area.name, area.bounds) == ("Toytown", BOUNDS)
    assert area.streets.route(place(0, 0.5), place(0, 1.5)).stretches[0].name == "Column 0"
    assert [address.number for address in area.addresses.search("row 1 7")] == ["7"]
    assert len(area.sheet.shapes.lines.names) > 0


def test_every_area_carries_its_attribution_and_its_licence(tmp_path: Path) -> None:
    build(town(tmp_path))

    meta = Pack(tmp_path / "toytown.area").meta
    assert meta["attribution"] == "© OpenStreetMap contributors"
    assert meta["licence"] == "ODbL-1.0"


def test_an_area_is_named_after_its_extract_and_lies_beside_it_unless_told_otherwise(tmp_path: Path) -> None:
    extract = town(tmp_path)

    build(extract)
    build(extract, "--out", str(tmp_path / "other.area"), "--name", "Other")

    assert Area.load(tmp_path / "toytown.area").name == "toytown"
    assert Area.load(tmp_path / "other.area").name == "Other"


def test_the_same_extract_makes_the_same_bytes(tmp_path: Path) -> None:
    extract = town(tmp_path)

    build(extract, "--name", "Toytown", "--out", str(tmp_path / "one.area"))
    build(extract, "--name", "Toytown", "--out", str(tmp_path / "other.area"))

    assert (tmp_path / "one.area").read_bytes() == (tmp_path / "other.area").read_bytes()


def test_bounds_that_are_asked_for_cut_the_area(tmp_path: Path) -> None:
    nodes, ways = extracts.grid(8, 8)
    extract = extracts.write(tmp_path / "city.osm.pbf", nodes, ways, bounds=Bounds(23.9, 59.9, 24.1, 60.1))

    said = build(extract, "--bounds=23.9995,59.9995,24.0035,60.0035")

    assert "24 streets between 16 junctions" in said
    assert Area.load(tmp_path / "city.area").bounds == Bounds(23.9995, 59.9995, 24.0035, 60.0035)


def test_an_extract_that_does_not_say_what_it_covers_covers_its_roads(tmp_path: Path) -> None:
    build(town(tmp_path, bounds=None))

    assert Area.load(tmp_path / "toytown.area").bounds == pytest.approx(Bounds(23.999, 59.999, 24.004, 60.004))


@pytest.mark.parametrize("bounds", ["1,2,3", "a,b,c,d", "24,60,23,61", "24,60,25,59", "24,60,25,91", ""])
def test_bounds_that_are_none_are_refused(tmp_path: Path, bounds: str) -> None:
    with pytest.raises(CommandError, match="--bounds"):
        build(town(tmp_path), f"--bounds={bounds}")


def test_an_extract_without_roads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"toytown.osm.pbf: there is no road in it that a van may use"):
        build(town(tmp_path, ways=[]))


def test_an_extract_of_lonely_roads_is_refused(tmp_path: Path) -> None:
    ways = [Way(1, [1, 2], {"highway": "residential"})]

    with pytest.raises(CommandError, match="has 2 junctions; 10 are needed"):
        build(town(tmp_path, ways=ways))


def test_bounds_elsewhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no road in it"):
        build(town(tmp_path), "--bounds=10,50,11,51")


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("letter.txt", b"Dear Sir or Madam"),
        ("noise.osm.pbf", b"\x00\xff" * 500),
        ("empty.osm.pbf", b""),
        ("cut.osm", b'<osm version="0.6"><node id="1" lat="60" lon='),
        ("odd.osm", b'<osm version="0.6"><node id="1" lat="north" lon="1"/></osm>'),
    ],
)
def test_a_file_that_is_no_extract_is_refused(tmp_path: Path, name: str, contents: bytes) -> None:
    (tmp_path / name).write_bytes(contents)

    with pytest.raises(CommandError, match=f"No area can be built from .*{name}: it cannot be read"):
        build(tmp_path / name)


def test_an_extract_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    extract = town(tmp_path)
    extract.write_bytes(extract.read_bytes()[:-100])

    with pytest.raises(CommandError, match="it cannot be read"):
        build(extract)


def test_a_missing_extract_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file or directory"):
        build(tmp_path / "nowhere.osm.pbf")


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file or directory"):
        build(town(tmp_path), "--out", str(tmp_path / "nowhere" / "toytown.area"))


def test_a_build_that_is_refused_leaves_what_was_there(tmp_path: Path) -> None:
    extract = town(tmp_path)
    build(extract)
    before = (tmp_path / "toytown.area").read_bytes()

    with pytest.raises(CommandError):
        build(extract, "--bounds=10,50,11,51")

    assert (tmp_path / "toytown.area").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"toytown.osm.pbf", "toytown.area"}
