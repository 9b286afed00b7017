import itertools
import random
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carriers.models import Account, Alarm, AlarmKind, Followed, Letter, LetterState, Stray, Via
from carriers.services import letters, reading
from tests.carriers.partners import hear, make_account, make_carried, make_carrier, say, update
from tests.factories import NOON, make_route, make_shipment
from tests.tracking.test_bad_input import NAUGHTY
from tracking.rounds.models import Carrier, CarrierKind
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Shipment, StatusEvent, WindowChange
from tracking.shipments.reasons import Reason
from tracking.shipments.window import Cause, Window

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

HOUR = timedelta(hours=1)
TOMORROW = date(2026, 11, 23)
HALF = say(update(id="\ud800"))
"""With half a character in it, which no UTF-8 can hold."""


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def shipment() -> Shipment:
    return make_carried("JJFI1")


def told(shipment: Shipment, account: Account) -> list[tuple[object, ...]]:
    """Give what a partner told of a shipment, in the order in which it happened."""
    events = shipment.events.filter(source=reading.source_of(account)).order_by("occurred_at", "id")
    return list(events.values_list("status", "external_id", "occurred_at"))


def alarms() -> list[tuple[object, ...]]:
    return list(Alarm.objects.order_by("id").values_list("kind", "subject", "times"))


def outcome() -> tuple[str, str]:
    letter = Letter.objects.get()
    return letter.state, letter.problem


def estimate(**fields: object) -> dict[str, object]:
    return {"tracking_number": "JJFI1", "date": TOMORROW.isoformat(), **fields}


def test_what_a_partner_says_is_what_happened(account: Account, shipment: Shipment) -> None:
    moment = NOON - HOUR
    said = update("attempted", occurred_at=moment.isoformat(), code="N1", place="Espoo", reason="nobody", id="scan-9")

    hear(account, say(said))

    event = shipment.events.get(source=reading.source_of(account))
    shipment.refresh_from_db()
    assert (event.status, event.raw_code, event.place, event.reason) == (Status.ATTEMPTED, "N1", "Espoo", Reason.NOBODY)
    assert (event.occurred_at, event.received_at, event.external_id) == (moment, NOON, "scan-9")
    assert event.parcel == shipment.parcels.get()
    assert shipment.status == Status.ATTEMPTED
    assert outcome() == (LetterState.READ, "")
    assert alarms() == []


def test_who_took_it_is_kept(account: Account, shipment: Shipment) -> None:
    hear(account, say(update("delivered", handover="neighbour")))

    shipment.refresh_from_db()
    assert (shipment.status, shipment.handover) == (Status.DELIVERED, Handover.NEIGHBOUR)


def test_a_number_is_found_in_any_spelling(account: Account, shipment: Shipment) -> None:
    hear(account, say(update(tracking_number="jjfi1")))

    shipment.refresh_from_db()
    assert shipment.status == Status.IN_TRANSIT


def test_a_partner_speaks_of_its_own_carriers_shipments_alone(account: Account) -> None:
    rival = Carrier.objects.create(slug="rival", name="Rival", kind=CarrierKind.THIRD_PARTY)
    theirs, nobodys = make_shipment(parcel_numbers=["JJFI1"]), make_shipment(parcel_numbers=["JJFI2"])
    Shipment.objects.filter(id=theirs.id).update(carrier=rival)

    hear(account, say(update("delivered"), update("delivered", tracking_number="JJFI2", id="d-2")))

    assert {*Shipment.objects.values_list("status", flat=True)} == {Status.CREATED}
    assert {*Stray.objects.values_list("number", flat=True)} == {"JJFI1", "JJFI2"}
    assert nobodys.events.count() == 1


def test_of_two_with_one_number_the_later_one_is_meant(account: Account) -> None:
    before, after = make_carried("JJFI1"), make_carried("JJFI1")

    hear(account, say(update("delivered")))

    assert [Shipment.objects.get(id=row.id).status for row in (before, after)] == [Status.CREATED, Status.DELIVERED]


