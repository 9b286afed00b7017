from pathlib import Path

import pytest

from atlas.addresses import Address
from atlas.building import doors
from atlas.projection import Bounds
from tests.atlas import extracts
from tests.atlas.extracts import Node, Relation, Way, place

BOUNDS = Bounds(23.99, 59.99, 24.03, 60.03)
HOME = {"addr:street": "Row 1", "addr:housenumber": "5", "addr:postcode": "00100", "addr:city": "Toytown"}


def read_doors(folder: Path, *things: Node | Way | Relation) -> list[Address]:
    extract = extracts.write(
        folder / "town.osm.pbf",
        [thing for thing in things if isinstance(thing, Node)],
        [thing for thing in things if isinstance(thing, Way)],
        [thing for thing in things if isinstance(thing, Relation)],
    )
    return doors.read(extract, BOUNDS).doors


def square(first: int, column: float, row: float, size: float = 1) -> list[Node]:
    corners = [(0, 0), (size, 0), (size, size), (0, size)]
    return [Node(first + number, place(column + x, row + y)) for number, (x, y) in enumerate(corners)]


def test_a_node_with_an_address_is_a_door(tmp_path: Path) -> None:
    assert read_doors(tmp_path, Node(1, place(2, 1), HOME)) == [
        Address("Row 1", "5", "00100", "Toytown", 60.001, 24.002)
    ]


def test_the_door_of_a_house_is_in_its_middle(tmp_path: Path) -> None:
    house = Way(10, [1, 2, 3, 4, 1], {"building": "yes", **HOME})

    assert read_doors(tmp_path, *square(1, 2, 1), house) == [
        Address("Row 1", "5", "00100", "Toytown", 60.0015, 24.0025)
    ]


def test_the_door_of_a_house_with_a_courtyard_is_in_its_middle(tmp_path: Path) -> None:
    rings = [Way(10, [1, 2, 3, 4, 1], {}), Way(11, [5, 6, 7, 8, 5], {})]
    house = Relation(20, [(10, "outer"), (11, "inner")], {"type": "multipolygon", "building": "yes", **HOME})

    assert read_doors(tmp_path, *square(1, 2, 1, 2), *square(5, 2.5, 1.5, 0.5), *rings, house) == [
        Address("Row 1", "5", "00100", "Toytown", 60.002, 24.003)
    ]


def test_a_house_that_the_extract_cut_is_in_the_middle_of_what_is_left(tmp_path: Path) -> None:
    house = Way(10, [1, 2, 3, 4, 99, 1], {"building": "yes", **HOME})

    [door] = read_doors(tmp_path, *square(1, 2, 1), house)

    assert (door.latitude, door.longitude) == (60.0015, 24.0025)


def test_a_house_of_which_no_node_is_left_is_none(tmp_path: Path) -> None:
    assert read_doors(tmp_path, Way(10, [97, 98, 99, 97], {"building": "yes", **HOME})) == []


def test_what_the_map_does_not_say_stays_empty(tmp_path: Path) -> None:
    bare = {"addr:street": "Row 1", "addr:housenumber": "5"}

    assert read_doors(tmp_path, Node(1, place(2, 1), bare)) == [Address("Row 1", "5", "", "", 60.001, 24.002)]


def test_a_hamlet_without_streets_goes_by_its_name(tmp_path: Path) -> None:
    farm = {"addr:place": "Upper Farm", "addr:housenumber": "2"}

    assert [door.street for door in read_doors(tmp_path, Node(1, place(2, 1), farm))] == ["Upper Farm"]


@pytest.mark.parametrize("missing", ["addr:street", "addr:housenumber"])
def test_a_door_without_street_or_number_is_none(tmp_path: Path, missing: str) -> None:
    tags = {key: value for key, value in HOME.items() if key != missing}

    assert read_doors(tmp_path, Node(1, place(2, 1), tags)) == []


def test_a_door_outside_the_bounds_is_left_out(tmp_path: Path) -> None:
    assert read_doors(tmp_path, Node(1, place(2, 99), HOME)) == []


def test_a_house_and_its_shops_are_one_door_and_the_fullest_address_stays(tmp_path: Path) -> None:
    shop = {"addr:street": "row 1", "addr:housenumber": "5", "shop": "bakery"}
    house = Way(10, [2, 3, 4, 5, 2], {"building": "yes", **HOME})

    assert read_doors(tmp_path, Node(1, place(2, 1.1), shop), *square(2, 2, 1), house) == [
        Address("Row 1", "5", "00100", "Toytown", 60.0015, 24.0025)
    ]


def test_the_same_address_in_another_town_is_another_door(tmp_path: Path) -> None:
    assert len(read_doors(tmp_path, Node(1, place(2, 1), HOME), Node(2, place(2, 21), HOME))) == 2


def test_doors_are_in_the_order_of_streets_and_numbers(tmp_path: Path) -> None:
    numbers = ["10", "9", "9 B", "100", "1-3"]
    homes = [Node(n, place(n, 1), {**HOME, "addr:housenumber": number}) for n, number in enumerate(numbers, 1)]
    other = Node(9, place(9, 1), {**HOME, "addr:street": "alley"})

    found = [f"{door.street} {door.number}" for door in read_doors(tmp_path, *homes, other)]

    assert found == ["alley 5", "Row 1 1-3", "Row 1 9", "Row 1 9 B", "Row 1 10", "Row 1 100"]


def test_a_street_is_where_the_middle_of_its_longest_way_is(tmp_path: Path) -> None:
    nodes = [Node(number, place(number, 1)) for number in range(1, 6)]
    names = {"highway": "residential", "name": "Row 1"}
    ways = [
        Way(10, [1, 2], names),
        Way(11, [2, 3, 4, 5], names),
        Way(12, [1, 5], {"highway": "footway", "name": "Path"}),
    ]

    extract = extracts.write(tmp_path / "town.osm.pbf", nodes, ways)

    assert doors.read(extract, BOUNDS).streets == [Address("Row 1", "", "", "", 60.001, 24.004)]


def test_streets_of_one_name_in_two_towns_are_two(tmp_path: Path) -> None:
    nodes = [Node(number, place(number % 2, 20 * (number // 2))) for number in range(4)]
    names = {"highway": "residential", "name": "Church Street"}

    extract = extracts.write(tmp_path / "town.osm.pbf", nodes, [Way(10, [0, 1], names), Way(11, [2, 3], names)])

    assert [street.latitude for street in doors.read(extract, BOUNDS).streets] == [60.0, 60.02]
