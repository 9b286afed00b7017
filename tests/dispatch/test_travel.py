from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from pytest_django import Settings

from atlas import areas
from dispatch import travel
from dispatch.gateways import osrm as gateway
from dispatch.gateways.fetching import Unavailable
from dispatch.missing import Missing
from dispatch.models.fleet import VehicleType
from dispatch.models.weather import Sky, WeatherHour
from dispatch.planning.problem import NO_WAY
from tests import web_server
from tests.dispatch import osrm
from tests.dispatch.hubs import make_hub
from tests.dispatch.osrm import Osrm
from tests.factories import HUB
from tracking.rounds.models import Vehicle as Kind

VAN = VehicleType(slug="van", kind=Kind.VAN)
BIKE = VehicleType(slug="bike", kind=Kind.CARGO_BIKE, pace=1.0, feels_traffic=0.2)
WALKER = VehicleType(slug="walker", kind=Kind.ON_FOOT, feels_traffic=0.0)

TOWN = [HUB, (60.1752, 24.9451), (60.1681, 24.9502)]
SUNDAY, MONDAY = date(2026, 11, 22), date(2026, 11, 23)
OSLO = (59.9139, 10.7522)
NORTH, SOUTH, ISLAND = (50.01, 8.0), (50.0, 8.0), (70.5, 8.0)


@pytest.fixture(autouse=True)
def _fresh_router() -> None:
    travel.router.wake()


@pytest.fixture
def server(settings: Settings) -> Iterator[Osrm]:
    with osrm.running() as found:
        settings.OSRM_URL = found.url
        yield found


def test_drives_are_whole_numbers_between_all_points_and_none_to_where_one_is() -> None:
    drives = travel.drives(TOWN, kinds=[VAN])["van"]

    assert drives.seconds.dtype == drives.metres.dtype == np.int64
    assert drives.seconds.shape == drives.metres.shape == (3, 3)
    assert drives.seconds.diagonal().tolist() == drives.metres.diagonal().tolist() == [0, 0, 0]
    seconds, metres = areas.loaded()[0].streets.matrix(TOWN, TOWN)
    assert drives.seconds.tolist() == np.rint(seconds).tolist()
    assert drives.metres.tolist() == np.rint(metres).tolist()


def test_by_the_streets_of_an_area_nothing_is_missing() -> None:
    assert travel.roads(TOWN, kinds=[VAN]).missing == frozenset()


def test_a_point_outside_every_area_is_said_to_be_guessed() -> None:
    roads = travel.roads([*TOWN, OSLO], kinds=[VAN])

    assert roads.missing == {Missing.STREETS}
    assert roads.drives["van"].seconds[:3, :3].tolist() == travel.drives(TOWN, kinds=[VAN])["van"].seconds.tolist()


def test_by_the_crows_flight_the_road_is_empty_too() -> None:
    near = (OSLO[0] + 0.01, OSLO[1])

    seconds = travel.drives([OSLO, near], kinds=[VAN])["van"].seconds

    by_day_seconds = 1.4 * 1111.951 / (20 / 3.6)
    assert seconds.tolist() == [[0, round(by_day_seconds / 1.34)], [round(by_day_seconds / 1.34), 0]]


def test_each_kind_of_vehicle_has_a_speed_that_it_does_not_exceed() -> None:
    drives = travel.drives(TOWN, kinds=[VAN, BIKE, WALKER])

    assert (drives["bike"].seconds + 1 >= drives["bike"].metres / (16 / 3.6)).all()
    assert (drives["walker"].seconds + 1 >= drives["walker"].metres / (5 / 3.6)).all()
    assert (drives["van"].seconds <= drives["bike"].seconds).all()


def test_who_walks_cares_for_no_one_way_street(server: Osrm) -> None:
    drives = travel.drives([SOUTH, NORTH], kinds=[VAN, WALKER])

    assert drives["van"].metres.tolist() == [[0, 1000], [1500, 0]]
    assert drives["walker"].metres.tolist() == [[0, 1000], [1000, 0]]
    assert drives["walker"].seconds.tolist() == [[0, 720], [720, 0]]


def test_a_slow_vehicle_takes_its_pace_times_as_long(server: Osrm) -> None:
    slow = VehicleType(slug="slow", kind=Kind.VAN, pace=1.5)

    drives = travel.drives([SOUTH, NORTH], kinds=[VAN, slow])

    assert drives["van"].seconds.tolist() == [[0, 100], [150, 0]]
    assert drives["slow"].seconds.tolist() == [[0, 150], [225, 0]]


def test_a_routing_server_is_asked_in_blocks_that_any_allows(server: Osrm) -> None:
    points = [(50 + number / 1000, 8.0) for number in range(150)]

    drives = travel.roads(points, kinds=[VAN])

    assert server.asked == [(100, 100), (100, 50), (50, 100), (50, 50)]
    assert drives.missing == frozenset()
    assert drives.drives["van"].metres[0, 149] == 14_900
    assert drives.drives["van"].metres[149, 0] == 22_350


