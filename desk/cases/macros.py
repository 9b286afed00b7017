"""Answers that are given often: filled in for a case, to be edited before they are sent."""

import re
from typing import Final, NamedTuple

from django.db.models import Q

from feedback.models import Case, Macro

PLACEHOLDER: Final = re.compile(r"\{(name|reference|brand)\}")


class Ready(NamedTuple):
    """An answer to start from, in words that fit the case."""

    id: int
    title: str
    text: str


def find(case: Case) -> list[Ready]:
    """Find the answers of the case's brand and those of everybody, filled in."""
    brand = case.shipment.brand_id
    return [
        Ready(each.id, each.title, _fill(each.body, case))
        for each in Macro.objects.filter(Q(brand=brand) | Q(brand=None))
    ]


def _fill(body: str, case: Case) -> str:
    shipment = case.shipment
    known = {
        "name": next(iter(shipment.recipient_name.split()), ""),
        "reference": shipment.reference,
        "brand": shipment.brand.name,
    }
    return PLACEHOLDER.sub(lambda found: known[found[1]], body)
