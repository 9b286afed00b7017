"""What the tags of an object mean for the eye: which kind of shape it is, if it is drawn at all."""

from collections.abc import Mapping

from atlas.drawing.shapes import Kind

Tags = Mapping[str, str]

KEYS = (
    "addr:housenumber", "amenity", "building", "highway", "landuse", "leisure", "man_made", "natural", "place",
    "railway", "waterway",
)  # fmt: skip

# The first key with a known value decides.
_AREAS = {
    "natural": {
        "water": Kind.WATER, "beach": Kind.SAND, "sand": Kind.SAND, "wood": Kind.WOOD, "scrub": Kind.WOOD,
        "heath": Kind.GREEN, "grassland": Kind.GREEN, "wetland": Kind.GREEN,
    },
    "waterway": {"riverbank": Kind.WATER, "dock": Kind.WATER},
    "leisure": {
        "park": Kind.GREEN, "garden": Kind.GREEN, "common": Kind.GREEN, "dog_park": Kind.GREEN,
        "golf_course": Kind.GREEN, "nature_reserve": Kind.GREEN, "playground": Kind.GREEN, "pitch": Kind.PITCH,
        "track": Kind.PITCH,
    },
    "landuse": {
        "basin": Kind.WATER, "reservoir": Kind.WATER, "forest": Kind.WOOD, "orchard": Kind.WOOD,
        "grass": Kind.GREEN, "meadow": Kind.GREEN, "village_green": Kind.GREEN, "cemetery": Kind.GREEN,
        "allotments": Kind.GREEN, "recreation_ground": Kind.GREEN,
    },
    "amenity": {"grave_yard": Kind.GREEN},
    "man_made": {"pier": Kind.PIER, "breakwater": Kind.PIER},
    "highway": {"pedestrian": Kind.SQUARE, "footway": Kind.SQUARE},
    "place": {"square": Kind.SQUARE},
}  # fmt: skip

_ROADS = {
    "motorway": Kind.MOTORWAY, "motorway_link": Kind.MOTORWAY_LINK, "trunk": Kind.PRIMARY,
    "trunk_link": Kind.PRIMARY, "primary": Kind.PRIMARY, "primary_link": Kind.PRIMARY,
    "secondary": Kind.SECONDARY, "secondary_link": Kind.SECONDARY, "tertiary": Kind.TERTIARY,
    "tertiary_link": Kind.TERTIARY, "unclassified": Kind.STREET, "residential": Kind.STREET, "road": Kind.STREET,
    "living_street": Kind.STREET, "pedestrian": Kind.STREET, "busway": Kind.SERVICE, "service": Kind.SERVICE,
    "track": Kind.PATH, "footway": Kind.PATH, "path": Kind.PATH, "cycleway": Kind.PATH, "steps": Kind.PATH,
    "bridleway": Kind.PATH,
}  # fmt: skip
_WATERWAYS = {"river": Kind.RIVER, "canal": Kind.RIVER, "stream": Kind.STREAM}
_RAILWAYS = {"rail": Kind.RAIL, "light_rail": Kind.RAIL, "narrow_gauge": Kind.RAIL}
# Aisles of car parks, drives, pavements beside a road and crossings over it: more ink than help.
_MINOR_SERVICES = {"parking_aisle", "driveway", "drive-through", "emergency_access"}
_MINOR_FOOTWAYS = {"sidewalk", "crossing", "traffic_island", "access_aisle"}

# How far a place of a sort reaches around its point, in metres: this decides at which zooms its name is shown.
_PLACES = {
    "city": 6000.0, "town": 3000.0, "borough": 2500.0, "suburb": 1400.0, "village": 1000.0, "quarter": 700.0,
    "island": 700.0, "neighbourhood": 450.0, "hamlet": 400.0, "islet": 150.0,
}  # fmt: skip
_BAY_M = 250.0
_LONGEST_NUMBER = 8


def area_kind(tags: Tags, *, is_way: bool) -> Kind | None:
    """Say which kind of area a closed way or a multipolygon is; a closed road is one only if it says so."""
    if _is_hidden(tags):
        return None
    if tags.get("building", "no") != "no":
        return Kind.BUILDING
    for key, kinds in _AREAS.items():
        kind = kinds.get(tags.get(key, ""))
        if kind is None or (key == "highway" and is_way and tags.get("area") != "yes"):
            continue
        return kind
    return None


def line_kind(tags: Tags) -> Kind | None:
    """Say which kind of line a way is."""
    if tags.get("area") == "yes":
        return None
    kind = _ROADS.get(tags.get("highway", "")) or _WATERWAYS.get(tags.get("waterway", ""))
    if kind is None:
        kind = _RAILWAYS.get(tags.get("railway", ""))
    if kind is None or _is_minor(tags):
        return None
    if kind == Kind.PATH and _is_hidden(tags):
        return None
    if tags.get("tunnel", "no") not in ("no", "building_passage"):
        return Kind.TUNNEL if kind >= Kind.STREET else None
    return kind


def place(tags: Tags) -> tuple[Kind, float] | None:
    """Say what a point with a name stands for and how far it reaches in metres, if its name is shown."""
    if "name" not in tags:
        return None
    if tags.get("natural") in ("bay", "strait"):
        return Kind.WATER, _BAY_M
    radius_m = _PLACES.get(tags.get("place", ""))
    return None if radius_m is None else (Kind.PLACE, radius_m)


def house(tags: Tags) -> tuple[str, str] | None:
    """Give the street and the number of a house, unless what stands there for a number is a whole sentence."""
    number = tags.get("addr:housenumber", "")
    return (tags.get("addr:street", ""), number) if 0 < len(number) <= _LONGEST_NUMBER else None


def _is_hidden(tags: Tags) -> bool:
    """Tell whether the thing is under the ground or indoors."""
    return (
        tags.get("tunnel", "no") != "no"
        or tags.get("location") in ("underground", "indoor")
        or tags.get("indoor", "no") != "no"
        or (tags.get("layer", "").startswith("-") and tags.get("natural") != "water")
    )


def _is_minor(tags: Tags) -> bool:
    return (
        tags.get("service") in _MINOR_SERVICES
        or tags.get("footway") in _MINOR_FOOTWAYS
        or ("railway" in tags and "service" in tags)
    )
