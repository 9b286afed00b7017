"""Who takes part in the day: shops, carriers, places, drivers, and the names that orders are made out to.

All of it is invented; streets and house numbers are real, who lives there is not.
"""

from dataclasses import dataclass
from typing import Final

from tracking.rounds.models import CarrierKind, PlaceKind, Vehicle

Point = tuple[float, float]

TIMEZONE: Final = "Europe/Helsinki"


@dataclass(frozen=True, slots=True)
class BrandPart:
    """A shop, with the prefix of its order numbers, and whom its messages name for help."""

    slug: str
    name: str
    colour: str
    prefix: str
    help_contact: str


@dataclass(frozen=True, slots=True)
class CarrierPart:
    """Somebody who carries."""

    slug: str
    name: str
    kind: CarrierKind


@dataclass(frozen=True, slots=True)
class PlacePart:
    """A hub or a pickup point, near a point; its address is that of the nearest door."""

    slug: str
    name: str
    kind: PlaceKind
    near: Point


@dataclass(frozen=True, slots=True)
class DriverPart:
    """A driver, the carrier they drive for, and the hub they start from."""

    given_name: str
    family_name: str
    vehicle: Vehicle
    carrier: str
    hub: str


BRANDS: Final = (
    BrandPart("kaarna", "Kaarna", "#0b6e5f", "KA", "hei@kaarna.example"),
    BrandPart("lumikki", "Lumikki Books", "#8a2452", "LB", "help@lumikki.example"),
)

LANGUAGES: Final = ("", "fi", "", "sv", "", "fi", "", "de", "", "fr", "", "es", "", "ar")
"""What shoppers read, one after another; with none, what their shop writes: English."""

OWN_FLEET: Final = "own"
THIRD_PARTY: Final = "revontuli"
CROWD: Final = "naapurit"
PICKUP: Final = "collect"

CARRIERS: Final = (
    CarrierPart(OWN_FLEET, "Own fleet", CarrierKind.OWN_FLEET),
    CarrierPart(THIRD_PARTY, "Revontuli Express", CarrierKind.THIRD_PARTY),
    CarrierPart(CROWD, "Naapurit", CarrierKind.CROWD),
    CarrierPart(PICKUP, "Collect from a hub", CarrierKind.PICKUP),
)

PLACES: Final = (
    PlacePart("kluuvi", "Kluuvi hub", PlaceKind.HUB, (60.1690, 24.9440)),
    PlacePart("kruununhaka", "Kruununhaka hub", PlaceKind.HUB, (60.1730, 24.9520)),
    PlacePart("hakaniemi", "Hakaniemi hub", PlaceKind.HUB, (60.1785, 24.9510)),
    PlacePart("esplanadi", "Esplanadi pickup point", PlaceKind.PICKUP_POINT, (60.1675, 24.9480)),
    PlacePart("kaisaniemi", "Kaisaniemi pickup point", PlaceKind.PICKUP_POINT, (60.1715, 24.9450)),
)

AINO: Final = DriverPart("Aino", "Korhonen", Vehicle.VAN, OWN_FLEET, "kluuvi")
ONNI: Final = DriverPart("Onni", "Laine", Vehicle.VAN, OWN_FLEET, "kruununhaka")
HELMI: Final = DriverPart("Helmi", "Niemi", Vehicle.CARGO_BIKE, OWN_FLEET, "hakaniemi")
EETU: Final = DriverPart("Eetu", "Mäkelä", Vehicle.VAN, OWN_FLEET, "kluuvi")
VENLA: Final = DriverPart("Venla", "Salonen", Vehicle.CARGO_BIKE, OWN_FLEET, "kruununhaka")
VAINO: Final = DriverPart("Väinö", "Heikkinen", Vehicle.VAN, OWN_FLEET, "hakaniemi")
SIIRI: Final = DriverPart("Siiri", "Aalto", Vehicle.CAR, CROWD, "kluuvi")
LEO: Final = DriverPart("Leo", "Rantanen", Vehicle.VAN, OWN_FLEET, "kruununhaka")

OONA: Final = DriverPart("Oona", "Lehtinen", Vehicle.VAN, OWN_FLEET, "kluuvi")
"""The one whose tour the planner has made."""

RIDERS: Final = (
    DriverPart("Lumi", "Saarinen", Vehicle.BIKE, CROWD, "kluuvi"),
    DriverPart("Oiva", "Rautio", Vehicle.BIKE, CROWD, "kruununhaka"),
    DriverPart("Aamu", "Tuomi", Vehicle.BIKE, CROWD, "hakaniemi"),
)
"""The crowd on bikes, who take what they are asked to bring."""

RIDER_BY_HAND: Final = DriverPart("Kaapo", "Lahti", Vehicle.CARGO_BIKE, CROWD, "kluuvi")
"""The courier whose errand is for whoever looks at the demo to take."""

BY_HAND: Final = LEO
"""Whom nobody simulates: their link is for whoever looks at the demo."""

DRIVERS: Final = (AINO, ONNI, HELMI, EETU, VENLA, VAINO, SIIRI, LEO)

GIVEN_NAMES: Final = (
    "Aada", "Aatos", "Anni", "Antti", "Eino", "Elina", "Ella", "Emil", "Hanna", "Heikki", "Ilona", "Inka", "Jari",
    "Joonas", "Juha", "Kaisa", "Kalle", "Kerttu", "Lauri", "Leena", "Lotta", "Matti", "Mikko", "Minna", "Noora",
    "Olavi", "Outi", "Pekka", "Pirkko", "Riikka", "Saara", "Sami", "Sanna", "Sofia", "Tapio", "Teemu", "Tuula",
    "Ulla", "Veera", "Ville",
)  # fmt: skip

FAMILY_NAMES: Final = (
    "Ahonen", "Anttila", "Halonen", "Hakala", "Harju", "Heinonen", "Hiltunen", "Hirvonen", "Jokinen", "Kallio",
    "Kangas", "Karjalainen", "Kettunen", "Kinnunen", "Koivisto", "Koskinen", "Laaksonen", "Lahtinen", "Lehto",
    "Leppänen", "Lindholm", "Manninen", "Mattila", "Miettinen", "Nurmi", "Ojala", "Peltonen", "Pitkänen", "Rinne",
    "Ruotsalainen", "Saari", "Savolainen", "Seppälä", "Sundström", "Toivonen", "Tuominen", "Turunen", "Vainio",
    "Virtanen", "Väisänen",
)  # fmt: skip
