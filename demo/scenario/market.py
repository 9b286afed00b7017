"""What the demo's carriers can be had for, and what its first shop looks at: something to compare at the desk."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from carriers.models import Floor, Profile, Tariff
from carriers.models.choices import Floored
from carriers.services.choosing import weighing
from demo.scenario import cast
from dispatch.models import VehicleType
from tracking.rounds.models import Carrier, Vehicle
from tracking.shipments.models import Brand

PROFILES: Final[Mapping[str, Mapping[str, Any]]] = {
    cast.OWN_FLEET: {"deliveries_an_hour": 9, "doors_a_round": 30, "metres_between_doors": 500},
    cast.THIRD_PARTY: {"deliveries_a_day": 500, "grams_a_parcel": 420, "source": "Invented, like the carrier"},
    cast.CROWD: {"reach_m": 4_000, "most_mass_g": 15_000},
    cast.PICKUP: {"grams_a_parcel": 60, "source": "Invented: most people come on foot", "is_offered": False},
}
"""Collecting is for shoppers to choose, and not for us."""

VEHICLES: Final = {cast.OWN_FLEET: Vehicle.VAN, cast.CROWD: Vehicle.CARGO_BIKE}

TARIFFS: Final = {cast.THIRD_PARTY: ("5.40", "0.350", "0")}
"""For each delivery, kilogram and kilometre; what a crowd costs is what its couriers are paid."""

FLOORS: Final = {Floored.ON_WINDOW: "0.6", Floored.SATISFACTION: "2.5", Floored.CLAIMS: "0.1"}

WEIGHS: Final[Mapping[str, Any]] = {
    "is_on": False,
    "cost": 35,
    "on_window": 25,
    "satisfaction": 15,
    "claims": 5,
    "co2": 15,
    "capacity": 5,
    "dear": Decimal(12),
    "dirty_g": 1_500,
}
"""Not switched on: whoever looks at the demo sees first what that would have done."""


@transaction.atomic
def write(*, at: datetime) -> None:
    """Write down on which terms everybody carries, what is too bad, and what the first shop looks at."""
    kinds = {kind.slug: kind for kind in VehicleType.objects.all()}
    carriers = {carrier.slug: carrier for carrier in Carrier.objects.filter(slug__in=PROFILES)}
    for slug, profile in PROFILES.items():
        Profile.objects.create(carrier=carriers[slug], vehicle_type=kinds.get(VEHICLES.get(slug, "")), **profile)
    for slug, (base, per_kg, per_km) in TARIFFS.items():
        Tariff.objects.create(
            carrier=carriers[slug], base=Decimal(base), per_kg=Decimal(per_kg), per_km=Decimal(per_km)
        )
    for criterion, worst in FLOORS.items():
        Floor.objects.create(criterion=criterion, worst=Decimal(worst))
    weighing.weigh(Brand.objects.get(slug=cast.BRANDS[0].slug), WEIGHS, at=at)
