from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from django.core import checks
from django.utils import timezone
from pytest_django import Settings

from dispatch import factors, tasks, weather
from dispatch.checks import surroundings
from dispatch.gateways import weather as gateway
from dispatch.gateways.fetching import Unavailable
from dispatch.missing import Missing
from dispatch.models.weather import Sky, WeatherHour
from dispatch.services import weather as services
from tests import web_server
from tests.dispatch.hubs import make_hub
from tests.factories import HUB, NOON
from tests.web_server import WebServer

HELSINKI = ZoneInfo("Europe/Helsinki")
SUNDAY = date(2026, 11, 22)
MIDNIGHT = datetime(2026, 11, 21, 22, tzinfo=UTC)


@pytest.fixture
def server(settings: Settings) -> Iterator[WebServer]:
    with web_server.running() as found:
        settings.WEATHER_URL = f"{found.url}/at?lat={{latitude}}&lon={{longitude}}"
        yield found


def test_every_sky_has_its_factors() -> None:
    found = factors.newest("travel")["weather"]

    assert {sky: (found[sky]["travel"], found[sky]["stop"]) for sky in Sky} == {
        Sky.CLEAR: (1.0, 1.0),
        Sky.RAIN: (1.12, 1.1),
        Sky.HEAVY_RAIN: (1.25, 1.1),
        Sky.SNOW: (1.45, 1.1),
        Sky.ICE: (1.6, 1.1),
        Sky.FOG: (1.15, 1.0),
    }


def test_open_meteo_is_understood(server: WebServer) -> None:
    times = [f"2026-11-22T{hour:02}:00" for hour in range(8)]
    codes = [0, 3, 48, 55, 65, 67, 75, None]
    server.body = orjson.dumps({"utc_offset_seconds": 7200, "hourly": {"time": times, "weather_code": codes}})

    skies = gateway.hours(*HUB, zone=HELSINKI, around=NOON)

    assert server.asked[0].path == "/at?lat=60.17&lon=24.94"
    words = [Sky.CLEAR, Sky.CLEAR, Sky.FOG, Sky.RAIN, Sky.HEAVY_RAIN, Sky.ICE, Sky.SNOW]
    assert skies == {MIDNIGHT + timedelta(hours=hour): sky for hour, sky in enumerate(words)}


def test_our_own_hours_are_understood(server: WebServer) -> None:
    server.body = b'{"hours": {"2026-11-22T14:00:00+02:00": "snow", "2026-11-22T13:30:00Z": "ice"}}'

    skies = gateway.hours(*HUB, zone=HELSINKI, around=NOON)

    assert skies == {
        datetime(2026, 11, 22, 12, tzinfo=UTC): Sky.SNOW,
        datetime(2026, 11, 22, 13, tzinfo=UTC): Sky.ICE,
    }


def test_a_file_can_say_the_same_of_every_day(settings: Settings, tmp_path: Path) -> None:
    settings.WEATHER_FILE = tmp_path / "weather.toml"
    settings.WEATHER_FILE.write_text('[every_day]\n"06:00" = "rain"\n"10:00" = "clear"\n"22:00" = "fog"\n')

    skies = gateway.hours(*HUB, zone=HELSINKI, around=NOON)

    today = [skies[MIDNIGHT + timedelta(hours=hour)] for hour in range(24)]
    assert today == [Sky.FOG] * 6 + [Sky.RAIN] * 4 + [Sky.CLEAR] * 12 + [Sky.FOG] * 2
    assert len(skies) == 72


@pytest.mark.parametrize(
    "body",
    [
        b"no JSON",
        b"[]",
        b'{"hourly": {}}',
        b'{"hourly": {"time": ["2026-11-22T00:00"], "weather_code": []}}',
        b'{"hourly": {"time": ["2026-11-22T00:00"], "weather_code": [100]}}',
        b'{"hours": {"2026-11-22T14:00:00": "snow"}}',
        b'{"hours": {"2026-11-22T14:00:00Z": "frogs"}}',
        b'{"hours": ["snow"]}',
        b'{"every_day": {"25:00": "snow"}}',
    ],
)
def test_what_cannot_be_read_is_no_weather(server: WebServer, body: bytes) -> None:
    server.body = body

    with pytest.raises(Unavailable):
        gateway.hours(*HUB, zone=HELSINKI, around=NOON)


def test_a_server_that_says_nothing_has_no_weather(server: WebServer) -> None:
    server.is_silent = True

    with pytest.raises(Unavailable):
        gateway.hours(*HUB, zone=HELSINKI, around=NOON)


