from itertools import pairwise

import pytest

from atlas import pack
from atlas.building import graph
from atlas.building.graph import Unusable
from atlas.building.network import Network, Road
from atlas.building.roads import Use
from tests.atlas.extracts import crossing, place

TWO_WAY = Use("", 2, 24.0, 24.0)
ONE_WAY = Use("", 2, 24.0, 0.0)
SIZE = 4


def network(*roads: Road) -> Network:
    nodes = {node for road in roads for node in road.nodes}
    places = {node: place(*reversed(divmod(node - 1, 100))) for node in nodes}
    millionths = {node: (round(1e6 * lat), round(1e6 * lon)) for node, (lat, lon) in places.items()}
    return Network(list(roads), millionths, {})


def town() -> list[Road]:
    """Lay out a grid of streets, one road a row and a column."""
    rows = [[crossing(column, row) for column in range(SIZE)] for row in range(SIZE)]
    columns = [[crossing(column, row) for row in range(SIZE)] for column in range(SIZE)]
    return [Road(TWO_WAY._replace(name=str(number)), nodes) for number, nodes in enumerate([*rows, *columns])]


def test_streets_are_cut_where_they_meet() -> None:
    streets = graph.build(network(*town()))

    assert len(streets["tails"]) == 2 * SIZE * (SIZE - 1)
    assert graph.junction_count(streets["tails"], streets["heads"]) == SIZE**2


def test_a_street_that_was_drawn_in_pieces_becomes_one() -> None:
    corner = crossing(SIZE - 1, SIZE - 1)
    pieces = [Road(TWO_WAY, list(pair)) for pair in pairwise([corner, *(crossing(SIZE + n, 5) for n in range(5))])]
    turned = [piece if number % 2 else Road(TWO_WAY, piece.nodes[::-1]) for number, piece in enumerate(pieces)]

    streets = graph.build(network(*town(), *turned))

    assert len(streets["tails"]) == 2 * SIZE * (SIZE - 1) + 1
    assert streets["point_counts"].max() == 3  # simplified: the corner, the bend and the end


@pytest.mark.parametrize(
    "change", [{"name": "Elsewhere"}, {"rank": 3}, {"forward_kmh": 30.0}, {"backward_kmh": 30.0}], ids=str
)
def test_a_street_is_not_joined_with_a_different_one(change: dict[str, str | int | float]) -> None:
    ends = [crossing(3, 3), crossing(4, 3), crossing(5, 3)]
    other = Road(Use(**{**TWO_WAY._asdict(), **change}), ends[1:])

    streets = graph.build(network(*town(), Road(TWO_WAY, ends[:2]), other))

    assert len(streets["tails"]) == 2 * SIZE * (SIZE - 1) + 2


def test_an_island_a_trap_and_a_source_are_left_out() -> None:
    island = Road(TWO_WAY, [crossing(8, 8), crossing(9, 8), crossing(9, 9)])
    trap = Road(ONE_WAY, [crossing(3, 3), crossing(4, 3)])
    source = Road(ONE_WAY, [crossing(4, 0), crossing(3, 0)])

    streets = graph.build(network(*town(), island, trap, source))

    assert len(streets["tails"]) == 2 * SIZE * (SIZE - 1)
    assert streets["points"].max(axis=0).tolist() == [60003000, 24003000]


def test_a_one_way_street_keeps_its_direction_and_its_speed() -> None:
    ring = [crossing(3, 3), crossing(4, 3), crossing(4, 4), crossing(3, 4), crossing(3, 3)]

    streets = graph.build(network(*town(), Road(ONE_WAY._replace(name="Ring"), ring)))

    [ring_edge] = [
        edge for edge, name in enumerate(streets["names"]) if pack.to_strings(streets["name_texts"])[name] == "Ring"
    ]
    assert (streets["forward_kmh"][ring_edge], streets["backward_kmh"][ring_edge]) == (240, 0)
    assert streets["tails"][ring_edge] == streets["heads"][ring_edge]


def test_an_extract_of_two_islands_keeps_the_larger_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    island = [Road(TWO_WAY, [crossing(column, 9), crossing(column + 1, 9)]) for column in range(8)]

    streets = graph.build(network(*town(), *island))

    assert len(streets["tails"]) == 2 * SIZE * (SIZE - 1)
    assert caplog.messages == ["Only 24 of 32 pieces of road lead everywhere and back."]


def test_without_roads_there_is_no_area() -> None:
    with pytest.raises(Unusable, match="no road in it that a van may use"):
        graph.build(Network([], {}, {}))


def test_roads_that_lead_nowhere_are_no_area() -> None:
    lonely = [Road(TWO_WAY, [crossing(0, row), crossing(1, row)]) for row in range(20)]

    with pytest.raises(Unusable, match=r"of its 20 pieces of road the largest part .* has 2 junctions; 10 are needed"):
        graph.build(network(*lonely))


def test_one_way_roads_that_never_come_back_are_no_area() -> None:
    with pytest.raises(Unusable, match="has 0 junctions"):
        graph.build(network(Road(ONE_WAY, [crossing(column, 0) for column in range(20)])))
