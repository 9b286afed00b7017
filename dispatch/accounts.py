"""The emissions of a plan, tour by tour, with each shipment's share: what is printed, shown to a shop, or audited.

Worked out from the plan's own rows, so that it is the same whenever it is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from dispatch import emissions, travel
from dispatch.emissions import Account, Carried
from dispatch.models import Plan, PlannedTour, PlannedVisit


@dataclass(frozen=True, slots=True)
class TourAccount:
    """What one tour of a plan does to the air."""

    tour: PlannedTour
    account: Account

    @property
    def km(self) -> str:
        """The whole round."""
        return f"{self.account.metres / 1000:.1f}"


def of_plan(plan: Plan) -> list[TourAccount]:
    """Account for each tour of a plan, in the order in which they leave. A constant number of queries."""
    visits = PlannedVisit.objects.select_related("shipment__demand", "place").order_by("sequence", "shipment_id")
    tours = plan.tours.select_related("duty__shift__driver", "duty__vehicle_type", "duty__hub__place")
    fetched = tours.prefetch_related(Prefetch("visits", visits)).order_by("departs_at", "pk")
    return [TourAccount(tour, _account(tour, plan)) for tour in fetched]


def total_mg(accounts: Sequence[TourAccount]) -> int:
    """Add all tours up, in milligrams of CO2e."""
    return sum(one.account.mg for one in accounts)


def _account(tour: PlannedTour, plan: Plan) -> Account:
    """Account for a tour: each shipment carries by its mass and the shortest way from the hub."""
    kind, hub = tour.duty.vehicle_type, tour.duty.hub.place
    visits = list(tour.visits.all())
    places = [visit.place or visit.shipment for visit in visits]
    points = [(place.latitude or 0.0, place.longitude or 0.0) for place in (hub, *places)]
    metres = travel.drives(points, kinds=[kind])[kind.slug].metres[0]
    carried = [
        Carried(visit.shipment.reference, visit.shipment.demand.mass_g, int(metres[number]))
        for number, visit in enumerate(visits, start=1)
    ]
    factor = emissions.factor_of(kind.vehicle_class, kind.energy, on=plan.day)
    return emissions.account(tour.metres, factor, carried)
