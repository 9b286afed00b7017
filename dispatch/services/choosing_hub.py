"""Which hub brings an order: the one where it costs least, with the sum, and why each of the others does not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dispatch.models import Hub
from dispatch.planning.inserting import Insertion
from dispatch.services import demands, drafts
from dispatch.services.drafts import Draft, Goods


class Drafts:
    """The days that are looked at for one order; each is drafted once."""

    def __init__(self, goods: Goods, *, at: datetime) -> None:
        self._goods, self._at = goods, at
        self._known: dict[tuple[int, date], Draft | None] = {}

    def of(self, hub: Hub, day: date) -> Draft | None:
        """Draft a day of a hub; ``None`` where nobody works then."""
        key = hub.pk, day
        if key not in self._known:
            self._known[key] = drafts.make(hub, day, self._goods, at=self._at)
        return self._known[key]


@dataclass(frozen=True, slots=True)
class Possibility:
    """That a hub brings an order on a day between two moments, and what it adds where that is known."""

    hub: Hub
    start: datetime
    end: datetime
    added: Insertion | None

    @property
    def cost(self) -> tuple[bool, float]:
        """What is known costs less than what is not; between those that nobody knows of, nothing."""
        return (False, self.added.added.money) if self.added else (True, 0.0)

    def line(self) -> dict[str, Any]:
        """Write the sum down: money with its share of carbon, kilometres, kg CO2e."""
        if self.added is None:
            return {"hub": self.hub.place.slug, "money": None}
        cost = self.added.added
        return {
            "hub": self.hub.place.slug,
            "money": f"{cost.money:.2f}",
            "carbon": f"{cost.carbon:.2f}",
            "km": round(cost.metres / 1000, 2),
            "kg_co2e": round(cost.kg_co2e, 3),
        }


def candidates(
    hubs: Collection[Hub], goods: Goods, *, stocked: Collection[str] | None
) -> tuple[list[Hub], dict[str, str]]:
    """Sort hubs into those that reach a place and have the goods, and, by slug, why the others do not bring it.

    ``stocked`` are the slugs of the hubs that have the goods; ``None`` means all.
    """
    fitting, refused = [], {}
    for hub in sorted(hubs, key=lambda hub: demands.away_m(hub, goods.point)):
        if stocked is not None and hub.place.slug not in stocked:
            refused[hub.place.slug] = "not_stocked"
        elif demands.away_m(hub, goods.point) > hub.reach_m:
            refused[hub.place.slug] = "too_far"
        else:
            fitting.append(hub)
    return fitting, refused


def weigh(
    hub: Hub, draft: Draft | None, *, start: datetime, end: datetime, ready_at: datetime | None = None
) -> Possibility | None:
    """Say what it adds to a hub's day to come between two moments; ``None`` where it cannot."""
    if draft is None:
        return Possibility(hub, start, end, None)
    found = draft.insertion(start, end, ready_at=ready_at)
    return Possibility(hub, start, end, found) if found else None


def choose(possibilities: Sequence[Possibility]) -> Possibility:
    """Choose the one that costs least; of equals the nearest, which comes first."""
    return min(possibilities, key=lambda possibility: possibility.cost)
