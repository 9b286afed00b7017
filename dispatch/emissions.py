"""What deliveries do to the air: greenhouse gases of a route and of each parcel on it, with the sums that lead there.

Method: ISO 14083 and the GLEC Framework. A route is accounted from the hub back to the hub, its empty legs included,
well to wheel; each parcel carries of it in proportion to its tonne-kilometres, its mass times the shortest distance
from the hub to its door. Amounts are whole milligrams of CO2e, so that what is printed adds up exactly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.conf import settings

from dispatch import factors
from dispatch.models.fleet import Energy, VehicleClass, VehicleType

MG_PER_KG: Final = 1_000_000
METRES_PER_KM: Final = 1_000

_AVERAGE_OF: Final = {
    VehicleClass.VAN_1305: VehicleClass.VAN,
    VehicleClass.VAN_1740: VehicleClass.VAN,
    VehicleClass.VAN_3500: VehicleClass.VAN,
    VehicleClass.MOTORBIKE_SMALL: VehicleClass.MOTORBIKE,
}


@dataclass(frozen=True, slots=True)
class Factor:
    """What a kilometre in a vehicle costs the air, and of what: ``unit`` is ``l`` or ``kWh``, empty where not known."""

    kg_per_km: float
    unit: str
    units_per_km: float
    kg_per_unit: float
    source: str


@dataclass(frozen=True, slots=True)
class Carried:
    """A parcel or shipment on a route: its mass, and the shortest distance from the hub to its door."""

    reference: str
    mass_g: int
    distance_m: int


@dataclass(frozen=True, slots=True)
class Share:
    """What of a route's emissions one parcel carries."""

    carried: Carried
    mg: int

    @property
    def tonne_km(self) -> float:
        """Give the transport activity."""
        return self.carried.mass_g * self.carried.distance_m / 1e9


@dataclass(frozen=True, slots=True)
class Account:
    """The emissions of one route, printable: the sum, what it was worked out from, and each parcel's share.

    The shares add up to ``mg`` exactly. ``units`` are litres or kWh: measured where ``is_measured``, else worked out.
    """

    metres: int
    factor: Factor
    units: float
    is_measured: bool
    mg: int
    shares: Sequence[Share]

    @property
    def kg(self) -> float:
        """Give the whole in kg CO2e."""
        return self.mg / MG_PER_KG

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Print each share: reference, kg, tonne-kilometres and kg CO2e, ending with the sum."""
        for share in self.shares:
            yield (
                share.carried.reference,
                f"{share.carried.mass_g / 1000:.3f}",
                f"{share.tonne_km:.6f}",
                say_kg(share.mg),
            )
        mass_g = sum(share.carried.mass_g for share in self.shares)
        yield "", f"{mass_g / 1000:.3f}", f"{sum(share.tonne_km for share in self.shares):.6f}", say_kg(self.mg)


def factor_of(vehicle_class: str, energy: str, *, on: date) -> Factor:
    """Look up what a kilometre costs the air in a kind of vehicle, by the table that holds on a day.

    A class of which the energy is not known is taken for the average of its family, and where that is not known either
    for the worst of its own class: what is wrong is never too low.
    """
    table = factors.table("emissions", on=on)
    rows = {**table.get(_AVERAGE_OF.get(VehicleClass(vehicle_class), ""), {}), **table[vehicle_class]}
    kg = 0.0 if energy == Energy.MUSCLE else rows.get(energy, max(rows.values()))
    if energy == Energy.BATTERY:
        kwh_per_km = kg / table["kwh"]["battery"]
        kg_per_kwh = settings.ELECTRICITY_KG_CO2E
        return Factor(kwh_per_km * kg_per_kwh, "kWh", kwh_per_km, kg_per_kwh, table["source"])
    if energy in table["litre"]:
        kg_per_litre = sum(table["litre"][energy].values())
        return Factor(kg, "l", kg / kg_per_litre, kg_per_litre, table["source"])
    return Factor(kg, "", 0.0, 0.0, table["source"])


def kg_per_km(kind: VehicleType, *, on: date) -> float:
    """Say what a kilometre in a type of vehicle costs the air, in kg CO2e."""
    return factor_of(kind.vehicle_class, kind.energy, on=on).kg_per_km


def account(metres: int, factor: Factor, carried: Sequence[Carried], *, units: float | None = None) -> Account:
    """Work out a route's emissions and each parcel's share.

    ``metres`` is the whole round. ``units`` are the litres or kilowatt-hours it really took, where somebody measured.
    """
    is_measured = units is not None and bool(factor.unit)
    km = metres / METRES_PER_KM
    used = units if units is not None and is_measured else km * factor.units_per_km
    mg = round((used * factor.kg_per_unit if is_measured else km * factor.kg_per_km) * MG_PER_KG)
    return Account(metres, factor, used, is_measured, mg, shares(mg, carried))


def shares(mg: int, carried: Sequence[Carried]) -> list[Share]:
    """Divide an amount by tonne-kilometres into whole milligrams that add up to it.

    What is left by rounding down goes to those who lost most by it. Where nothing was carried anywhere all carry alike.
    """
    weights = [one.mass_g * one.distance_m for one in carried]
    if not any(weights):
        weights = [1] * len(carried)
    total = sum(weights)
    parts = [divmod(mg * weight, total) for weight in weights]
    left = mg - sum(part for part, _ in parts)
    worst = sorted(range(len(parts)), key=lambda place: -parts[place][1])[:left]
    return [Share(one, parts[place][0] + (place in worst)) for place, one in enumerate(carried)]


def say_kg(mg: int) -> str:
    """Print whole milligrams as kg, to the last one."""
    return f"{mg // MG_PER_KG}.{mg % MG_PER_KG:06}"