def test_each_parcel_of_a_shipment_goes_its_own_way(account: Account) -> None:
    shipment = make_carried("JJFI1", "JJFI2")

    hear(account, say(update("delivered"), update("out_for_delivery", tracking_number="JJFI2", id="o-2")))

    shipment.refresh_from_db()
    assert dict(shipment.parcels.values_list("number", "status")) == {
        "JJFI1": Status.DELIVERED,
        "JJFI2": Status.OUT_FOR_DELIVERY,
    }
    assert shipment.status == Status.OUT_FOR_DELIVERY


def test_a_correction_undoes_what_it_corrects(account: Account, shipment: Shipment) -> None:
    hear(account, say(update("delivered", id="d")))
    hear(account, say(update("in_transit", id="c", corrects="d")))

    shipment.refresh_from_db()
    assert shipment.status == Status.IN_TRANSIT


def test_a_time_without_a_zone_is_of_the_place_it_goes_to(account: Account, shipment: Shipment) -> None:
    hear(account, say(update(occurred_at="2026-11-22T09:30:00")))

    assert told(shipment, account) == [(Status.IN_TRANSIT, "in_transit-1", datetime(2026, 11, 22, 7, 30, tzinfo=UTC))]


def test_in_whatever_order_and_however_often_letters_come_it_ends_in_the_same_state(account: Account) -> None:
    way = [Status.IN_TRANSIT, Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.DELIVERED]
    for number, order in enumerate(itertools.permutations(way)):
        shipment = make_carried(f"P{number}")
        bodies = [
            say(
                update(
                    status,
                    id=f"{number}-{status}",
                    tracking_number=f"P{number}",
                    occurred_at=(NOON - HOUR * (5 - way.index(status))).isoformat(),
                )
            )
            for status in (*order, *order[:2])
        ]

        hear(account, *bodies)

        shipment.refresh_from_db()
        assert shipment.status == Status.DELIVERED
        assert [status for status, _, _ in told(shipment, account)] == way


def test_reading_again_changes_nothing(account: Account, shipment: Shipment) -> None:
    hear(account, say(update("in_transit"), update("delivered"), estimates=[estimate()]))
    before = Shipment.objects.values().get(), list(StatusEvent.objects.order_by("id").values())

    assert letters.read_again(Letter.objects.all()) == 1
    assert Letter.objects.get().state == LetterState.WAITING
    hear(account)

    assert (Shipment.objects.values().get(), list(StatusEvent.objects.order_by("id").values())) == before
    assert outcome() == (LetterState.READ, "")


def test_an_unknown_code_is_an_update_for_the_shopper_and_an_alarm_for_us(account: Account, shipment: Shipment) -> None:
    codes = [update("teleported", id=f"t-{number}", code="X9") for number in range(2)]

    hear(account, say(codes[0]), say(codes[1]))
    hear(account, say(update("vanished", code="X10")), at=NOON + HOUR)

    shipment.refresh_from_db()
    assert shipment.status == Status.CREATED
    assert [(status, name) for status, name, _ in told(shipment, account)] == [
        ("", "t-0"),
        ("", "t-1"),
        ("", "vanished-1"),
    ]
    assert alarms() == [(AlarmKind.UNKNOWN_CODE, "X9", 2), (AlarmKind.UNKNOWN_CODE, "X10", 1)]


def test_an_alarm_counts_until_it_is_settled(account: Account, shipment: Shipment) -> None:
    for hours in range(3):
        hear(account, say(update("teleported", id=f"t-{hours}", code="X9")), at=NOON + hours * HOUR)

    alarm = Alarm.objects.get()
    assert (alarm.first_at, alarm.last_at, alarm.times) == (NOON, NOON + 2 * HOUR, 3)


