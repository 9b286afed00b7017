"""Tables of updates: the head and the words are our own, so that no vendor publishes samples of them."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.formats import generic, table
from carriers.formats.said import Reading, Unreadable, Update
from tests.carriers.payloads import PATIENTLY, SPOILT, assert_read_or_unreadable, example, payload
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.reasons import Reason

HEAD = "tracking_number,occurred_at,status,code,reason,handover,place,message,id,corrects"
SHORT = "tracking_number,occurred_at,status"
HELSINKI = timezone(timedelta(hours=2))


def read(*lines: str) -> Reading:
    return table.read(payload("\n".join(lines).encode()))


def test_a_whole_line_is_read() -> None:
    reading = read(HEAD, 'P-1,2026-11-22T09:30:00+02:00,attempted,NH1,nobody,,"Turku, Kupittaa",Ei ketään,s-2,s-1')

    assert reading.updates == (
        Update(
            external_id="s-2",
            tracking_number="P-1",
            occurred_at=datetime(2026, 11, 22, 9, 30, tzinfo=HELSINKI),
            raw_code="NH1",
            status=Status.ATTEMPTED,
            reason=Reason.NOBODY,
            place="Turku, Kupittaa",
            words="Ei ketään",
            voids="s-1",
        ),
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_it_is_read_as_spreadsheets_write_it(separator: str, end: str, mark: str) -> None:
    lines = [
        ["Occurred at", "Tracking_number", "STATUS", ""],
        ["2026-11-22", "P-1", "In transit", ""],
        ["", "", "", ""],
    ]
    written = mark + end.join(separator.join(cells) for cells in lines) + end

    (update,) = table.read(payload(written.encode())).updates

    assert (update.tracking_number, update.status, update.raw_code) == ("P-1", Status.IN_TRANSIT, "In transit")
    assert update.occurred_at.isoformat() == "2026-11-22T00:00:00"


def test_the_older_letters_of_western_europe_are_read() -> None:
    written = f"{SHORT},place\nP-1,2026-11-22,at_hub,Jyväskylä\n".encode("cp1252")

    (update,) = table.read(payload(written)).updates

    assert update.place == "Jyväskylä"


def test_the_example_of_the_documentation_is_read_as_it_says() -> None:
    reading = table.read(payload(example("csv")))

    assert [(update.tracking_number, update.status, update.place) for update in reading.updates] == [
        ("JJFI6500002", Status.DELIVERED, "Kupittaa; Turku"),
        ("JJFI6500001", Status.ATTEMPTED, "Turku"),
    ]
    assert reading.problems == ()


def test_every_status_of_ours_means_itself() -> None:
    assert table.CODES == generic.CODES
    reading = read(SHORT, *(f"{status.value},2026-11-22,{status.value}" for status in Status))
    assert {update.tracking_number: update.status for update in reading.updates} == {
        status.value: status for status in Status
    }


@pytest.mark.parametrize("status", ["DLV", "delivered!", "zugestellt", "17"])
@pytest.mark.parametrize("column", ["status", "code"])
def test_a_word_that_is_not_ours_is_an_update_and_nothing_more(status: str, column: str) -> None:
    (update,) = read(f"tracking_number,occurred_at,{column}", f"P-1,2026-11-22,{status}").updates

    assert (update.status, update.is_known, update.raw_code) == (None, False, status)


def test_a_status_counts_before_a_code() -> None:
    head = "tracking_number,occurred_at,code,status,handover"

    (update,) = read(head, "P-1,2026-11-22,DLV,delivered,neighbour").updates

    assert (update.status, update.raw_code, update.handover) == (Status.DELIVERED, "DLV", Handover.NEIGHBOUR)
    (update,) = read(head, "P-1,2026-11-22,delivered,,").updates
    assert (update.status, update.raw_code, update.is_known) == (Status.DELIVERED, "delivered", True)


def test_a_bad_line_is_named_and_costs_none_of_the_others() -> None:
    reading = read(
        SHORT,
        "P-1,2026-11-22,in_transit",
        'P-2,2026-11-22,"in_transit',
        "",
        "P-3,yesterday,in_transit",
        ",2026-11-22,in_transit",
        "P-4,2026-11-22,in_transit,more",
        "P-5,2026-11-22",
        "P-6,2026-11-21,in_transit",
    )

    assert [update.tracking_number for update in reading.updates] == ["P-6", "P-1"]
    assert reading.problems == (
        "line 3: This is no line of a table: unexpected end of data.",
        "line 5: occurred_at: Value error, no moment by ISO 8601",
        "line 6: tracking_number: String should have at least 1 character",
        "line 7: There are more cells than the head has names.",
        "line 8: It does not say what happened.",
    )


def test_a_head_alone_says_nothing() -> None:
    assert read(SHORT, "") == Reading()


@pytest.mark.parametrize(
    "head",
    [
        "tracking_number,status",
        "occurred_at,status",
        "tracking_number,occurred_at",
        "tracking_number;occurred_at,status",
        "tracking_number,occurred_at,status,status",
        '"tracking_number,occurred_at,status',
        "P-1,2026-11-22,delivered",
    ],
)
def test_a_table_without_its_head_is_unreadable(head: str) -> None:
    with pytest.raises(Unreadable, match="line 1: The head names"):
        read(head, "P-1,2026-11-22,delivered")


@pytest.mark.parametrize("body", [*SPOILT, b"\x81\x8d"])
def test_what_is_not_a_table_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        table.read(payload(body))


@PATIENTLY
@given(st.binary(), st.text(alphabet='P1,;\t"\r\n\0\x85\u2028 2026-11-22T:ä'))
def test_whatever_comes_is_read_or_unreadable(rubbish: bytes, lines: str) -> None:
    assert_read_or_unreadable(table.read, rubbish)
    assert_read_or_unreadable(table.read, f"{SHORT}\n{lines}".encode())