def test_a_file_that_is_not_there_has_no_weather(settings: Settings) -> None:
    settings.WEATHER_FILE = Path("/nowhere/weather.toml")

    with pytest.raises(Unavailable):
        gateway.hours(*HUB, zone=HELSINKI, around=NOON)


@pytest.mark.sqlite
@pytest.mark.django_db
def test_an_hour_is_as_it_was_heard_last(server: WebServer) -> None:
    hub = make_hub()
    server.body = b'{"hours": {"2026-11-22T10:00:00Z": "rain", "2026-11-22T11:00:00Z": "rain"}}'
    services.hear(hub, at=NOON)
    server.body = b'{"hours": {"2026-11-22T11:00:00Z": "snow"}}'

    services.hear(hub, at=NOON + timedelta(hours=1))

    skies = weather.of_day(hub, day=SUNDAY).skies
    assert skies[11:15] == (None, Sky.RAIN, Sky.SNOW, None)


@pytest.mark.django_db
def test_who_cannot_be_heard_leaves_what_was_heard_before(server: WebServer) -> None:
    hub = make_hub()
    server.body = b'{"hours": {"2026-11-22T10:00:00Z": "rain"}}'
    services.hear(hub, at=NOON)
    server.status = 503

    with pytest.raises(Unavailable):
        services.hear(hub, at=NOON)

    assert weather.of_day(hub, day=SUNDAY).skies[12] == Sky.RAIN


@pytest.mark.django_db
def test_the_weather_of_last_week_is_forgotten(server: WebServer) -> None:
    hub = make_hub()
    old = WeatherHour.objects.create(hub=hub, starts_at=NOON - timedelta(days=8), sky=Sky.RAIN, heard_at=NOON)
    server.body = b'{"hours": {"2026-11-22T10:00:00Z": "rain"}}'

    services.hear(hub, at=NOON)

    assert not WeatherHour.objects.filter(id=old.id).exists()


@pytest.mark.django_db
def test_every_hour_a_hub_hears_of_the_weather_where_somebody_is_configured(
    settings: Settings, server: WebServer
) -> None:
    hub = make_hub()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    server.body = orjson.dumps({"hours": {hour.isoformat(): "fog"}})

    tasks.hear_weather_at(hub_id=hub.place_id)

    assert [*WeatherHour.objects.values_list("hub", "starts_at", "sky")] == [(hub.place_id, hour, Sky.FOG)]


@pytest.mark.django_db
def test_without_weather_nothing_takes_longer_and_it_is_said() -> None:
    found = weather.of_day(make_hub(), day=SUNDAY)

    assert set(found.travel_factors) == set(found.stop_factors) == {1.0}
    assert found.missing == {Missing.WEATHER}


@pytest.mark.django_db
def test_where_the_clock_is_half_an_hour_off_an_hour_is_the_one_it_begins_in() -> None:
    hub = make_hub(timezone="Asia/Kolkata")
    WeatherHour.objects.create(hub=hub, starts_at=datetime(2026, 11, 22, 6, tzinfo=UTC), sky=Sky.RAIN, heard_at=NOON)

    skies = weather.of_day(hub, day=SUNDAY).skies

    assert [hour for hour, sky in enumerate(skies) if sky] == [12]  # 11:30 to 12:30


@pytest.mark.parametrize(
    ("name", "value", "check"),
    [
        ("OSRM_URL", "localhost:5000", "doorstep.E019"),
        ("WEATHER_FILE", Path("/nowhere/weather.toml"), "doorstep.E021"),
        ("WEATHER_URL", "api.open-meteo.com", "doorstep.E022"),
        ("ELECTRICITY_KG_CO2E", -0.1, "doorstep.E023"),
        ("ELECTRICITY_KG_CO2E", float("nan"), "doorstep.E023"),
    ],
)
def test_what_is_half_configured_is_told(settings: Settings, name: str, value: object, check: str) -> None:
    setattr(settings, name, value)

    assert [message.id for message in surroundings(None)] == [check]


def test_two_sources_of_weather_are_one_too_many(settings: Settings, tmp_path: Path) -> None:
    settings.WEATHER_FILE = tmp_path / "weather.json"
    settings.WEATHER_FILE.write_text("{}")
    settings.WEATHER_URL = "https://weather.example"

    messages: list[checks.CheckMessage] = surroundings(None)

    assert [message.id for message in messages] == ["doorstep.E020"]