@pytest.mark.parametrize("body", [b"", b"\x00", b"{", b"null", b"<html>Bad gateway</html>", b"[" * 9000, HALF])
def test_what_cannot_be_read_is_an_alarm_and_no_status(account: Account, shipment: Shipment, body: bytes) -> None:
    hear(account, body)

    state, problem = outcome()
    shipment.refresh_from_db()
    assert state == LetterState.UNREADABLE
    assert problem
    assert alarms() == [(AlarmKind.UNREADABLE, "", 1)]
    assert shipment.status == Status.CREATED
    assert told(shipment, account) == []


def test_one_bad_part_costs_none_of_the_others(account: Account, shipment: Shipment) -> None:
    hear(account, say(update(occurred_at="yesterday", id="bad"), update("delivered")))

    shipment.refresh_from_db()
    state, problem = outcome()
    assert shipment.status == Status.DELIVERED
    assert state == LetterState.READ
    assert problem.startswith("update ")
    assert "yesterday" not in problem
    assert alarms() == [(AlarmKind.UNREADABLE, "", 1)]


def test_a_file_that_says_nothing_is_an_alarm_and_a_try_of_the_hook_is_none(account: Account) -> None:
    hear(account, say())
    assert (outcome(), alarms()) == ((LetterState.READ, ""), [])

    Letter.objects.all().delete()
    hear(account, say(), via=Via.FILE)

    assert outcome() == (LetterState.READ, "It says nothing.")
    assert alarms() == [(AlarmKind.EMPTY, "", 1)]


@pytest.mark.parametrize("text", [*NAUGHTY, "a\x00b", "x" * 5000, "\u202eabc", "é\u0301" * 300])
def test_naughty_text_harms_nobody(account: Account, shipment: Shipment, text: str) -> None:
    strange = dict.fromkeys(("id", "code", "place", "message", "reason", "corrects"), text)

    hear(account, say(update("in_transit"), update("in_transit", **strange), update("created", tracking_number=text)))

    shipment.refresh_from_db()
    assert Letter.objects.get().state == LetterState.READ
    assert shipment.status == Status.IN_TRANSIT


def test_a_day_stays_a_day(account: Account, shipment: Shipment) -> None:
    hear(account, say(update(), estimates=[estimate()]))

    shipment.refresh_from_db()
    assert shipment.window == Window(TOMORROW)
    assert WindowChange.objects.get().cause == Cause.CARRIER


def test_a_time_is_told_as_a_window_in_the_zone_of_the_place(account: Account, shipment: Shipment) -> None:
    ends = {"start": "2026-11-23T22:58:00", "end": "2026-11-23T23:30:00"}

    hear(account, say(update(), estimates=[estimate(**ends)]))

    shipment.refresh_from_db()
    start, end = datetime(2026, 11, 23, 20, 55, tzinfo=UTC), datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
    assert shipment.window == Window(TOMORROW, start, end)


def test_what_is_over_is_not_told(account: Account, shipment: Shipment) -> None:
    ends = {"start": "2026-11-22T08:00:00Z", "end": "2026-11-22T09:00:00Z"}
    hear(account, say(estimates=[estimate(date="2026-11-21")]), say(estimates=[estimate(date="2026-11-22", **ends)]))

    shipment.refresh_from_db()
    assert shipment.window is None


def test_our_own_round_knows_better(account: Account) -> None:
    shipment = Shipment.objects.get(stop__route=make_route([(60.17, 24.94)]))
    Shipment.objects.filter(id=shipment.id).update(carrier=make_carrier())
    shipment.refresh_from_db()
    before = shipment.window

    hear(account, say(estimates=[estimate(tracking_number=shipment.parcels.get().number)]))

    shipment.refresh_from_db()
    assert shipment.window == before


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_estimate_that_rests_on_the_latest_news_counts(
    account: Account, shipment: Shipment, order: tuple[int, ...]
) -> None:
    bodies = [
        say(
            update(id=f"s-{number}", occurred_at=(NOON - (3 - number) * HOUR).isoformat()),
            estimates=[estimate(date=(TOMORROW + timedelta(days=number)).isoformat())],
        )
        for number in range(3)
    ]

    for minutes, number in enumerate(order):
        hear(account, bodies[number], at=NOON + timedelta(minutes=minutes))

    shipment.refresh_from_db()
    assert shipment.window == Window(TOMORROW + timedelta(days=2))
    followed = Followed.objects.get()
    assert (followed.said_at, followed.heard_at) == (NOON - HOUR, NOON + timedelta(minutes=order.index(2)))


