import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON
from tracking.rounds import protocols
from tracking.rounds.fixes import RawFix
from tracking.rounds.protocols import Protocol, Upload
from tracking.rounds.spelling import Unreadable

SECONDS = int(NOON.timestamp())
PLACE = {"lat": 60.1689, "lon": 24.9455}


def ask(**parameters: object) -> Upload:
    return protocols.read("GET", urlencode(parameters), b"", at=NOON)


def post(sent: object) -> Upload:
    return protocols.read("POST", "", json.dumps(sent).encode(), at=NOON)


def traccar(**changes: object) -> dict[str, Any]:
    """What Traccar Client 9 sends, with some of the location replaced."""
    location = {
        "timestamp": "2026-11-22T10:00:00.500Z",
        "coords": {
            "latitude": 60.1689,
            "longitude": 24.9455,
            "accuracy": 4.9,
            "speed": 12.5,
            "heading": 91.0,
            "altitude": 17.2,
        },
        "is_moving": True,
        "odometer": 1234.5,
        "event": "motionchange",
        "battery": {"level": 0.83, "is_charging": False},
        "activity": {"type": "in_vehicle"},
        "extras": {},
        "_": "&id=48241179&lat=60.1689&lon=24.9455&timestamp=2026-11-22T10:00:00.500Z&",
    }
    return {"location": {**location, **changes}, "device_id": "48241179"}


def owntracks(**changes: object) -> dict[str, Any]:
    """What OwnTracks sends in HTTP mode, with some of it replaced."""
    known = {"_type": "location", "tst": SECONDS, "vel": 36, "cog": 270, "acc": 12, "batt": 80, "tid": "JJ"}
    return {**known, **PLACE, **changes}


def test_osmand_and_traccar_client_before_9_speak_in_knots() -> None:
    upload = ask(
        id="123456", timestamp=SECONDS, **PLACE, speed=10, bearing=91.5, altitude=17.2, accuracy=4.9, hdop=1.1, batt=83
    )

    assert upload == Upload(Protocol.QUERY, [RawFix(60.1689, 24.9455, NOON, 91.5, 10 * 1852 / 3600, 4.9)])


def test_a_form_says_the_same_as_a_query() -> None:
    form = urlencode({"id": "1", "timestamp": SECONDS, **PLACE, "heading": 91}).encode()

    assert protocols.read("POST", "", form, at=NOON) == ask(timestamp=SECONDS, **PLACE, heading=91)


def test_a_form_may_complete_a_query() -> None:
    upload = protocols.read("POST", f"timestamp={SECONDS}", urlencode(PLACE).encode(), at=NOON)

    assert upload.fixes == [RawFix(60.1689, 24.9455, NOON)]


def test_gpslogger_speaks_in_metres_a_second_under_the_names_its_users_write() -> None:
    upload = ask(
        **PLACE,
        sat=9,
        desc="",
        alt=17.2,
        acc=4.9,
        dir=91.5,
        prov="gps",
        spd=12.5,
        time="2026-11-22T10:00:00.000Z",
        batt=83.0,
        aid="c0ffee",
        ser="unknown",
    )

    assert upload == Upload(Protocol.QUERY, [RawFix(60.1689, 24.9455, NOON, 91.5, 12.5, 4.9)])


@pytest.mark.parametrize(
    "written",
    [
        SECONDS,
        f"{SECONDS}.0",
        SECONDS * 1000,
        "2026-11-22T10:00:00Z",
        "2026-11-22T10:00:00.000Z",
        "2026-11-22T12:00:00+02:00",
        "2026-11-22T12:00:00 02:00",
        "2026-11-22 10:00:00",
        "20261122T100000Z",
    ],
)
def test_a_time_comes_in_seconds_milliseconds_or_iso(written: object) -> None:
    assert ask(timestamp=written, **PLACE).fixes[0].recorded_at == NOON


