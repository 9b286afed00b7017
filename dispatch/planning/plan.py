"""What the optimiser answers: timed tours, what could not be planned and why, and what it all comes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a visit is in no tour."""

    TOO_MUCH = "too_much"  # no vehicle can carry it
    NO_SKILL = "no_skill"  # nobody who works that day may do it
    TOO_FAR = "too_far"  # no vehicle is there within its window and back within its shift
    NOT_STOCKED = "not_stocked"  # no hub that has it has a vehicle
    NOT_READY = "not_ready"  # it is ready to leave too late for its window
    NO_ROOM = "no_room"  # each vehicle that could is full, of load or of time
    TOO_DEAR = "too_dear"  # it would cost more than leaving it out
    OTHER_WAY = "other_way"  # the order is served by another visit of its group


@dataclass(frozen=True, slots=True)
class Call:
    """A visit in a tour: when the vehicle gets there, when the work begins, when it leaves."""

    visit: str
    arrives: int
    begins: int
    leaves: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What driving comes to. ``money`` holds ``carbon`` too."""

    money: float = 0.0
    carbon: float = 0.0
    seconds: int = 0
    driven_seconds: int = 0
    metres: int = 0
    kg_co2e: float = 0.0


@dataclass(frozen=True, slots=True)
class TimedTour:
    """A tour with its times. ``pause`` is when its break begins, if it has one."""

    vehicle: str
    departs: int
    calls: Sequence[Call]
    returns: int
    cost: Cost
    pause: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The tours of all vehicles that leave, and each visit that is in none with its reason.

    ``made_by`` names what worked it out.
    """

    tours: Sequence[TimedTour]
    left_out: Sequence[tuple[str, Reason]]
    cost: Cost
    made_by: str = ""
