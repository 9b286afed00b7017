"""Carriers to choose from, for tests: what they can be had for, and what was counted of them."""

from datetime import date
from decimal import Decimal
from typing import Any

from carriers.models import Profile, Tariff, Weighing
from tests.factories import NOON
from tracking.figures.models import CarrierScore
from tracking.models import Brand, Carrier
from tracking.rounds.models import CarrierKind

SINCE, UNTIL = date(2026, 8, 25), date(2026, 11, 22)


def make_carrier(
    slug: str, *, base: str | None = None, kind: CarrierKind = CarrierKind.THIRD_PARTY, **profile: Any
) -> Carrier:
    """Make a carrier that is offered anywhere; with ``base`` it has a tariff."""
    carrier = Carrier.objects.create(slug=slug, name=slug.capitalize(), kind=kind)
    Profile.objects.create(carrier=carrier, **profile)
    if base is not None:
        Tariff.objects.create(carrier=carrier, base=Decimal(base))
    return carrier


def make_score(carrier: Carrier, **figures: Any) -> CarrierScore:
    """Say how a carrier did in the last three months."""
    return CarrierScore.objects.create(carrier=carrier, **{"since": SINCE, "until": UNTIL, **figures})


def make_weighing(brand: Brand, **fields: Any) -> Weighing:
    """Let carriers be chosen for a brand, by the usual weights unless told otherwise."""
    return Weighing.objects.create(brand=brand, **{"is_on": True, "changed_at": NOON, **fields})


def by_cost(brand: Brand, **fields: Any) -> Weighing:
    """Let the cheapest be chosen for a brand."""
    weights = {"cost": 100, "on_window": 0, "satisfaction": 0, "claims": 0, "co2": 0, "capacity": 0}
    return make_weighing(brand, **{**weights, **fields})