def test_a_time_keeps_its_milliseconds_and_is_utc() -> None:
    half = NOON + timedelta(milliseconds=500)

    assert ask(timestamp=SECONDS * 1000 + 500, **PLACE).fixes[0].recorded_at == half
    assert ask(timestamp=f"{SECONDS}.5", **PLACE).fixes[0].recorded_at == half
    assert ask(timestamp="2026-11-22T12:00:00.5+02:00", **PLACE).fixes[0].recorded_at.tzinfo is UTC


def test_a_query_without_a_time_was_recorded_when_it_came_in() -> None:
    assert ask(**PLACE).fixes == [RawFix(60.1689, 24.9455, NOON)]


def test_a_query_may_hold_both_degrees_in_one_parameter() -> None:
    assert ask(location="60.1689,24.9455").fixes == [RawFix(60.1689, 24.9455, NOON)]


def test_of_a_parameter_sent_twice_the_last_counts() -> None:
    assert protocols.read("GET", "lat=1&lat=60.1689&lon=24.9455", b"", at=NOON) == ask(**PLACE)


@pytest.mark.parametrize("valid", ["0", "false", "False"])
def test_a_place_that_the_device_itself_does_not_trust_is_not_kept(valid: str) -> None:
    assert ask(**PLACE, valid=valid) == Upload(Protocol.QUERY, [])


def test_traccar_client_9_speaks_in_metres_a_second() -> None:
    recorded_at = NOON + timedelta(milliseconds=500)

    assert post(traccar()) == Upload(Protocol.TRACCAR, [RawFix(60.1689, 24.9455, recorded_at, 91.0, 12.5, 4.9)])


def test_traccar_client_9_says_minus_one_where_it_does_not_know() -> None:
    unknown = {"latitude": 60.1689, "longitude": 24.9455, "accuracy": -1, "speed": -1, "heading": -1}

    assert post(traccar(coords=unknown)).fixes == [RawFix(60.1689, 24.9455, NOON + timedelta(milliseconds=500))]


def test_traccar_client_9_may_send_a_batch() -> None:
    first, second = traccar()["location"], traccar(timestamp="2026-11-22T10:00:01Z")["location"]

    upload = post({"location": [first, second], "device_id": "1"})

    assert [fix.recorded_at.second for fix in upload.fixes] == [0, 1]


def test_owntracks_speaks_in_kilometres_an_hour() -> None:
    assert post(owntracks()) == Upload(Protocol.OWNTRACKS, [RawFix(60.1689, 24.9455, NOON, 270.0, 10.0, 12.0)])


@pytest.mark.parametrize("kind", ["transition", "waypoint", "waypoints", "card", "lwt", "status", "encrypted", 7, None])
def test_what_owntracks_says_besides_is_heard_and_not_kept(kind: object) -> None:
    assert post(owntracks(_type=kind)) == Upload(Protocol.OWNTRACKS, [])


@pytest.mark.parametrize("query", ["", "u=jane&d=phone"])
def test_an_empty_body_is_heard_and_not_kept(query: str) -> None:
    assert protocols.read("POST", query, b" \n", at=NOON) == Upload(Protocol.OWNTRACKS, [])


OWN_ITEM = {**PLACE, "recorded_at": "2026-11-22T10:00:00Z", "heading": 91.5, "speed": 12.5, "accuracy": 4.9}


@pytest.mark.parametrize("sent", [{"positions": [OWN_ITEM]}, [OWN_ITEM], OWN_ITEM])
def test_our_own_json_comes_as_an_object_a_list_or_one_item(sent: object) -> None:
    assert post(sent) == Upload(Protocol.OWN, [RawFix(60.1689, 24.9455, NOON, 91.5, 12.5, 4.9)])


def test_an_item_that_cannot_be_read_does_not_spoil_the_others() -> None:
    upload = post([OWN_ITEM, 7, {**OWN_ITEM, "lat": "north"}, {**PLACE}, OWN_ITEM])

    assert [item if isinstance(item, RawFix) else str(item) for item in upload.items] == [
        upload.fixes[0],
        "A position is not an object.",
        "lat is not a number.",
        "recorded_at is missing.",
        upload.fixes[0],
    ]


