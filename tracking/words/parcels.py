"""Each parcel of a shipment with where it stands."""

from dataclasses import dataclass

from tracking.facts import Facts
from tracking.shipments.lifecycle import Status
from tracking.words.answers.case import Answer


@dataclass(frozen=True, slots=True)
class Line:
    """One parcel: its number, and where it stands in a few words."""

    number: str
    label: str


def tell(facts: Facts, answer: Answer) -> list[Line]:
    """Say where each parcel stands; for which day it is planned, the answer knows better than the status."""
    return [
        Line(parcel.number, answer.label if parcel.status == facts.status == Status.PLANNED else parcel.status_label)
        for parcel in facts.parcels
    ]
