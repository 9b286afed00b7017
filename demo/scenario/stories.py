"""What happens to the shipments that no driver of today's tours has: a table of histories. Pure."""

from dataclasses import dataclass
from typing import Final

from demo.scenario.cast import OWN_FLEET, PICKUP, THIRD_PARTY
from tracking.shipments.lifecycle import Handover, Status

UNREADABLE: Final = "XQ-77"
"""A code of a carrier that nobody has told us the meaning of."""

VANTAA: Final = "Vantaa sorting centre"
HUB: Final = "Kluuvi hub"
SHELF: Final = "Esplanadi pickup point"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened some hours ago.

    Without a status it is the carrier's unreadable update. ``parcel`` counts from 0 where it is about one parcel alone.
    """

    hours_ago: float
    status: Status | None
    place: str = ""
    handover: Handover | None = None
    parcel: int | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A history that ``count`` shipments share, give or take.

    ``days`` is when delivery is expected, counted from today, as a date without a time; ``about`` is what to call its
    link where it is worth showing.
    """

    steps: tuple[Step, ...]
    count: int = 1
    about: str = ""
    ordered_hours_ago: float = 50.0
    carrier: str = OWN_FLEET
    parcels: int = 1
    days: int | None = None


S = Status
TO_THE_HUB: Final = (Step(40, S.IN_TRANSIT, VANTAA), Step(20, S.AT_HUB, HUB))
AT_THE_DOOR: Final = (*TO_THE_HUB, Step(5, S.PLANNED), Step(3.5, S.OUT_FOR_DELIVERY, HUB))
WITH_CARRIER: Final = (Step(30, S.IN_TRANSIT, "Tampere"), Step(9, S.IN_TRANSIT, VANTAA))


def _handed_over(how: Handover) -> tuple[Step, ...]:
    return *AT_THE_DOOR, Step(2, S.DELIVERED, handover=how)


STORIES: Final = (
    Story((), count=3, about="Just ordered", ordered_hours_ago=2, days=2),
    Story((Step(6, S.IN_TRANSIT, VANTAA),), count=4, about="In transit", ordered_hours_ago=20, days=1),
    Story(WITH_CARRIER, count=3, about="With a carrier, a date only", carrier=THIRD_PARTY, days=1),
    Story(
        (*WITH_CARRIER, Step(2, None)),
        about="An update nobody can read",
        carrier=THIRD_PARTY,
        days=1,
    ),
    Story(TO_THE_HUB, count=4, about="At the hub", days=1),
    Story(
        (*TO_THE_HUB, Step(4, S.IN_TRANSIT, VANTAA, parcel=2)),
        about="Three parcels, one behind",
        parcels=3,
        days=1,
    ),
    Story((*TO_THE_HUB, Step(4, S.PLANNED)), count=2, about="Planned for today", days=0),
    Story((*AT_THE_DOOR, Step(2, S.ATTEMPTED)), count=2, about="We missed you"),
    Story((*TO_THE_HUB, Step(4, S.ON_HOLD, HUB)), count=2, about="On hold"),
    Story((*TO_THE_HUB, Step(4, S.READY_FOR_PICKUP, SHELF)), count=3, about="Ready for pickup", carrier=PICKUP),
    Story(_handed_over(Handover.RECIPIENT), count=2, about="Delivered"),
    Story(_handed_over(Handover.NEIGHBOUR), about="Delivered to a neighbour"),
    Story(_handed_over(Handover.RECEPTION)),
    Story(_handed_over(Handover.SAFE_PLACE)),
    Story(
        (
            *TO_THE_HUB,
            Step(14, S.READY_FOR_PICKUP, SHELF),
            Step(3, S.DELIVERED, SHELF, handover=Handover.PICKUP_POINT),
        ),
        about="Collected",
        carrier=PICKUP,
    ),
    Story(
        (*AT_THE_DOOR, Step(3, S.ATTEMPTED), Step(1, S.RETURNING, HUB)),
        count=2,
        about="On its way back",
    ),
    Story(
        (*TO_THE_HUB, Step(10, S.RETURNING, HUB), Step(1, S.RETURNED, VANTAA)),
        count=2,
        about="Returned",
    ),
    Story((*TO_THE_HUB, Step(8, S.DAMAGED, HUB)), about="Damaged"),
    Story((Step(44, S.IN_TRANSIT, VANTAA), Step(3, S.LOST)), about="Lost", ordered_hours_ago=70),
    Story((Step(20, S.CANCELLED),), count=2, about="Cancelled"),
)