@pytest.mark.parametrize("batch", [[OWN_ITEM], {"positions": [OWN_ITEM]}, traccar()])
def test_a_batch_holds_a_thousand_items_and_no_more(batch: Any) -> None:
    def of(count: int) -> object:
        if isinstance(batch, list):
            return batch * count
        return {name: (items if isinstance(items, list) else [items]) * count for name, items in batch.items()}

    assert len(post(of(1000)).fixes) == 1000
    with pytest.raises(Unreadable, match=r"^There are more than 1000 positions\.$"):
        post(of(1001))


def test_an_id_inside_is_never_looked_at() -> None:
    anonymous, named = traccar(), traccar()
    del anonymous["device_id"]
    named["device_id"] = {"somebody": "else"}

    assert post(anonymous) == post(named)
    assert ask(**PLACE, id="1", deviceid="\0") == ask(**PLACE)


@pytest.mark.parametrize(
    ("parameters", "mistake"),
    [
        ({}, "lat is missing."),
        ({"lat": "60.1"}, "lon is missing."),
        ({"lat": "", "lon": "24.9"}, "lat is missing."),
        ({"lat": "%LAT", "lon": "%LON"}, "lat is not a number."),
        ({"lat": "60,1", "lon": "24,9"}, "lat is not a number."),
        ({"lat": "nan", "lon": "24.9"}, "lat is not a number."),
        ({"lat": "inf", "lon": "24.9"}, "lat is not a number."),
        ({"lat": "1e999", "lon": "24.9"}, "lat is not a number."),
        ({"lat": "1_0", "lon": "24.9"}, "lat is not a number."),
        ({"lat": "٦٠", "lon": "24.9"}, "lat is not a number."),
        ({"lat": " 60.1", "lon": "24.9"}, "lat is not a number."),
        ({"lat": "9" * 9999, "lon": "24.9"}, "lat is not a number."),
        ({"lat": "90.0001", "lon": "24.9"}, "lat lies outside -90 to 90."),
        ({"lat": "60.1", "lon": "-180.1"}, "lon lies outside -180 to 180."),
        ({"lat": "0", "lon": "0.0"}, "lat and lon are both 0, which is what devices say when they do not know."),
        ({**PLACE, "speed": "fast"}, "speed is not a number."),
        ({**PLACE, "spd": "nan"}, "spd is not a number."),
        ({**PLACE, "speed": "10001"}, "speed is above 10000."),
        ({**PLACE, "bearing": "361"}, "bearing is above 360."),
        ({**PLACE, "acc": "1e7"}, "acc is above 1000000."),
        ({**PLACE, "timestamp": "now"}, "timestamp is neither seconds or milliseconds since 1970 nor ISO 8601."),
        ({**PLACE, "timestamp": "1e999"}, "timestamp is neither seconds or milliseconds since 1970 nor ISO 8601."),
        (
            {**PLACE, "timestamp": "2026-13-22T10:00:00Z"},
            "timestamp is neither seconds or milliseconds since 1970 nor ISO 8601.",
        ),
        ({**PLACE, "timestamp": "0"}, "timestamp lies outside the years 2000 to 2999."),
        ({**PLACE, "timestamp": "1e14"}, "timestamp lies outside the years 2000 to 2999."),
        ({**PLACE, "timestamp": "0001-01-01T00:00:00+14:00"}, "timestamp lies outside the years 2000 to 2999."),
        ({**PLACE, "timestamp": "9999-12-31T23:59:59-14:00"}, "timestamp lies outside the years 2000 to 2999."),
        ({f"p{number}": "x" for number in range(101)}, "There are more than 100 parameters."),
    ],
)
def test_a_query_that_says_nothing_useful_is_told_why(parameters: dict[str, str], mistake: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        ask(**parameters)

    assert str(refusal.value) == mistake


@pytest.mark.parametrize(
    ("body", "mistake"),
    [
        (b"{", "The body is not valid JSON."),
        (b'{"lat": NaN, "lon": 24.9}', "The body is not valid JSON."),
        (b'{"lat": 1e999, "lon": 24.9}', "The body is not valid JSON."),
        (b'{"lat": "\xff"}', "The body is not valid JSON."),
        (b'{"lat": "\\ud800"}', "The body is not valid JSON."),
        (b"[" * 100_000 + b"]" * 100_000, "The body is not valid JSON."),
        (b"\xff\xfe", "The body is neither JSON nor a form in UTF-8."),
        (b"<xml/>", "lat is missing."),
        (b"\xef\xbb\xbf{}", "lat is missing."),
        (b'{"location": null}', "location has no coords."),
        (b'{"location": {"coords": [60, 24]}}', "location has no coords."),
        (b'{"location": ["here"]}', "location has no coords."),
        (b'{"positions": {"lat": 60}}', "positions is not a list."),
        (json.dumps(traccar(timestamp=None)).encode(), "timestamp is missing."),
        (
            json.dumps(traccar(timestamp=[])).encode(),
            "timestamp is neither seconds or milliseconds since 1970 nor ISO 8601.",
        ),
        (
            json.dumps(traccar(timestamp=True)).encode(),
            "timestamp is neither seconds or milliseconds since 1970 nor ISO 8601.",
        ),
        (json.dumps(owntracks(lat="60.1")).encode(), "lat is not a number."),
        (json.dumps(owntracks(lat=True)).encode(), "lat is not a number."),
        (json.dumps(owntracks(lon=[24.9])).encode(), "lon is not a number."),
        (json.dumps(owntracks(tst=None)).encode(), "tst is missing."),
        (json.dumps(owntracks(vel={})).encode(), "vel is not a number."),
    ],
)
def test_a_body_that_says_nothing_useful_is_told_why(body: bytes, mistake: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        protocols.read("POST", "", body, at=NOON)

    assert str(refusal.value) == mistake


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(
    ["_type", "location", "positions", "coords", "lat", "lon", "tst", "timestamp", "recorded_at", "vel", "cog"]
)


@given(st.dictionaries(names, anything | st.dictionaries(names, anything) | st.just("location")) | anything)
def test_whatever_json_is_sent_is_read_or_refused(sent: object) -> None:
    for item in _items_of("", json.dumps(sent).encode()):
        assert isinstance(item, Unreadable) or _is_possible(item)


@given(st.text(), st.binary())
def test_whatever_query_and_body_are_sent_are_read_or_refused(query: str, body: bytes) -> None:
    for item in _items_of(query, body):
        assert isinstance(item, Unreadable) or _is_possible(item)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.text() | st.integers().map(str) | st.floats().map(str)
            for name in ["lat", "lon", "timestamp", "speed", "spd", "bearing", "accuracy"]
        },
    )
)
def test_whatever_parameters_are_sent_are_read_or_refused(parameters: dict[str, str]) -> None:
    for item in _items_of(urlencode({**PLACE, **parameters}, errors="replace"), b""):
        assert isinstance(item, Unreadable) or _is_possible(item)


def _items_of(query: str, body: bytes) -> list[RawFix | Unreadable]:
    try:
        return list(protocols.read("POST", query, body, at=NOON).items)
    except Unreadable as mistake:
        return [mistake]


def _is_possible(fix: RawFix) -> bool:
    return (
        -90 <= fix.latitude <= 90
        and -180 <= fix.longitude <= 180
        and datetime(1999, 12, 31, tzinfo=UTC) < fix.recorded_at < datetime(3000, 1, 2, tzinfo=UTC)
        and (fix.heading is None or 0 <= fix.heading < 360)
        and (fix.speed_mps is None or 0 <= fix.speed_mps <= 10_000)
        and (fix.accuracy_m is None or 0 <= fix.accuracy_m <= 1_000_000)
    )
