"""How phones and trackers say where they are. Pure: a request goes in, fixes come out, or what is wrong with it.

Four ways, told apart by what is sent, since every device has the same address:

- Query or form: what OsmAnd, Traccar Client before 9 and a hundred trackers speak (https://www.traccar.org/osmand/;
  ``speed`` in knots), and GPSLogger's custom URL (https://gpslogger.app/). GPSLogger has no names of its own, only
  placeholders; those its users write for them, ``spd`` (m/s), ``dir``, ``acc`` and ``time``, are understood beside.
- Traccar Client from 9 on: JSON with ``location.coords`` (m/s).
- OwnTracks in HTTP mode: JSON with ``_type`` (km/h; https://owntracks.org/booklet/tech/http/). Of the other types, and
  of empty bodies, there is nothing to keep.
- Our own: JSON ``{"positions": [{"recorded_at", "lat", "lon", "heading", "speed", "accuracy"}]}``, the list alone, or
  one of its items alone (m/s, metres). An item that cannot be read does not spoil the others.

Whatever name or id a device gives itself is ignored: its key says whose it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl

import orjson

from tracking.rounds.fixes import RawFix
from tracking.rounds.spelling import KMH_MPS, KNOT_MPS, Spelling, Unreadable

MOST_FIXES: Final = 1000
MOST_PARAMETERS: Final = 100

QUERY: Final = Spelling(
    latitude=("lat",),
    longitude=("lon",),
    recorded_at=("timestamp", "time"),
    heading=("bearing", "heading", "dir"),
    accuracy=("accuracy", "acc"),
    speed={"speed": KNOT_MPS, "spd": 1.0},
    is_text=True,
)
TRACCAR: Final = Spelling(
    latitude=("latitude",),
    longitude=("longitude",),
    recorded_at=("timestamp",),
    heading=("heading",),
    accuracy=("accuracy",),
    speed={"speed": 1.0},
)
OWNTRACKS: Final = Spelling(
    latitude=("lat",),
    longitude=("lon",),
    recorded_at=("tst",),
    heading=("cog",),
    accuracy=("acc",),
    speed={"vel": KMH_MPS},
)
OWN: Final = Spelling(
    latitude=("lat",),
    longitude=("lon",),
    recorded_at=("recorded_at", "timestamp"),
    heading=("heading",),
    accuracy=("accuracy",),
    speed={"speed": 1.0},
)


class Protocol(StrEnum):
    """Who is speaking, which decides what they are answered."""

    QUERY = "query"
    TRACCAR = "traccar"
    OWNTRACKS = "owntracks"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Upload:
    """What one request brought: each item as it was sent, a fix or what is wrong with it."""

    protocol: Protocol
    items: Sequence[RawFix | Unreadable]

    @property
    def fixes(self) -> list[RawFix]:
        return [item for item in self.items if isinstance(item, RawFix)]


def read(method: str, query: str, body: bytes, *, at: datetime) -> Upload:
    """Read what a device sent ``at``, in a query string, in a body, or in both.

    Raises ``Unreadable`` where nothing of it can be read.
    """
    content = body.strip()
    if content[:1] in (b"{", b"["):
        return _read_json(content, at=at)
    sent = _parameters(query) | _parameters(_text(content))
    if method == "POST" and not content and not sent.keys() & {"lat", "lon"}:
        return Upload(Protocol.OWNTRACKS, [])
    if sent.get("valid", "").lower() in {"0", "false"}:
        return Upload(Protocol.QUERY, [])
    return Upload(Protocol.QUERY, [QUERY.read(sent, at=at)])


def _read_json(content: bytes, *, at: datetime) -> Upload:
    try:
        sent = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Unreadable("The body is not valid JSON.") from error
    if isinstance(sent, list):
        return _read_own(sent, at=at)
    if "_type" in sent:
        fixes = [OWNTRACKS.read(sent, at=at)] if sent["_type"] == "location" else []
        return Upload(Protocol.OWNTRACKS, fixes)
    if "location" in sent:
        return _read_traccar(sent["location"], at=at)
    return _read_own(sent.get("positions", [sent]), at=at)


def _read_traccar(location: object, *, at: datetime) -> Upload:
    """Read what the client's location library sends: one location, or a list of them where it is set to batches."""
    locations = location if isinstance(location, list) else [location]
    _require_few(locations)
    return Upload(Protocol.TRACCAR, [_traccar_fix(one, at=at) for one in locations])


def _traccar_fix(location: object, *, at: datetime) -> RawFix:
    coordinates = location.get("coords") if isinstance(location, dict) else None
    if not isinstance(location, dict) or not isinstance(coordinates, dict):
        raise Unreadable("location has no coords.")
    return TRACCAR.read({**coordinates, "timestamp": location.get("timestamp")}, at=at)


def _read_own(positions: object, *, at: datetime) -> Upload:
    if not isinstance(positions, list):
        raise Unreadable("positions is not a list.")
    _require_few(positions)
    return Upload(Protocol.OWN, [own_item(position, at=at) for position in positions])


def own_item(position: object, *, at: datetime) -> RawFix | Unreadable:
    if not isinstance(position, dict):
        return Unreadable("A position is not an object.")
    try:
        return OWN.read(position, at=at)
    except Unreadable as reason:
        return reason


def _require_few(items: Sequence[object]) -> None:
    if len(items) > MOST_FIXES:
        raise Unreadable(f"There are more than {MOST_FIXES} positions.")


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("The body is neither JSON nor a form in UTF-8.") from error


def _parameters(query: str) -> dict[str, str]:
    """Read a query or a form; of a name sent twice, the last counts. ``location`` may hold both degrees."""
    try:
        sent = dict(parse_qsl(query, max_num_fields=MOST_PARAMETERS))
    except ValueError as error:
        raise Unreadable(f"There are more than {MOST_PARAMETERS} parameters.") from error
    if "location" in sent and "lat" not in sent:
        sent["lat"], _, sent["lon"] = sent["location"].partition(",")
    return sent
