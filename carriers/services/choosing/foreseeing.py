"""What choosing by some weights would have done with a brand's shipments of the last month. Reads only.

Shipments come in their order and take up the room of their days, as they would have. What carriers cost and emit is
reckoned by what is known of them today, for what really happened too. That somebody comes within the window, or is
given stars, is known only of who really came: of all others it is the expectation that their sum rests on, and what
other brands' shipments would take up of the room is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from django.db.models import F, Q

from carriers.criteria import Criterion
from carriers.models.choices import Weighing
from carriers.scoring.scales import Figure
from carriers.scoring.sums import Candidate, Scorer
from carriers.services.choosing import deciding, loads
from carriers.services.choosing.loads import Load
from carriers.services.choosing.market import Market, Stall
from carriers.services.choosing.rooms import Room
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, ShipmentQuerySet

DAYS: Final = 30
MOST: Final = 30_000


@dataclass(slots=True)
class Amount:
    """A sum of what is known of ``n`` deliveries."""

    total: Decimal = Decimal(0)
    n: int = 0

    def add(self, value: Decimal | None) -> None:
        """Add what is known of one more."""
        if value is not None:
            self.total += value
            self.n += 1

    @property
    def mean(self) -> Decimal | None:
        """What it is for each that is known, if any is."""
        return self.total / self.n if self.n else None


@dataclass(slots=True)
class Part:
    """What one carrier has of the shipments: how many, at which cost and emissions, and what may be expected of it.

    ``expected`` are its figures as they count in a sum, with what they rest on.
    """

    name: str
    shipments: int = 0
    cost: Amount = field(default_factory=Amount)
    grams: Amount = field(default_factory=Amount)
    expected: dict[Criterion, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Course:
    """One way in which the month went or would have gone: each carrier's part, by slug, and what nobody had."""

    parts: dict[str, Part]
    nobody: int

    @property
    def shipments(self) -> int:
        """How many somebody had."""
        return sum(part.shipments for part in self.parts.values())

    @property
    def cost(self) -> Amount:
        """What all of them cost."""
        return _sum(part.cost for part in self.parts.values())

    @property
    def grams(self) -> Amount:
        """What all of them did to the air, in grams of CO2e."""
        return _sum(part.grams for part in self.parts.values())


@dataclass(frozen=True, slots=True)
class Happened:
    """How often what was promised was kept, of how many promises; counted as carriers' scores are."""

    kept: int
    promised: int


@dataclass(frozen=True, slots=True)
class Effect:
    """A month as it was, and as it would have been by each of some weighings.

    ``is_cut`` where there were more shipments than are looked at: the first of them are.
    """

    since: datetime
    until: datetime
    shipments: int
    is_cut: bool
    really: Course
    happened: Happened
    would: Sequence[Course]


def foresee(brand_id: int, weighings: Sequence[Weighing], *, at: datetime, most: int = MOST) -> Effect:
    """Work out what weighings would have done with what a brand delivered in the last month. Nine queries."""
    since = at - timedelta(days=DAYS)
    ended = Shipment.objects.filter(brand=brand_id, finished_at__gt=since, finished_at__lte=at)
    found = ended.exclude(status=Status.CANCELLED).order_by("created_at", "id")
    given = list(loads.of(found[: most + 1]))
    known = given[:most]
    market = Market.open({load.day for load in known})
    courses = [_Trial(market, deciding.scorer_of(weighing, market)) for weighing in weighings]
    really = _Tally()
    for load in known:
        could = _could(market, load)
        really.add(could.get(load.carrier_id or 0) or _whoever(market, load))
        for course in courses:
            course.give(load, could.values())
    return Effect(
        since=since,
        until=at,
        shipments=len(known),
        is_cut=len(given) > most,
        really=really.course,
        happened=_happened(found),
        would=[course.finish() for course in courses],
    )


class _Could(NamedTuple):
    """That a carrier could have a load, and all that is known of it for that, its room aside."""

    stall: Stall
    figures: Mapping[Criterion, Figure]


class _Tally:
    """A course as it is added up."""

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}
        self._nobody = 0

    def add(self, given: _Could | None) -> None:
        """Add a shipment that somebody has, or nobody."""
        if given is None:
            self._nobody += 1
            return
        part = self._parts.setdefault(given.stall.carrier.slug, Part(given.stall.carrier.name))
        part.shipments += 1
        part.cost.add(given.figures[Criterion.COST].value)
        part.grams.add(given.figures[Criterion.CO2].value)

    @property
    def course(self) -> Course:
        """What it came to."""
        return Course(self._parts, self._nobody)


class _Trial:
    """A month given away by one weighing, shipment by shipment."""

    def __init__(self, market: Market, scorer: Scorer) -> None:
        self._market, self._scorer, self._tally = market, scorer, _Tally()
        self._room = Room(market.room.places)

    def give(self, load: Load, could: Iterable[_Could]) -> None:
        """Give a shipment to who has the best sum and room for it."""
        able = {one.stall.carrier.slug: one for one in could if not self._room.is_full(one.stall.carrier.id, load.day)}
        best = self._scorer.best(self._candidate(name, one, load) for name, one in able.items())
        self._tally.add(able[best.name] if best else None)
        if best:
            self._room.taken[able[best.name].stall.carrier.id, load.day] += 1

    def finish(self) -> Course:
        """Say what it came to, and what may be expected of everybody."""
        course = self._tally.course
        for slug, part in course.parts.items():
            part.expected = _expected(self._scorer, self._market.stalls[slug])
        return course

    def _candidate(self, name: str, one: _Could, load: Load) -> Candidate:
        return Candidate(name, {**one.figures, Criterion.CAPACITY: self._room.figure(one.stall.carrier.id, load.day)})


def _could(market: Market, load: Load) -> dict[int, _Could]:
    """Find, by their ids, the carriers that could have had a load."""
    able = (stall for stall in market.stalls.values() if market.why_never(stall, load) is None)
    return {stall.carrier.id: _Could(stall, stall.figures(load)) for stall in able}


def _whoever(market: Market, load: Load) -> _Could | None:
    """Find who really had a load, although by what is said of it today it could not have; ``None`` where unknown."""
    stall = next((stall for stall in market.stalls.values() if stall.carrier.id == load.carrier_id), None)
    return _Could(stall, stall.figures(load)) if stall else None


def _expected(scorer: Scorer, stall: Stall) -> dict[Criterion, Figure]:
    """Say what counts of a carrier's deliveries, and on how many of its own that rests."""
    lines = [scorer.line(criterion, stall.known.get(criterion, Figure())) for criterion in _FORETOLD]
    return {line.criterion: Figure(line.counted, line.figure.n or 0) for line in lines}


_FORETOLD: Final = (Criterion.ON_WINDOW, Criterion.SATISFACTION)


def _happened(found: ShipmentQuerySet) -> Happened:
    promised = found.filter(status=Status.DELIVERED, promised_end__isnull=False)
    kept = promised.filter(Q(finished_at__gte=F("promised_start"), finished_at__lte=F("promised_end")))
    return Happened(kept.count(), promised.count())


def _sum(amounts: Iterable[Amount]) -> Amount:
    added = Amount()
    for amount in amounts:
        added.total += amount.total
        added.n += amount.n
    return added
