from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOON, WAY_TO
from tracking.shipments import lifecycle
from tracking.shipments.lifecycle import FINISHED, RANK, REPORTED_AFTER, STEPS, IllegalStep, Status

LAST_WORD = set(REPORTED_AFTER)


@dataclass(frozen=True)
class Reported:
    status: str
    occurred_at: datetime
    source_id: str
    voids_id: str = ""


def reported(*statuses: str) -> list[Reported]:
    return [
        Reported(status, NOON + timedelta(minutes=minute), f"carrier:{minute}")
        for minute, status in enumerate(statuses)
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[Reported]:
    """Draw events of two sources with many ties, unreadable codes, and corrections of each other and of nothing."""
    ids = draw(st.lists(st.integers(0, 11), unique=True, max_size=8))
    return [
        Reported(
            status=draw(st.sampled_from([*Status.values, ""])),
            occurred_at=NOON + timedelta(minutes=draw(st.integers(0, 3))),
            source_id=f"carrier:{number}",
            voids_id=draw(st.sampled_from(["", "", "", *(f"carrier:{voided}" for voided in range(12))])),
        )
        for number in ids
    ]


@given(history=histories(), data=st.data())
def test_shuffled_and_doubled_events_end_in_the_same_status(history: list[Reported], data: st.DataObject) -> None:
    doubled = history + data.draw(st.lists(st.sampled_from(history), max_size=5) if history else st.just([]))
    shuffled = data.draw(st.permutations(doubled))

    assert lifecycle.fold(shuffled) == lifecycle.fold(history)


@given(history=histories(), late=st.sampled_from(Status))
def test_a_late_report_changes_nothing_unless_it_has_the_last_word(history: list[Reported], late: Status) -> None:
    report = Reported(late, NOON - timedelta(days=1), "carrier:late")
    before = lifecycle.fold(history)

    after = lifecycle.fold([*history, report])

    readable = [event for event in lifecycle.standing(history) if event.status not in {"", Status.CREATED}]
    if late not in LAST_WORD and readable:
        assert after == before


@given(history=histories(), voided=st.integers(0, 7))
def test_a_correction_leaves_the_status_as_if_the_event_had_never_come(history: list[Reported], voided: int) -> None:
    honest = [replace(event, voids_id="") for event in history]
    wrong = Reported(Status.DELIVERED, NOON + timedelta(minutes=1), "scanner:1")
    correction = Reported("", NOON, "scanner:2", voids_id="scanner:1")
    place = min(voided, len(honest))

    corrected = [*honest[:place], correction, *honest[place:], wrong]

    assert lifecycle.fold(corrected) == lifecycle.fold(honest)


@pytest.mark.parametrize("current", Status)
@pytest.mark.parametrize("to", Status)
def test_a_command_passes_only_where_the_table_holds_it(current: Status, to: Status) -> None:
    if to in STEPS[current]:
        lifecycle.require_step(current, to)
        return

    with pytest.raises(IllegalStep) as refusal:
        lifecycle.require_step(current, to)

    assert (refusal.value.current, refusal.value.to) == (current, to)


@pytest.mark.parametrize(("current", "to"), [(current, to) for current in Status for to in STEPS[current]])
def test_every_command_that_passes_takes_effect(current: Status, to: Status) -> None:
    assert lifecycle.fold(reported(*WAY_TO[current], to)) == to


def test_the_tables_know_every_status() -> None:
    assert set(STEPS) == set(RANK) == set(Status)
    assert LAST_WORD >= FINISHED


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], Status.CREATED),
        (["", ""], Status.CREATED),
        ([Status.AT_HUB, ""], Status.AT_HUB),
        ([Status.DELIVERED, Status.OUT_FOR_DELIVERY], Status.DELIVERED),
        ([Status.DELIVERED, Status.ATTEMPTED, Status.AT_HUB], Status.DELIVERED),
        ([Status.DELIVERED, Status.RETURNING, Status.OUT_FOR_DELIVERY], Status.RETURNING),
        ([Status.RETURNED, Status.DELIVERED], Status.RETURNED),
        ([Status.CANCELLED, Status.OUT_FOR_DELIVERY], Status.CANCELLED),
        ([Status.LOST, Status.AT_HUB], Status.AT_HUB),
        ([Status.ATTEMPTED, Status.CREATED], Status.ATTEMPTED),
    ],
)
def test_a_report_says_where_it_stands_unless_what_came_before_had_the_last_word(
    statuses: Sequence[str], expected: Status
) -> None:
    assert lifecycle.fold(reported(*statuses)) == expected


def test_of_two_events_at_one_moment_the_further_one_counts() -> None:
    at_once = [replace(event, occurred_at=NOON) for event in reported(Status.OUT_FOR_DELIVERY, Status.AT_HUB)]

    assert lifecycle.fold(at_once) == Status.OUT_FOR_DELIVERY


@pytest.mark.parametrize(
    ("parcels", "expected"),
    [
        ([Status.DELIVERED], Status.DELIVERED),
        ([Status.DELIVERED, Status.OUT_FOR_DELIVERY], Status.OUT_FOR_DELIVERY),
        ([Status.OUT_FOR_DELIVERY, Status.AT_HUB], Status.AT_HUB),
        ([Status.DELIVERED, Status.RETURNED], Status.RETURNED),
        ([Status.CANCELLED, Status.DELIVERED], Status.CANCELLED),
        ([Status.LOST, Status.DELIVERED], Status.LOST),
    ],
)
def test_the_parcel_that_is_least_far_speaks_for_all_until_all_have_ended(
    parcels: Sequence[Status], expected: Status
) -> None:
    assert lifecycle.combine(parcels) == expected
    assert lifecycle.combine(reversed(parcels)) == expected
