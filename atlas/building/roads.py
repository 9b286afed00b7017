"""What a way's tags mean for a delivery van: whether it may pass, which way, and how fast."""

import re
from collections.abc import Mapping
from typing import NamedTuple

Tags = Mapping[str, str]


class Kind(NamedTuple):
    """A class of road: its rank at a junction, the limit where none is signed, and what traffic allows."""

    rank: int
    default_limit_kmh: float
    ceiling_kmh: float


class Use(NamedTuple):
    """How a van may use a way; a speed of 0 means that it may not go in that direction."""

    name: str
    rank: int
    forward_kmh: float
    backward_kmh: float


# Ranks say who gives way to whom. The ceiling is what a van reaches between junctions in a town.
KINDS = {
    "motorway": Kind(7, 110, 110),
    "trunk": Kind(6, 80, 90),
    "primary": Kind(5, 50, 70),
    "secondary": Kind(4, 50, 60),
    "tertiary": Kind(3, 50, 50),
    "unclassified": Kind(2, 40, 40),
    "residential": Kind(2, 40, 32),
    "road": Kind(2, 40, 32),
    "living_street": Kind(1, 15, 10),
    "service": Kind(1, 20, 15),
    "pedestrian": Kind(1, 10, 8),
    "track": Kind(1, 20, 12),
}
ONLY_WHERE_ALLOWED = {"pedestrian", "track"}

# Of a signed limit about 0.8 is driven between junctions (the car profile of OSRM: ``speed_reduction``).
SHARE_OF_LIMIT = 0.8
RESTRICTED_KMH = 15.0
_MPH = 1.609344
_KNOT = 1.852
_WALK_KMH = 7.0
_NO_LIMIT_KMH = 130.0
_ZONES_KMH = {
    "urban": 50.0,
    "rural": 80.0,
    "trunk": 100.0,
    "motorway": 120.0,
    "living_street": 15.0,
    "school": 30.0,
}

# The most specific tag decides: https://wiki.openstreetmap.org/wiki/Key:access
_ACCESS_KEYS = ("goods", "motorcar", "motor_vehicle", "vehicle", "access")
_OPEN = {"yes", "permissive", "designated", "official", "public"}
_DESTINATION_ONLY = {"destination", "delivery", "customers", "unknown"}
_BLOCKING_BARRIERS = {
    "bollard", "block", "jersey_barrier", "cycle_barrier", "motorcycle_barrier", "log", "debris",
    "planter", "chain", "stile", "turnstile", "kissing_gate", "bus_trap", "sump_buster",
}  # fmt: skip
_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?$")


def kind_of(tags: Tags) -> Kind | None:
    """Say which class of road a way is, if it is one on which there can be vehicles."""
    return KINDS.get(tags.get("highway", "").removesuffix("_link"))


def use_of(tags: Tags) -> Use | None:
    """Read the tags of a way. ``None``: a van may not use it in either direction."""
    highway = tags.get("highway", "")
    kind = kind_of(tags)
    if kind is None or tags.get("area") == "yes" or tags.get("service") == "emergency_access":
        return None
    access = _access(tags)
    if access is None and highway in ONLY_WHERE_ALLOWED:
        return None
    if access is not None and access not in _OPEN | _DESTINATION_ONLY:
        return None
    ceiling = min(kind.ceiling_kmh, RESTRICTED_KMH) if access in _DESTINATION_ONLY else kind.ceiling_kmh
    forward, backward = _directions(tags, highway)
    speeds = [
        min(SHARE_OF_LIMIT * _limit_kmh(tags, direction, kind), ceiling) if allowed else 0.0
        for direction, allowed in (("forward", forward), ("backward", backward))
    ]
    if not any(speeds):
        return None
    return Use(tags.get("name") or tags.get("ref") or "", kind.rank, *speeds)


def is_blocked(tags: Tags) -> bool:
    """Tell whether a node stops a van: a bollard, a locked gate."""
    access = _access(tags)
    if access is not None:
        return "barrier" in tags and access not in _OPEN | _DESTINATION_ONLY
    return tags.get("barrier") in _BLOCKING_BARRIERS


def speed_kmh(text: str) -> float | None:
    """Read a value of ``maxspeed``: with a unit, or implied by a zone (``FI:urban``, ``DE:zone30``).

    Of several values the first counts. ``None``: it says nothing that can be read.
    """
    value = text.partition(";")[0].strip().lower()
    if value == "none":
        return _NO_LIMIT_KMH
    if value.endswith("walk"):
        return _WALK_KMH
    zone = value.rpartition(":")[2]
    if zone in _ZONES_KMH:
        return _ZONES_KMH[zone]
    match = _SPEED.match(zone.removeprefix("zone"))
    if match is None or not 0 < float(match[1]) < 1000:
        return None
    return float(match[1]) * {"mph": _MPH, "knots": _KNOT}.get(match[2], 1.0)


def _access(tags: Tags) -> str | None:
    values = (tags.get(key) for key in _ACCESS_KEYS)
    return next((value for value in values if value is not None), None)


def _directions(tags: Tags, highway: str) -> tuple[bool, bool]:
    """Say whether a van may go along the way as it is drawn, and against it."""
    values = (tags.get(key) for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway"))
    oneway = next((value for value in values if value is not None), None)
    if oneway == "reversible":
        return False, False
    implied = tags.get("junction") in ("roundabout", "circular") or highway.startswith("motorway")
    reverse = oneway in ("-1", "reverse")
    both = oneway in ("no", "alternating", "false", "0") or (oneway is None and not implied)
    return (
        (both or not reverse) and not _is_shut(tags, "forward"),
        (both or reverse) and not _is_shut(tags, "backward"),
    )


def _is_shut(tags: Tags, direction: str) -> bool:
    values = (tags.get(f"{key}:{direction}") for key in _ACCESS_KEYS)
    value = next((value for value in values if value is not None), "yes")
    return value not in _OPEN | _DESTINATION_ONLY


def _limit_kmh(tags: Tags, direction: str, kind: Kind) -> float:
    for key in (f"maxspeed:{direction}", "maxspeed", "zone:maxspeed", "maxspeed:type"):
        limit = speed_kmh(tags.get(key, ""))
        if limit is not None:
            return limit
    return kind.default_limit_kmh