def test_an_old_letter_read_again_does_not_undo_what_the_desk_said(account: Account, shipment: Shipment) -> None:
    hear(account, say(update(), estimates=[estimate()]))
    corrected = Window(TOMORROW + timedelta(days=3))
    shipments.estimate(shipment, corrected, cause=Cause.CORRECTED, at=NOON)

    letters.read_again(Letter.objects.all())
    hear(account)

    shipment.refresh_from_db()
    assert shipment.window == corrected


def test_news_that_is_faster_than_the_shop_is_read_once_the_shop_is_there(account: Account) -> None:
    hear(account, say(update("delivered")))
    assert (outcome(), alarms()) == ((LetterState.READ, ""), [(AlarmKind.UNKNOWN_NUMBER, "", 1)])
    letters.sweep_strays(at=NOON)
    assert Letter.objects.get().state == LetterState.READ
    shipment = make_carried("jjfi1")

    letters.sweep_strays(at=NOON + timedelta(days=7) - timedelta(seconds=1))
    hear(account)

    shipment.refresh_from_db()
    assert shipment.status == Status.DELIVERED
    assert not Stray.objects.exists()


def test_after_a_week_a_number_is_nobodys(account: Account) -> None:
    hear(account, say(update("delivered")))
    shipment = make_carried("JJFI1")

    letters.sweep_strays(at=NOON + timedelta(days=7))
    hear(account)

    shipment.refresh_from_db()
    assert shipment.status == Status.CREATED


def test_letters_are_forgotten_after_sixty_days(account: Account) -> None:
    hear(account, say(update()), say(update("delivered")), at=NOON)
    letters.store(account, b"waits", via=Via.WEBHOOK, at=NOON)

    assert letters.forget(at=NOON + timedelta(days=60)) == 0
    assert letters.forget(at=NOON + timedelta(days=60, seconds=1)) == 2

    assert bytes(Letter.objects.get().body) == b"waits"


def test_what_is_told_already_costs_next_to_nothing(account: Account, shipment: Shipment) -> None:
    story = [update(id=f"s-{number}", place=f"Hub {number}") for number in range(20)]
    hear(account, say(*story))
    letters.store(account, say(*story, update("delivered")), via=Via.WEBHOOK, at=NOON + HOUR)

    with CaptureQueriesContext(connection) as asked:
        reading.read_some(at=NOON + HOUR)

    events = shipment.events.filter(source=reading.source_of(account))
    assert events.count() == 21
    assert len([row for row in asked.captured_queries if "INSERT INTO" in row["sql"]]) == 1


def test_shuffled_letters_always_end_in_the_same_state(account: Account) -> None:
    way = [Status.IN_TRANSIT, Status.AT_HUB, Status.ATTEMPTED, Status.OUT_FOR_DELIVERY, Status.DELIVERED]
    said = [
        say(
            update(
                status,
                tracking_number=f"P{number}",
                id=f"{number}-{status}",
                occurred_at=(NOON - (6 - step) * HOUR).isoformat(),
            )
        )
        for number in range(10)
        for step, status in enumerate(way)
    ]
    parcels = [make_carried(f"P{number}") for number in range(10)]
    shuffled = random.Random(7).sample(said + said[::5], len(said) + len(said[::5]))

    hear(account, *shuffled)

    assert {Shipment.objects.get(id=row.id).status for row in parcels} == {Status.DELIVERED}
    assert StatusEvent.objects.filter(source=reading.source_of(account)).count() == len(said)
