"""The addresses of an extract: doors that have a number and a street, and streets that have a name."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import osmium
import shapely
from osmium.osm.types import OSMEntity

from atlas import projection
from atlas.addresses import Address
from atlas.building import roads
from atlas.building.roads import Tags
from atlas.projection import Bounds

# An entrance, a shop and the house around them may all bear the same address: these are one door.
SAME_DOOR_M = 150.0
# Streets of one name that are farther apart are different streets.
SAME_STREET_M = 2000.0

_DIGITS = re.compile(r"\d+")

Degrees = tuple[float, float]


class Found(NamedTuple):
    """The doors and the streets of an extract, in the order of names and numbers."""

    doors: list[Address]
    streets: list[Address]


def read(path: Path, bounds: Bounds) -> Found:
    """Read the addresses within the bounds.

    Nothing is made up: a door without number or street is none, and a postcode or city that is not
    given stays empty. A house is where its middle is.
    """
    doors: list[Address] = []
    streets: list[tuple[int, Address]] = []
    objects = osmium.FileProcessor(path).with_areas(osmium.filter.KeyFilter("addr:housenumber"))
    for thing in objects.with_filter(osmium.filter.KeyFilter("addr:housenumber", "highway")):
        tags = dict(thing.tags)
        places = _places(thing)
        if not places:
            continue
        if "addr:housenumber" in tags:
            doors += _door(tags, _middle(places))
        elif roads.kind_of(tags) is not None and "name" in tags:
            streets.append((len(places), _address(places[len(places) // 2], tags["name"])))
    doors.sort(key=_completeness, reverse=True)
    streets.sort(reverse=True)
    return Found(
        _chosen(doors, bounds, apart_m=SAME_DOOR_M),
        _chosen((street for _, street in streets), bounds, apart_m=SAME_STREET_M),
    )


def _places(thing: OSMEntity) -> list[Degrees]:
    """List the known places of a node, a way, or the outline of a multipolygon, as (longitude, latitude)."""
    if isinstance(thing, osmium.osm.Node):
        return [(thing.lon, thing.lat)] if thing.location.valid() else []
    if isinstance(thing, osmium.osm.Way):
        return [(node.lon, node.lat) for node in thing.nodes if node.location.valid()]
    if isinstance(thing, osmium.osm.Area) and not thing.from_way():
        return [(node.lon, node.lat) for ring in thing.outer_rings() for node in ring]
    return []


def _middle(places: list[Degrees]) -> Degrees:
    middle = shapely.MultiPoint(places).convex_hull.centroid
    return middle.x, middle.y


def _door(tags: Tags, place: Degrees) -> Iterator[Address]:
    street = tags.get("addr:street") or tags.get("addr:place")
    if street:
        yield _address(place, street, tags["addr:housenumber"], tags.get("addr:postcode"), tags.get("addr:city"))


def _address(
    place: Degrees, street: str, number: str | None = None, postcode: str | None = None, city: str | None = None
) -> Address:
    longitude, latitude = (round(degrees, 6) for degrees in place)
    return Address(_line(street), _line(number), _line(postcode), _line(city), latitude, longitude)


def _line(text: str | None) -> str:
    return " ".join((text or "").replace("\0", "").split())


def _chosen(addresses: Iterable[Address], bounds: Bounds, *, apart_m: float) -> list[Address]:
    """Sort those within the bounds, without any that is near an earlier one of its street and number."""
    kept: defaultdict[tuple[str, str], list[Address]] = defaultdict(list)
    for address in addresses:
        alike = kept[address.street.casefold(), address.number.casefold()]
        is_new = all(projection.distance_m(*address[4:], *other[4:]) > apart_m for other in alike)
        if is_new and bounds.contains(address.latitude, address.longitude):
            alike.append(address)
    return sorted(itertools.chain.from_iterable(kept.values()), key=_order)


def _completeness(door: Address) -> int:
    return sum(map(bool, door[:4]))


def _order(address: Address) -> tuple[str, int, Address]:
    digits = _DIGITS.search(address.number)
    return address.street.casefold(), int(digits[0]) if digits else 0, address