def test_where_there_is_no_way_a_drive_is_no_drive(server: Osrm) -> None:
    drives = travel.drives([SOUTH, ISLAND], kinds=[VAN, WALKER])

    assert drives["van"].seconds.tolist() == drives["walker"].seconds.tolist() == [[0, NO_WAY], [NO_WAY, 0]]


def test_a_routing_server_that_is_gone_gives_way_to_the_area_packs(settings: Settings) -> None:
    settings.OSRM_URL = "http://127.0.0.1:9"

    roads = travel.roads(TOWN, kinds=[VAN])

    settings.OSRM_URL = ""
    assert roads.missing == {Missing.ROUTER}
    assert roads.drives["van"].seconds.tolist() == travel.drives(TOWN, kinds=[VAN])["van"].seconds.tolist()


def test_a_routing_server_that_failed_is_left_alone_for_a_while(settings: Settings) -> None:
    with web_server.running() as server:
        settings.OSRM_URL = server.url
        server.status = 500

        found = [travel.roads(TOWN, kinds=[VAN]).missing for _ in range(3)]

    assert found == [{Missing.ROUTER}] * 3
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"code": "TooBig"}',
        b'{"code": "Ok"}',
        b'{"code": "Ok", "durations": [[0, 1]], "distances": [[0, 1]]}',
        b'{"code": "Ok", "durations": [[0, "x"], [1, 0]], "distances": [[0, 1], [1, 0]]}',
        b'{"code": "Ok", "durations": [[0, 1], [1]], "distances": [[0, 1], [1, 0]]}',
        b'{"code": "Ok", "durations": [[0, -1], [1, 0]], "distances": [[0, 1], [1, 0]]}',
    ],
)
def test_an_answer_that_is_not_the_table_asked_for_is_no_answer(body: bytes) -> None:
    with web_server.running() as server:
        server.body = body

        with pytest.raises(Unavailable):
            gateway.table(server.url, TOWN[:2])


@pytest.mark.django_db
def test_traffic_is_that_of_the_hour_and_the_day_of_the_week() -> None:
    hub = make_hub()

    sunday, monday = (travel.traffic(hub, day=day).factors for day in (SUNDAY, MONDAY))

    assert (sunday[12], monday[8], monday[17], monday[3]) == (1.16, 1.40, 1.45, 1.0)
    assert sunday[24:] == monday[:24]


@pytest.mark.django_db
def test_who_rides_on_a_lane_of_their_own_feels_little_of_it() -> None:
    hub = make_hub()

    traffics = travel.conditions(hub, day=MONDAY).traffics([VAN, BIKE, WALKER])

    assert traffics["van"].factors[17] == 1.45
    assert traffics["bike"].factors[17] == pytest.approx(1.09)
    assert set(traffics["walker"].factors) == {1.0}


@pytest.mark.django_db
def test_weather_slows_everybody_in_its_hours() -> None:
    hub = make_hub()
    noon = datetime(2026, 11, 23, 10, tzinfo=UTC)
    WeatherHour.objects.create(hub=hub, starts_at=noon, sky=Sky.SNOW, heard_at=noon)

    conditions = travel.conditions(hub, day=MONDAY)

    assert conditions.traffic().factors[12] == pytest.approx(1.28 * 1.45)
    assert conditions.traffic(WALKER).factors[11:14] == (1.0, 1.45, 1.0)
    assert conditions.weather.stop_factors[11:14] == (1.0, 1.1, 1.0)


@pytest.mark.django_db
def test_the_hours_of_a_day_that_loses_one_follow_the_clock() -> None:
    spring = date(2026, 3, 28)  # a Saturday: the clock is put forward in its night

    factors = travel.traffic(make_hub(), day=spring).factors

    assert factors[24 + 3] == 1.0  # already 4 h
    assert factors[24 + 12] == 1.16  # 13 h
    assert len(factors) == 48


@pytest.mark.django_db
def test_a_first_day_says_that_traffic_and_weather_are_guessed() -> None:
    assert travel.conditions(make_hub(), day=MONDAY).missing == {Missing.TRIPS, Missing.WEATHER}


@pytest.mark.django_db
def test_a_day_whose_weather_is_known_does_not_say_so() -> None:
    hub = make_hub()
    midnight = datetime(2026, 11, 22, 22, tzinfo=UTC)
    hours = [midnight + timedelta(hours=hour) for hour in range(24)]
    WeatherHour.objects.bulk_create(
        WeatherHour(hub=hub, starts_at=hour, sky=Sky.CLEAR, heard_at=midnight) for hour in hours
    )

    assert travel.conditions(hub, day=MONDAY).missing == {Missing.TRIPS}
