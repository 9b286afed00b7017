"""Who could carry something: what each can be had for, what is known of each, and why one cannot. Reads only."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final, Self

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from atlas import projection, travel
from carriers.criteria import Criterion, Source
from carriers.models.choices import Bench, Profile, Tariff
from carriers.models.crowd import Offer, Terms
from carriers.scoring import costs, sums
from carriers.scoring.costs import Rates
from carriers.scoring.scales import TO_FIGURES, Figure
from carriers.scoring.sums import Candidate
from carriers.services import places
from carriers.services.choosing import rooms
from carriers.services.choosing.loads import Load, Point
from carriers.services.choosing.rooms import Room
from dispatch import emissions, slots
from dispatch.models import Fleet
from tracking.figures.models import CarrierScore
from tracking.rounds.models import Carrier, CarrierKind

COUNTED: Final = (Criterion.ON_WINDOW, Criterion.SATISFACTION, Criterion.CLAIMS)


class WhyNot(TextChoices):
    """Why a carrier cannot have something."""

    BENCHED = "benched", _("It is benched.")
    LEVEL = "level", _("It does not offer this level of service.")
    AREA = "area", _("It does not go to this postcode.")
    NO_POINT = "no_point", _("Nobody knows how far it is.")
    TOO_FAR = "too_far", _("It is too far.")
    TOO_HEAVY = "too_heavy", _("It is too heavy.")
    NO_TARIFF = "no_tariff", _("It has no tariff for this postcode.")
    FULL = "full", _("It has no room left on that day.")


@dataclass(frozen=True, slots=True)
class Stall:
    """A carrier with all that is known of it; ``known`` are its figures that do not hang on what is carried.

    ``terms`` are those of a crowd. ``kg_per_km`` is what its vehicle does to the air, where anybody says which that is.
    """

    carrier: Carrier
    profile: Profile
    tariffs: Sequence[Tariff]
    fleet: Fleet | None
    terms: Terms | None
    is_benched: bool
    known: Mapping[Criterion, Figure]
    kg_per_km: float | None
    _zones: dict[str, Tariff | None] = field(default_factory=dict, compare=False, repr=False)
    _ways: dict[tuple[Point, str], int] = field(default_factory=dict, compare=False, repr=False)

    def tariff(self, postcode: str) -> Tariff | None:
        """Find the tariff that names a postcode most exactly."""
        if postcode not in self._zones:
            fitting = [tariff for tariff in self.tariffs if slots.reaches(tariff.postcode, postcode)]
            self._zones[postcode] = max(fitting, key=lambda tariff: len(tariff.postcode), default=None)
        return self._zones[postcode]

    def metres(self, load: Load) -> int | None:
        """Say how far it is to drive from where the carrier sets out, where that is known."""
        origin = self._hub or load.origin
        return None if origin is None or load.point is None else _metres(origin, load.point)

    def cost(self, load: Load) -> Figure:
        """Say what a delivery costs, and what that is worked out from."""
        tariff = self.tariff(load.postcode)
        if self.terms is not None:
            return Figure(self._pay(self.terms, load), source=Source.PAY)
        if tariff is not None:
            rates = Rates(tariff.base, tariff.per_kg, tariff.per_km)
            return Figure(rates.cost(mass_g=load.mass_g, metres=self.metres(load)), source=Source.TARIFF)
        if load.quoted is not None and self.carrier.kind == CarrierKind.OWN_FLEET:
            return Figure(load.quoted, source=Source.CHECKOUT)
        own = self._rates()
        value = own.cost(mass_g=load.mass_g, metres=self._driven(load)) if own else None
        return Figure(value, source=Source.DRIVERS)

    def grams(self, load: Load) -> Decimal | None:
        """Say what a delivery does to the air: as the carrier says, or by what is driven for it in which vehicle."""
        profile = self.profile
        if profile.grams_a_parcel is not None:
            return Decimal(profile.grams_a_parcel * load.parcels)
        driven = self._driven(load)
        return None if self.kg_per_km is None or driven is None else costs.grams(self.kg_per_km, driven)

    def figures(self, load: Load) -> dict[Criterion, Figure]:
        """Say what is known of the carrier for a load, its room aside."""
        return {**self.known, Criterion.COST: self.cost(load), Criterion.CO2: Figure(self.grams(load))}

    @property
    def _hub(self) -> Point | None:
        hub = self.profile.hub
        return (hub.latitude, hub.longitude) if hub else None

    def _pay(self, terms: Terms, load: Load) -> Decimal | None:
        """Say what an offer of this alone pays, from where the shipment is, which is whence couriers bring it."""
        origin = load.origin or self._hub
        if origin is None or load.point is None:
            return None
        way = origin, places.cell_at(*load.point)
        if way not in self._ways:
            self._ways[way] = places.metres_to(way[1], origin)
        per_stop = self.fleet.cost_per_stop if self.fleet else Decimal(0)
        return Offer(metres=self._ways[way], pay_per_stop=per_stop, pay_per_km=terms.pay_per_km).pay

    def _driven(self, load: Load) -> int | None:
        metres, profile = self.metres(load), self.profile
        if metres is None:
            return None
        return costs.share_of_round(metres, doors=profile.doors_a_round, between=profile.metres_between_doors)

    def _rates(self) -> Rates | None:
        """Say what the drivers cost for one door; a shift drives one round."""
        fleet, profile = self.fleet, self.profile
        if fleet is None or (fleet.cost_per_hour and profile.deliveries_an_hour is None):
            return None
        base = fleet.cost_per_stop + fleet.cost_per_shift / profile.doors_a_round
        base += fleet.cost_per_hour / (profile.deliveries_an_hour or 1)
        return Rates(base, per_km=profile.vehicle_type.cost_per_km if profile.vehicle_type else Decimal(0))


@dataclass(frozen=True, slots=True)
class Market:
    """Everybody who is offered at all, the means of all their figures, and the room they have."""

    stalls: Mapping[str, Stall]
    means: Mapping[Criterion, Decimal]
    room: Room

    @classmethod
    def open(cls, days: Collection[date], *, without: int | None = None) -> Self:
        """Gather everybody, with the room of these days less what was chosen for them: eight queries.

        ``without`` is a shipment that takes up none.
        """
        offered = Profile.objects.filter(is_offered=True).select_related(
            "carrier__fleet", "carrier__terms", "hub", "vehicle_type"
        )
        profiles = list(offered.order_by("carrier__slug"))
        tariffs = list(Tariff.objects.all())
        benched = set(Bench.objects.open().values_list("carrier", flat=True))
        scores = {score.carrier_id: counted(score) for score in CarrierScore.objects.all()}
        stalls = {
            profile.carrier.slug: Stall(
                carrier=profile.carrier,
                profile=profile,
                tariffs=[tariff for tariff in tariffs if tariff.carrier_id == profile.carrier_id],
                fleet=getattr(profile.carrier, "fleet", None),
                terms=getattr(profile.carrier, "terms", None),
                is_benched=profile.carrier_id in benched,
                known=scores.get(profile.carrier_id, {}),
                kg_per_km=_kg_per_km(profile, on=max(days, default=None)),
            )
            for profile in profiles
        }
        return cls(stalls, _means(scores.values()), rooms.of(profiles, days, without=without))

    def why_not(self, stall: Stall, load: Load) -> WhyNot | None:
        """Say why a carrier cannot have a load, if it cannot."""
        is_full = self.room.is_full(stall.carrier.id, load.day)
        return self.why_never(stall, load) or (WhyNot.FULL if is_full else None)

    def why_never(self, stall: Stall, load: Load) -> WhyNot | None:
        """Say why a carrier could not have a load however much room it had, if it could not."""
        profile, metres = stall.profile, stall.metres(load)
        reasons = {
            WhyNot.BENCHED: stall.is_benched,
            WhyNot.LEVEL: bool(profile.levels) and load.level not in profile.levels.split(),
            WhyNot.AREA: bool(profile.area) and not slots.reaches(profile.area, load.postcode),
            WhyNot.NO_POINT: profile.reach_m is not None and metres is None,
            WhyNot.TOO_FAR: profile.reach_m is not None
            and (metres or 0) > profile.reach_m * travel.CROWS_FLIGHT.detour,
            WhyNot.TOO_HEAVY: profile.most_mass_g is not None and load.mass_g > profile.most_mass_g,
            WhyNot.NO_TARIFF: bool(stall.tariffs) and stall.tariff(load.postcode) is None,
        }
        return next((reason for reason, holds in reasons.items() if holds), None)

    def candidate(self, stall: Stall, load: Load) -> Candidate:
        """Say what is known of a carrier for a load."""
        figures = {**stall.figures(load), Criterion.CAPACITY: self.room.figure(stall.carrier.id, load.day)}
        return Candidate(stall.carrier.slug, figures)


def counted(score: CarrierScore) -> dict[Criterion, Figure]:
    """Read what was counted of a carrier's deliveries."""
    figures = {
        Criterion.ON_WINDOW: (score.on_window, score.on_window_n),
        Criterion.SATISFACTION: (score.stars, score.stars_n),
        Criterion.CLAIMS: (score.claims, score.claims_n),
    }
    return {criterion: Figure(_decimal(value), n) for criterion, (value, n) in figures.items()}


def _means(scores: Iterable[Mapping[Criterion, Figure]]) -> dict[Criterion, Decimal]:
    known = list(scores)
    means = {criterion: sums.pool(figures[criterion] for figures in known) for criterion in COUNTED}
    return {criterion: mean for criterion, mean in means.items() if mean is not None}


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(TO_FIGURES)


def _kg_per_km(profile: Profile, *, on: date | None) -> float | None:
    """Look up what a carrier's vehicle does to the air, by the table that holds on a day."""
    if profile.vehicle_type is None or on is None:
        return None
    return emissions.kg_per_km(profile.vehicle_type, on=on)


@lru_cache(maxsize=1_024)
def _metres(origin: Point, point: Point) -> int:
    return round(float(projection.distance_m(*origin, *point)) * travel.CROWS_FLIGHT.detour)
