import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.building import roads
from atlas.building.roads import Use


def speeds(**tags: str) -> tuple[float, float] | None:
    use = roads.use_of({"highway": "residential", "maxspeed": "30"} | tags)
    return None if use is None else (use.forward_kmh, use.backward_kmh)


BOTH, FORWARD, BACKWARD = (24.0, 24.0), (24.0, 0.0), (0.0, 24.0)


def test_a_street_has_its_name_its_rank_and_four_fifths_of_its_limit() -> None:
    use = roads.use_of({"highway": "secondary", "name": "Mannerheimintie", "maxspeed": "50"})

    assert use == Use("Mannerheimintie", 4, 40.0, 40.0)


def test_a_road_without_a_name_goes_by_its_number() -> None:
    use = roads.use_of({"highway": "motorway", "ref": "E 18", "maxspeed": "100"})

    assert use == Use("E 18", 7, 80.0, 0.0)


@pytest.mark.parametrize(
    "highway", ["footway", "cycleway", "steps", "construction", "proposed", "busway", "raceway", ""]
)
def test_a_van_keeps_to_roads(highway: str) -> None:
    assert roads.use_of({"highway": highway}) is None


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, BOTH),
        ({"oneway": "yes"}, FORWARD),
        ({"oneway": "1"}, FORWARD),
        ({"oneway": "-1"}, BACKWARD),
        ({"oneway": "reverse"}, BACKWARD),
        ({"oneway": "no"}, BOTH),
        ({"oneway": "alternating"}, BOTH),
        ({"oneway": "reversible"}, None),
        ({"junction": "roundabout"}, FORWARD),
        ({"junction": "roundabout", "oneway": "no"}, BOTH),
        ({"junction": "circular"}, FORWARD),
        ({"highway": "motorway", "maxspeed": "30"}, FORWARD),
        ({"highway": "motorway_link", "maxspeed": "30"}, FORWARD),
        ({"highway": "motorway_link", "maxspeed": "30", "oneway": "no"}, BOTH),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, BOTH),
        ({"vehicle:backward": "no"}, FORWARD),
        ({"motor_vehicle:forward": "private"}, BACKWARD),
        ({"oneway": "yes", "motor_vehicle:forward": "no"}, None),
        ({"oneway": "no", "vehicle:forward": "no", "goods:forward": "delivery"}, BOTH),
    ],
)
def test_a_one_way_street_is_one(tags: dict[str, str], expected: tuple[float, float] | None) -> None:
    assert speeds(**tags) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"access": "no"}, None),
        ({"access": "private"}, None),
        ({"access": "permit"}, None),
        ({"vehicle": "no"}, None),
        ({"motor_vehicle": "agricultural"}, None),
        ({"access": "no", "motor_vehicle": "yes"}, BOTH),
        ({"motor_vehicle": "no", "goods": "yes"}, BOTH),
        ({"access": "yes", "motor_vehicle": "no"}, None),
        ({"access": "permissive"}, BOTH),
        ({"motor_vehicle": "destination"}, (15.0, 15.0)),
        ({"motor_vehicle": "delivery"}, (15.0, 15.0)),
        ({"access": "customers"}, (15.0, 15.0)),
        ({"area": "yes"}, None),
        ({"highway": "service", "service": "emergency_access"}, None),
        ({"highway": "pedestrian"}, None),
        ({"highway": "pedestrian", "motor_vehicle": "delivery"}, (8.0, 8.0)),
        ({"highway": "pedestrian", "motor_vehicle": "no"}, None),
        ({"highway": "track"}, None),
        ({"highway": "track", "access": "yes"}, (12.0, 12.0)),
    ],
)
def test_a_van_goes_where_it_may_and_slowly_where_it_may_only_deliver(
    tags: dict[str, str], expected: tuple[float, float] | None
) -> None:
    assert speeds(**tags) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50", 50.0),
        ("50 km/h", 50.0),
        ("7.5", 7.5),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("10 knots", 18.52),
        ("none", 130.0),
        ("walk", 7.0),
        ("DE:walk", 7.0),
        ("FI:urban", 50.0),
        ("fi:rural", 80.0),
        ("DE:zone30", 30.0),
        ("DE:zone:30", 30.0),
        ("DE:motorway", 120.0),
        ("30;50", 30.0),
        (" 40 ", 40.0),
        ("", None),
        ("signals", None),
        ("-30", None),
        ("0", None),
        ("9999", None),
        ("fast", None),
        ("50 furlongs", None),
    ],
)
def test_a_limit_is_read_however_it_is_written(text: str, expected: float | None) -> None:
    assert roads.speed_kmh(text) == pytest.approx(expected)


@given(st.text())
def test_no_limit_is_ever_absurd(text: str) -> None:
    speed = roads.speed_kmh(text)

    assert speed is None or 0 < speed < 2000


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"maxspeed:forward": "20", "maxspeed:backward": "10"}, (16.0, 8.0)),
        ({"maxspeed": "20", "maxspeed:backward": "10"}, (16.0, 8.0)),
        ({"maxspeed": "signals", "zone:maxspeed": "DE:20"}, (16.0, 16.0)),
        ({"maxspeed": "signals", "maxspeed:type": "FI:urban"}, (32.0, 32.0)),
        ({"maxspeed": "nonsense"}, (32.0, 32.0)),
        ({"highway": "living_street", "maxspeed": "walk"}, (5.6, 5.6)),
        ({"highway": "service", "maxspeed": "none"}, (15.0, 15.0)),
        ({"highway": "primary", "maxspeed": "60"}, (48.0, 48.0)),
    ],
)
def test_a_van_is_as_fast_as_the_limit_and_the_street_allow(
    tags: dict[str, str], expected: tuple[float, float]
) -> None:
    assert speeds(**tags) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("tags", "is_blocked"),
    [
        ({}, False),
        ({"highway": "traffic_signals"}, False),
        ({"barrier": "bollard"}, True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ({"barrier": "bollard", "bicycle": "yes"}, True),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "lift_gate", "access": "customers"}, False),
        ({"barrier": "kerb"}, False),
        ({"access": "private"}, False),
    ],
)
def test_a_barrier_stops_a_van_unless_it_opens(tags: dict[str, str], is_blocked: bool) -> None:
    assert roads.is_blocked(tags) is is_blocked
