from typing import Final

import pytest

from carriers.formats import easypost, karrio, shippo
from carriers.formats.said import Meaning
from carriers.formats.telling import Looked, Tables
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.reasons import Reason

STATUSES: Final = {
    "moving": Meaning(Status.IN_TRANSIT),
    "stuck": Meaning(Status.ON_HOLD, Reason.OTHER),
    "brought": Meaning(Status.DELIVERED, handover=Handover.NEIGHBOUR),
    "perhaps": Meaning(Status.DELIVERED),
}
DETAILS: Final = {
    "at the door": Meaning(Status.DELIVERED),
    "snow": Meaning(None, Reason.WEATHER),
    "gone": Meaning(Status.LOST, Reason.MISSING),
}
TABLES: Final = Tables(STATUSES, frozenset({"moving", "stuck", "perhaps"}), DETAILS)
OF_FORMATS: Final = {"easypost": easypost.TABLES, "karrio": karrio.TABLES, "shippo": shippo.TABLES}


@pytest.mark.parametrize(
    ("status", "detail", "meaning"),
    [
        ("moving", "", Meaning(Status.IN_TRANSIT)),
        ("moving", "snow", Meaning(Status.IN_TRANSIT, Reason.WEATHER)),
        ("stuck", "snow", Meaning(Status.ON_HOLD, Reason.WEATHER)),
        ("stuck", "gone", Meaning(Status.LOST, Reason.MISSING)),
        ("brought", "gone", Meaning(Status.DELIVERED, handover=Handover.NEIGHBOUR)),
    ],
)
def test_a_detail_says_more_of_a_vague_status_alone(status: str, detail: str, meaning: Meaning) -> None:
    assert TABLES.look_up(status, detail) == Looked(meaning, is_known=True)


def test_a_detail_that_nobody_knows_costs_the_status_nothing_and_is_noticed() -> None:
    assert TABLES.look_up("stuck", "???") == Looked(Meaning(Status.ON_HOLD, Reason.OTHER), is_known=False)


@pytest.mark.parametrize("detail", ["", "???", *DETAILS])
def test_a_status_that_nobody_knows_means_nothing_whatever_the_detail(detail: str) -> None:
    assert TABLES.look_up("???", detail) == Looked(Meaning(), is_known=False)


@pytest.mark.parametrize("status", ["moving", "stuck", "perhaps"])
@pytest.mark.parametrize("detail", ["", "???", *DETAILS])
def test_a_vague_status_delivers_nothing(status: str, detail: str) -> None:
    assert TABLES.look_up(status, detail).meaning.status != Status.DELIVERED


@pytest.mark.parametrize("name", OF_FORMATS)
def test_a_format_delivers_by_its_exact_statuses_alone(name: str) -> None:
    tables = OF_FORMATS[name]
    details = ["", "???", *tables.details]

    delivering = {
        (status, detail)
        for status in ["???", *tables.statuses]
        for detail in details
        if tables.look_up(status, detail).meaning.status == Status.DELIVERED
    }

    exact = {status for status, meaning in tables.statuses.items() if meaning.status == Status.DELIVERED}
    assert delivering == {(status, detail) for status in exact for detail in details}
    assert set(tables.vague) <= set(tables.statuses) - exact
