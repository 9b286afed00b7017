"""What is told how, what calls for it, for how long it is true: rules without a database."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import rules
from notifications.rules import Called, Standing
from notifications.triggers import LATEST, NEWS, PHONE_CHANNELS, Channel, Trigger
from tests.factories import NOON
from tracking.shipments import lifecycle
from tracking.shipments.lifecycle import Handover, Status

HELSINKI = ZoneInfo("Europe/Helsinki")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EVERYBODY = [Channel.SMS, Channel.WHATSAPP, Channel.EMAIL, Channel.PUSH]


@dataclass(frozen=True)
class Happened:
    """An event, as far as the rules look at one."""

    status: str
    occurred_at: datetime
    source_id: str = ""
    voids_id: str = ""


STANDING = Standing(
    at=NOON,
    today=date(2026, 11, 22),
    status=Status.OUT_FOR_DELIVERY,
    handover="",
    day=date(2026, 11, 22),
    window_start=NOON + 10 * MINUTE,
    window_end=NOON + 30 * MINUTE,
    predicted_end=NOON + 30 * MINUTE,
    promised_end=NOON + HOUR,
    late_by=10 * MINUTE,
    stops_before=2,
)


def history(*statuses: str, every: timedelta = MINUTE) -> list[Happened]:
    return [Happened(status, NOON + number * every, str(number)) for number, status in enumerate(statuses)]


def called_for(status: Status, *statuses: str, handover: str = "", every: timedelta = MINUTE) -> Called | None:
    return rules.called_for(status, history(*statuses, every=every), handover=handover, zone=HELSINKI)


def is_true(trigger: Trigger, details: dict[str, Any] | None = None, **changes: Any) -> bool:
    return rules.is_still_true(trigger, replace(STANDING, **changes), details or {})


def chosen(trigger: Trigger, *reachable: Channel, **decided: bool) -> set[Channel]:
    own = {Channel(channel): is_on for channel, is_on in decided.items()}
    return set(rules.channels_for(trigger, decided=own, reachable=reachable))


def test_every_kind_of_news_has_a_default() -> None:
    assert set(rules.DEFAULTS) == set(NEWS) == {trigger for trigger in LATEST if trigger in NEWS}


def test_only_what_matters_goes_out_both_by_sms_and_by_mail() -> None:
    both = {trigger for trigger in NEWS if chosen(trigger, *EVERYBODY) >= {Channel.SMS, Channel.EMAIL}}

    assert both == {Trigger.DELIVERED_ELSEWHERE, Trigger.FAILED_ATTEMPT, Trigger.READY_FOR_PICKUP}


def test_who_has_one_address_alone_gets_the_news_there() -> None:
    assert chosen(Trigger.SHIPPED, Channel.SMS) == {Channel.SMS}
    assert chosen(Trigger.SHIPPED, Channel.SMS, Channel.PUSH) == {Channel.SMS, Channel.PUSH}
    assert chosen(Trigger.SHIPPED, Channel.SMS, Channel.EMAIL) == {Channel.EMAIL}
    assert chosen(Trigger.ON_THE_WAY, Channel.EMAIL) == {Channel.EMAIL}
    assert chosen(Trigger.ARRIVING_SOON, Channel.EMAIL) == set()


def test_a_brand_decides_for_itself() -> None:
    assert chosen(Trigger.STOPS_AWAY, *EVERYBODY, sms=True) == {Channel.SMS, Channel.PUSH}
    assert chosen(Trigger.STOPS_AWAY, *EVERYBODY, push=False) == set()
    assert chosen(Trigger.SHIPPED, Channel.SMS, email=False) == set()
    assert chosen(Trigger.SHIPPED, Channel.SMS, sms=False) == set()


def test_what_goes_by_whatsapp_does_not_go_by_sms() -> None:
    assert chosen(Trigger.ON_THE_WAY, *EVERYBODY, whatsapp=True) == {Channel.WHATSAPP, Channel.PUSH}
    assert chosen(Trigger.ON_THE_WAY, Channel.SMS, Channel.EMAIL, whatsapp=True) == {Channel.SMS}


@given(
    trigger=st.sampled_from(NEWS),
    decided=st.dictionaries(st.sampled_from(Channel), st.booleans()),
    reachable=st.sets(st.sampled_from(Channel)),
)
def test_nobody_is_written_to_where_the_brand_says_no_or_there_is_no_address(
    trigger: Trigger, decided: dict[Channel, bool], reachable: set[Channel]
) -> None:
    found = set(rules.channels_for(trigger, decided=decided, reachable=reachable))

    assert found <= reachable
    assert all(decided.get(channel, True) for channel in found)
    assert len(found & PHONE_CHANNELS) <= 1


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["created"], Called(Trigger.CREATED)),
        (["created", "in_transit"], Called(Trigger.SHIPPED)),
        (["created", "planned", "at_hub"], Called(Trigger.SHIPPED)),
        (["created", "at_hub", "out_for_delivery"], Called(Trigger.ON_THE_WAY, 1)),
        (["created", "at_hub", "out_for_delivery", "attempted"], Called(Trigger.FAILED_ATTEMPT, 1)),
        (["created", "out_for_delivery", "attempted", "at_hub"], None),
        (["created", "out_for_delivery", "at_hub"], None),
        (["created", "at_hub", "ready_for_pickup"], Called(Trigger.READY_FOR_PICKUP, 1)),
        (["created", "at_hub", "out_for_delivery", "delivered"], Called(Trigger.DELIVERED)),
        (["created", "at_hub", "returning"], None),
        (["created", "at_hub", "returning", "returned"], Called(Trigger.RETURNED)),
        (["created", "cancelled"], Called(Trigger.CANCELLED)),
        (["created", "at_hub", "on_hold"], None),
        (["created", "planned"], None),
        (["created", "lost"], None),
    ],
)
def test_a_status_calls_for_its_news(statuses: list[str], expected: Called | None) -> None:
    assert called_for(Status(statuses[-1]), *statuses) == expected


def test_a_report_that_cannot_be_read_calls_for_nothing() -> None:
    assert rules.called_for("", history("created", ""), handover="", zone=HELSINKI) is None
    assert called_for(Status.IN_TRANSIT, "created", "", "in_transit") == Called(Trigger.SHIPPED)


@pytest.mark.parametrize("handover", Handover)
def test_where_somebody_or_something_else_took_it_the_recipient_is_told_where(handover: Handover) -> None:
    taken = called_for(Status.DELIVERED, "created", "out_for_delivery", "delivered", handover=handover)

    is_elsewhere = handover in {Handover.NEIGHBOUR, Handover.RECEPTION, Handover.SAFE_PLACE}
    assert taken == Called(Trigger.DELIVERED_ELSEWHERE if is_elsewhere else Trigger.DELIVERED)


def test_an_attempt_that_two_parcels_report_is_one_and_the_next_is_another() -> None:
    first = ["out_for_delivery", "attempted", "", "attempted"]

    assert called_for(Status.ATTEMPTED, *first) == Called(Trigger.FAILED_ATTEMPT, 1)
    assert called_for(Status.ATTEMPTED, *first, "at_hub", *first) == Called(Trigger.FAILED_ATTEMPT, 2)


def test_scans_of_one_day_are_one_round_but_an_attempt_ends_it() -> None:
    scans = ["out_for_delivery", "at_hub", "out_for_delivery"]

    assert rules.count_rounds(history(*scans), zone=HELSINKI) == 1
    assert rules.count_rounds(history(*scans, every=DAY), zone=HELSINKI) == 2
    assert rules.count_rounds(history(*scans, "attempted", "out_for_delivery"), zone=HELSINKI) == 2
    assert rules.count_rounds(history("created"), zone=HELSINKI) == 0


def test_a_round_that_lasts_past_midnight_is_one() -> None:
    assert rules.count_rounds(history("out_for_delivery", "", every=14 * HOUR), zone=HELSINKI) == 1


@given(
    statuses=st.lists(st.sampled_from([*Status, ""]), max_size=12),
    status=st.sampled_from(Status),
    data=st.data(),
)
def test_what_is_called_for_does_not_depend_on_the_order_of_arrival(
    statuses: list[str], status: Status, data: st.DataObject
) -> None:
    happened = history(*statuses)
    arrived = data.draw(st.permutations(happened))

    expected = rules.called_for(status, happened, handover="", zone=HELSINKI)

    assert rules.called_for(status, lifecycle.in_order(arrived), handover="", zone=HELSINKI) == expected


@pytest.mark.parametrize(("trigger", "status"), [*product(NEWS, Status)])
def test_news_holds_in_its_statuses_alone(trigger: Trigger, status: Status) -> None:
    details = {"date": "2026-11-23", "stops": 3, "minutes": 15}
    late = {"predicted_end": NOON + 2 * HOUR, "day": date(2026, 11, 23), "window_start": NOON + 4 * HOUR}
    if trigger is Trigger.ARRIVING_SOON:
        late = {}
    handover = "neighbour" if trigger is Trigger.DELIVERED_ELSEWHERE else ""

    assert is_true(trigger, details, status=status, handover=handover, **late) == (status in TRUE_IN[trigger])


BEFORE = {Status.CREATED, Status.IN_TRANSIT, Status.AT_HUB, Status.PLANNED}
TRUE_IN = {
    Trigger.CREATED: BEFORE,
    Trigger.SHIPPED: BEFORE - {Status.CREATED},
    Trigger.PLANNED: BEFORE,
    Trigger.ON_THE_WAY: {Status.OUT_FOR_DELIVERY},
    Trigger.STOPS_AWAY: {Status.OUT_FOR_DELIVERY},
    Trigger.ARRIVING_SOON: {Status.OUT_FOR_DELIVERY},
    Trigger.ARRIVED: {Status.OUT_FOR_DELIVERY},
    Trigger.DELIVERED: {Status.DELIVERED},
    Trigger.DELIVERED_ELSEWHERE: {Status.DELIVERED},
    Trigger.FAILED_ATTEMPT: {Status.ATTEMPTED, Status.ON_HOLD, Status.IN_TRANSIT, Status.AT_HUB, Status.PLANNED},
    Trigger.DELAYED: BEFORE | {Status.OUT_FOR_DELIVERY},
    Trigger.READY_FOR_PICKUP: {Status.READY_FOR_PICKUP},
    Trigger.PICKUP_REMINDER: {Status.READY_FOR_PICKUP},
    Trigger.RETURNED: {Status.RETURNED},
    Trigger.CANCELLED: {Status.CANCELLED},
    Trigger.SURVEY: {Status.DELIVERED},
}


@pytest.mark.parametrize("trigger", [Trigger.CODE, Trigger.REPLY, Trigger.TEST])
def test_what_is_no_news_holds_always(trigger: Trigger) -> None:
    assert is_true(trigger, status=Status.CANCELLED)


def test_the_evening_before_is_about_one_day_until_its_window_begins() -> None:
    details, planned = {"date": "2026-11-22"}, {"status": Status.PLANNED}

    assert is_true(Trigger.PLANNED, details, **planned)
    assert is_true(Trigger.PLANNED, details, today=date(2026, 11, 21), **planned)
    assert is_true(Trigger.PLANNED, details, window_start=None, **planned)
    assert not is_true(Trigger.PLANNED, details, window_start=NOON, **planned)
    assert not is_true(Trigger.PLANNED, details, today=date(2026, 11, 23), **planned)
    assert not is_true(Trigger.PLANNED, details, day=date(2026, 11, 23), **planned)
    assert not is_true(Trigger.PLANNED, details, day=None, **planned)


def test_stops_away_holds_while_there_are_no_more_of_them_and_nobody_is_there() -> None:
    assert is_true(Trigger.STOPS_AWAY, {"stops": 2})
    assert is_true(Trigger.STOPS_AWAY, {"stops": 3})
    assert not is_true(Trigger.STOPS_AWAY, {"stops": 1})
    assert not is_true(Trigger.STOPS_AWAY, {"stops": 2}, stops_before=None)
    assert not is_true(Trigger.STOPS_AWAY, {"stops": 2}, has_arrived=True)


def test_soon_holds_while_the_window_has_not_moved_away() -> None:
    assert is_true(Trigger.ARRIVING_SOON, {"minutes": 10})
    assert is_true(Trigger.ARRIVING_SOON, {"minutes": 5})
    assert not is_true(Trigger.ARRIVING_SOON, {"minutes": 4})
    assert not is_true(Trigger.ARRIVING_SOON, {"minutes": 10}, window_end=NOON)
    assert not is_true(Trigger.ARRIVING_SOON, {"minutes": 10}, window_start=None, window_end=None)
    assert not is_true(Trigger.ARRIVING_SOON, {"minutes": 10}, has_arrived=True)


def test_at_the_door_holds_until_the_driver_leaves_it() -> None:
    assert is_true(Trigger.ARRIVED, has_arrived=True)
    assert not is_true(Trigger.ARRIVED, stops_before=None)


def test_late_is_what_the_brand_calls_so() -> None:
    def is_late(minutes: int, **changes: Any) -> bool:
        return is_true(Trigger.DELAYED, predicted_end=NOON + HOUR + minutes * MINUTE, **changes)

    assert [is_late(9), is_late(10), is_late(10, late_by=11 * MINUTE)] == [False, True, False]
    assert not is_late(30, promised_end=None)
    assert not is_true(Trigger.DELAYED, predicted_end=None)


def test_what_comes_later_on_the_way_says_more() -> None:
    assert rules.overtakes(Trigger.ON_THE_WAY, Trigger.SHIPPED)
    assert rules.overtakes(Trigger.DELIVERED, Trigger.ARRIVING_SOON)
    assert not rules.overtakes(Trigger.SHIPPED, Trigger.ON_THE_WAY)
    assert not rules.overtakes(Trigger.SURVEY, Trigger.DELIVERED)
    assert not rules.overtakes(Trigger.DELIVERED, Trigger.PICKUP_REMINDER)
    assert not rules.overtakes(Trigger.CODE, Trigger.CREATED)


@given(earlier=st.sampled_from(Trigger), later=st.sampled_from(Trigger))
def test_of_two_kinds_of_news_at_most_one_says_more(earlier: Trigger, later: Trigger) -> None:
    assert not (rules.overtakes(later, earlier) and rules.overtakes(earlier, later))
