from pathlib import Path

import pytest

from atlas.building import network
from atlas.building.roads import Use
from atlas.projection import Bounds
from tests.atlas import extracts
from tests.atlas.extracts import Node, Way, place

STREET = {"highway": "residential", "maxspeed": "30", "name": "Long Street"}


def read_street(folder: Path, nodes: list[Node], order: list[int], bounds: Bounds | None = None) -> list[list[int]]:
    extract = extracts.write(folder / "street.osm.pbf", nodes, [Way(1, order, STREET)])
    return [road.nodes for road in network.read(extract, bounds).roads]


def row(count: int) -> list[Node]:
    return [Node(number, place(number, 0)) for number in range(1, count + 1)]


def test_a_street_is_read_with_its_use_and_its_places(tmp_path: Path) -> None:
    extract = extracts.write(tmp_path / "street.osm.pbf", row(3), [Way(1, [1, 2, 3], STREET)])

    found = network.read(extract, None)

    assert found.roads == [(Use("Long Street", 2, 24.0, 24.0), [1, 2, 3])]
    assert found.places == {1: (60000000, 24001000), 2: (60000000, 24002000), 3: (60000000, 24003000)}


def test_a_street_is_cut_where_the_extract_lacks_a_node(tmp_path: Path) -> None:
    nodes = [node for node in row(6) if node.id != 4]

    assert read_street(tmp_path, nodes, [1, 2, 3, 4, 5, 6]) == [[1, 2, 3], [5, 6]]


def test_a_single_node_between_two_gaps_is_no_street(tmp_path: Path) -> None:
    nodes = [node for node in row(6) if node.id not in (3, 5)]

    assert read_street(tmp_path, nodes, [1, 2, 3, 4, 5, 6]) == [[1, 2]]


def test_a_street_of_which_nothing_is_there_is_left_out(tmp_path: Path) -> None:
    assert read_street(tmp_path, [], [1, 2, 3]) == []


def test_a_street_ends_at_the_bounds(tmp_path: Path) -> None:
    bounds = Bounds(24.0015, 59.9, 24.0045, 60.1)

    assert read_street(tmp_path, row(6), [1, 2, 3, 4, 5, 6], bounds) == [[2, 3, 4]]


def test_a_node_that_is_named_twice_in_a_row_counts_once(tmp_path: Path) -> None:
    assert read_street(tmp_path, row(3), [1, 1, 2, 2, 3]) == [[1, 2, 3]]


@pytest.mark.parametrize(
    ("tags", "pieces"),
    [
        ({"barrier": "bollard"}, [[1, 2], [4, 5]]),
        ({"barrier": "gate", "access": "private"}, [[1, 2], [4, 5]]),
        ({"barrier": "gate"}, [[1, 2, 3, 4, 5]]),
    ],
)
def test_a_barrier_cuts_a_street(tmp_path: Path, tags: dict[str, str], pieces: list[list[int]]) -> None:
    nodes = [node._replace(tags=tags) if node.id == 3 else node for node in row(5)]

    assert read_street(tmp_path, nodes, [1, 2, 3, 4, 5]) == pieces


def test_signals_and_signs_have_their_price(tmp_path: Path) -> None:
    nodes = row(4)
    nodes[0] = nodes[0]._replace(tags={"highway": "traffic_signals"})
    nodes[1] = nodes[1]._replace(tags={"highway": "give_way"})
    nodes[2] = nodes[2]._replace(tags={"highway": "crossing"})
    extract = extracts.write(tmp_path / "street.osm.pbf", nodes, [Way(1, [1, 2, 3, 4], STREET)])

    assert network.read(extract, None).control_seconds == {1: 12.0, 2: 3.0}


def test_ways_may_stand_before_their_nodes(tmp_path: Path) -> None:
    extract = tmp_path / "street.osm"
    extract.write_text(
        '<osm version="0.6"><way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>'
        '<node id="2" lat="60.1" lon="24.2"/><node id="1" lat="60.1" lon="24.1"/></osm>'
    )

    assert [road.nodes for road in network.read(extract, None).roads] == [[1, 2]]
