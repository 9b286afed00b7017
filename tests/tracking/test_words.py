from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import get_template

from tests.factories import NOON
from tracking.facts import DriverFact, EventFact, Facts, ParcelFact, PositionFact, WindowFact
from tracking.rounds.models import Vehicle
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import WindowChange
from tracking.shipments.reasons import Reason
from tracking.shipments.window import Cause
from tracking.surroundings import Goal
from tracking.words import answers, changes, history, notices, rail, times, whereabouts
from tracking.words.answers.case import Answer
from tracking.words.whereabouts import Sight

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = NOON.astimezone(HELSINKI)
TODAY = NOW.date()
DOOR = Goal(60.1689, 24.9455, is_exact=True)


def plain(text: str) -> str:
    return text.replace(times.WORD_JOINER, "")


def make_event(
    status: Status | None,
    *,
    at: datetime = NOW - timedelta(hours=1),
    place: str = "",
    label: str = "",
    reason: Reason | None = None,
) -> EventFact:
    said = label or str(status.label if status else "Update received")
    return EventFact(at, status and status.value, said, place, reason)


def make_window(start: str = "", end: str = "", *, day: date = TODAY, reason: str = "") -> WindowFact:
    def at(clock: str) -> datetime | None:
        return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=HELSINKI) if clock else None

    return WindowFact(day, at(start), at(end), "Europe/Helsinki", None, None, reason)


def make_facts(status: Status = Status.CREATED, **fields: Any) -> Facts:
    known = Facts(
        reference="DS-1",
        version=1,
        status=status,
        status_label=str(status.label),
        conditions=(),
        handover=None,
        window=None,
        stops_before=None,
        driver=None,
        parcels=(ParcelFact("P1-1", status.value, str(status.label)),),
        events=(make_event(status),),
        actions=(),
        as_of=NOW,
    )
    return replace(known, **fields)


def tell(status: Status, **fields: Any) -> Answer:
    return answers.tell(make_facts(status, **fields), brand="Kauppa", now=NOW)


@pytest.mark.parametrize(
    ("reason", "headline", "lede"),
    [
        (Reason.NOBODY, "Sorry we missed you", "We were at your door today at 11:00 and nobody could take it in."),
        (
            Reason.REFUSED,
            "Sorry, we could not hand it over",
            "We were at your door today at 11:00 and it was not accepted.",
        ),
        (Reason.NO_ACCESS, "Sorry, we could not hand it over", "We were there today at 11:00 and found no way in."),
        (Reason.WEATHER, "Sorry, we could not hand it over", "We could not hand it over today at 11:00: weather."),
    ],
)
def test_an_attempt_is_told_with_its_reason(reason: Reason, headline: str, lede: str) -> None:
    answer = tell(Status.ATTEMPTED, events=(make_event(Status.ATTEMPTED, reason=reason),))

    assert (answer.headline, plain(answer.lede)) == (headline, lede)


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_own_words_icon_and_next_step(status: Status) -> None:
    answer = tell(status)
    others = [tell(other) for other in Status if other is not status]

    assert all([answer.label, answer.headline, answer.lede, answer.next_step])
    get_template(f"icons/{answer.icon}.svg")
    for part in ("icon", "label", "headline", "lede"):
        assert getattr(answer, part) not in {getattr(other, part) for other in others}


@pytest.mark.parametrize(
    ("status", "headline", "lede"),
    [
        (Status.CREATED, "We have your order", "Kauppa is getting it ready for you."),
        (Status.IN_TRANSIT, "Travelling towards you", "It is travelling to the hub near you."),
        (Status.AT_HUB, "Already near you", "Only the last part of its way is left."),
        (Status.PLANNED, "Planned for today", "It has its place on a route and waits to be loaded."),
        (Status.OUT_FOR_DELIVERY, "On its way to you", "The driver has it with them."),
        (
            Status.ATTEMPTED,
            "Sorry we missed you",
            "We were at your door today at 11:00 and nobody could take it in.",
        ),
        (
            Status.ON_HOLD,
            "Your parcel is waiting",
            "Nothing is lost: it is safe with us and stays where it is for now.",
        ),
        (Status.READY_FOR_PICKUP, "Ready for you to collect", "It is waiting for you at the pickup point."),
        (Status.DELIVERED, "Delivered at 11:00", "The carrier says it is with you."),
        (Status.RETURNING, "Going back to Kauppa", "It has turned round and travels back to the sender."),
        (Status.RETURNED, "Back at Kauppa", "It reached the sender again today at 11:00."),
        (
            Status.DAMAGED,
            "Your parcel was damaged",
            "We are sorry. It was damaged on the way and we did not want to bring it to you like that.",
        ),
        (Status.LOST, "We cannot find your parcel", "We are sorry. We keep looking, and say so here if it turns up."),
        (
            Status.CANCELLED,
            "This delivery was cancelled",
            "Cancelled today at 11:00. Nothing will be brought to you.",
        ),
    ],
)
def test_the_answer_comes_first(status: Status, headline: str, lede: str) -> None:
    assert (tell(status).headline, tell(status).lede) == (headline, lede)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (make_window("14:05", "14:25"), "14:05–14:25"),
        (make_window(), "today"),
        (make_window(day=TODAY + timedelta(days=1)), "tomorrow"),
        (make_window("09:00", "12:00", day=TODAY + timedelta(days=1)), "tomorrow, 09:00–12:00"),
        (make_window("09:00", "12:00", day=TODAY + timedelta(days=3)), "Wednesday 25 November, 09:00–12:00"),
    ],
)
def test_the_time_is_the_headline_where_it_is_known(window: WindowFact, words: str) -> None:
    assert plain(tell(Status.OUT_FOR_DELIVERY, window=window).headline) == f"Arriving {words}"
    assert plain(tell(Status.AT_HUB, window=window).headline) == f"Expected {words}"


def test_what_is_not_loaded_is_planned_and_never_on_its_way() -> None:
    answer = tell(Status.PLANNED, window=make_window("14:00", "16:00"))

    assert answer.label == "Planned for today"
    assert plain(answer.headline) == "Expected 14:00–16:00"
    assert "on its way" not in (answer.label + answer.headline + answer.lede).lower()


def test_what_is_planned_for_another_day_is_not_planned_for_today() -> None:
    facts = make_facts(Status.PLANNED, window=make_window(day=TODAY + timedelta(days=1)))
    answer = answers.tell(facts, brand="Kauppa", now=NOW)

    assert answer.label == "Planned"


@pytest.mark.parametrize(
    ("stops", "words"), [(12, "12 stops before you."), (2, "2 stops before you."), (1, "1 stop before you.")]
)
def test_the_stops_before_are_counted(stops: int, words: str) -> None:
    answer = tell(Status.OUT_FOR_DELIVERY, window=make_window("14:05", "14:25"), stops_before=stops)

    assert answer.lede == words


def test_being_next_and_the_arrival_have_words_of_their_own() -> None:
    window = make_window("12:05", "12:15")
    next_ = tell(Status.OUT_FOR_DELIVERY, window=window, stops_before=0, conditions=("next",))
    arriving = tell(Status.OUT_FOR_DELIVERY, window=window, stops_before=0, conditions=("next", "arriving"))

    assert (next_.label, next_.next_step) == ("You are next", "Please stay near the door.")
    assert arriving.headline == "Almost at your door"
    assert plain(arriving.lede) == "Expected 12:05–12:15."
    assert arriving.next_step == "Please be ready to open the door."


@pytest.mark.parametrize(
    ("handover", "lede"),
    [
        (Handover.RECIPIENT, "Handed to you. We hope you like it."),
        (Handover.NEIGHBOUR, "Left with a neighbour."),
        (Handover.RECEPTION, "Left at the reception."),
        (Handover.SAFE_PLACE, "Left in a safe place."),
        (Handover.PICKUP_POINT, "Collected at the pickup point."),
    ],
)
def test_every_handover_has_its_own_words(handover: Handover, lede: str) -> None:
    answer = tell(Status.DELIVERED, handover=handover.value)

    assert answer.lede == lede
    assert answer.next_step


def test_a_delivery_of_another_day_names_the_day() -> None:
    events = (make_event(Status.DELIVERED, at=NOW - timedelta(days=3)),)

    assert tell(Status.DELIVERED, events=events).headline == "Delivered on Thursday 19 November"


@pytest.mark.parametrize(
    ("days_ago", "headline"),
    [(0, "Delivered today"), (1, "Delivered yesterday"), (3, "Delivered on Thursday 19 November")],
)
def test_a_carriers_day_without_a_time_is_the_day_of_the_delivery(days_ago: int, headline: str) -> None:
    midnight = NOW.replace(hour=0, minute=0) - timedelta(days=days_ago)

    assert tell(Status.DELIVERED, events=(make_event(Status.DELIVERED, at=midnight),)).headline == headline


def test_a_carriers_day_without_a_time_is_told_without_one_in_a_sentence() -> None:
    events = (make_event(Status.ATTEMPTED, at=NOW.replace(hour=0, minute=0)),)

    assert "00:00" not in str(tell(Status.ATTEMPTED, events=events))
    assert "00:00" in str(tell(Status.ATTEMPTED, events=(replace(events[0], at=events[0].at + timedelta(seconds=1)),)))


def test_a_place_is_named_where_it_is_known() -> None:
    on_the_way = (make_event(Status.IN_TRANSIT, place="Tampere"),)
    waiting = (make_event(Status.READY_FOR_PICKUP, place="R-kioski Kamppi"),)

    assert tell(Status.IN_TRANSIT, events=on_the_way).lede == "Last news from Tampere, today at 11:00."
    assert tell(Status.READY_FOR_PICKUP, events=waiting).lede == "It is waiting for you at R-kioski Kamppi."


def test_an_empty_history_breaks_no_sentence() -> None:
    assert tell(Status.CANCELLED, events=()).lede == "Cancelled recently. Nothing will be brought to you."
    assert tell(Status.DELIVERED, events=()).headline == "Delivered"
    assert history.days((), now=NOW) == []


def test_several_parcels_are_spoken_of_as_several() -> None:
    both = (ParcelFact("P1-1", "lost", "Lost"), ParcelFact("P1-2", "lost", "Lost"))

    assert tell(Status.LOST, parcels=both).headline == "We cannot find your parcels"


def test_a_delay_is_said_honestly_and_with_its_reason() -> None:
    window = replace(
        make_window("14:45", "15:05", reason="Earlier stops or traffic took longer than planned."),
        promised_start=datetime(2026, 11, 22, 13, tzinfo=HELSINKI),
        promised_end=datetime(2026, 11, 22, 14, tzinfo=HELSINKI),
    )

    (notice,) = notices.list_for(make_facts(Status.OUT_FOR_DELIVERY, window=window, conditions=("delayed",)), now=NOW)

    assert notice.title == "Later than promised"
    assert plain(notice.text) == (
        "We promised 13:00–14:00 today and are sorry that you have to wait."
        " Earlier stops or traffic took longer than planned."
    )


def test_a_delay_without_a_time_is_still_said() -> None:
    (notice,) = notices.list_for(make_facts(Status.ON_HOLD, conditions=("delayed",)), now=NOW)

    assert notice.text == "We are sorry that you have to wait."


def test_an_update_that_nobody_can_read_is_an_update_received() -> None:
    events = (make_event(Status.IN_TRANSIT), make_event(None))

    (notice,) = notices.list_for(make_facts(Status.IN_TRANSIT, events=events), now=NOW)

    assert notice.title == "Update received"
    assert history.days(events, now=NOW)[0].lines[0].label == "Update received"


def test_an_update_that_was_overtaken_needs_no_notice() -> None:
    events = (make_event(None), make_event(Status.IN_TRANSIT))

    assert notices.list_for(make_facts(Status.IN_TRANSIT, events=events), now=NOW) == []


def test_half_a_delivery_is_told_apart_from_a_whole_one() -> None:
    boxes = tuple(ParcelFact(f"P{n}", status, "") for n, status in enumerate(["delivered", "in_transit", "in_transit"]))

    (notice,) = notices.list_for(make_facts(Status.IN_TRANSIT, parcels=boxes), now=NOW)

    assert notice.title == "1 of 3 parcels is delivered"


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_place_on_the_rail(status: Status) -> None:
    everything = tuple(make_event(each) for each in Status)

    steps = rail.steps(make_facts(status, events=everything))

    assert [step.stage.value for step in steps].count("current") == 1
    assert 2 <= len(steps) <= 5
    assert len({step.label for step in steps}) == len(steps)
    assert sorted(steps, key=lambda step: ["done", "current", "ahead"].index(step.stage)) == steps


@pytest.mark.parametrize(
    ("status", "happened", "words"),
    [
        (Status.CREATED, [], "*Ordered, At the hub, On its way, Delivered"),
        (
            Status.OUT_FOR_DELIVERY,
            [Status.IN_TRANSIT, Status.AT_HUB, Status.PLANNED],
            "Ordered, In transit, At the hub, *On its way, Delivered",
        ),
        (Status.READY_FOR_PICKUP, [Status.AT_HUB], "Ordered, At the hub, *Ready, Collected"),
        (
            Status.ATTEMPTED,
            [Status.IN_TRANSIT, Status.AT_HUB, Status.OUT_FOR_DELIVERY],
            "In transit, At the hub, On its way, *Missed you, Delivered",
        ),
        (Status.RETURNING, [Status.AT_HUB], "Ordered, At the hub, *Going back, Returned"),
        (Status.LOST, [Status.IN_TRANSIT], "Ordered, In transit, *Lost"),
    ],
)
def test_the_rail_says_the_way_in_words(status: Status, happened: Sequence[Status], words: str) -> None:
    events = tuple(make_event(each) for each in [Status.CREATED, *happened, status])

    steps = rail.steps(make_facts(status, events=events))

    assert ", ".join(f"*{step.label}" if step.stage == "current" else step.label for step in steps) == words


def test_the_history_is_newest_first_and_by_day() -> None:
    events = [
        make_event(Status.CREATED, at=NOW - timedelta(days=5)),
        make_event(Status.AT_HUB, at=NOW - timedelta(days=1)),
        make_event(Status.OUT_FOR_DELIVERY, at=NOW - timedelta(hours=2), place="Kamppi"),
    ]

    days = history.days(events, now=NOW)

    assert [day.label for day in days] == ["Today", "Yesterday", "Tuesday 17 November"]
    assert (days[0].lines[0].clock, days[0].lines[0].label, days[0].lines[0].place) == ("10:00", "On its way", "Kamppi")


def test_a_line_of_which_the_day_alone_is_known_has_no_time() -> None:
    midnight = NOW.replace(hour=0, minute=0)
    events = [make_event(Status.IN_TRANSIT, at=at) for at in (midnight, midnight + timedelta(minutes=1))]

    [day] = history.days(events, now=NOW)

    assert [line.clock for line in day.lines] == ["00:01", ""]


def test_a_very_long_history_is_cut_on_the_page() -> None:
    events = [make_event(Status.IN_TRANSIT, at=NOW - timedelta(minutes=number)) for number in range(500, 0, -1)]

    days = history.days(events, now=NOW)

    assert sum(len(day.lines) for day in days) == history.MOST
    assert days[0].lines[0].at == events[-1].at


def make_change(start: datetime | None, before: datetime | None, *, cause: Cause = Cause.BEHIND) -> WindowChange:
    minutes = timedelta(minutes=20)
    return WindowChange(
        at=NOON - timedelta(minutes=30),
        cause=cause,
        date=TODAY,
        start=start,
        end=start and start + minutes,
        previous_start=before,
        previous_end=before and before + minutes,
    )


def test_a_change_of_the_time_says_why_and_from_what_to_what() -> None:
    ledger = [make_change(NOON + timedelta(hours=2), NOON + timedelta(hours=1))]

    (change,) = changes.tell(ledger, zone=HELSINKI, now=NOW)

    assert change.when == "Today at 11:30"
    assert change.reason == "Earlier stops or traffic took longer than planned."
    assert (plain(change.told), plain(change.before)) == ("14:00–14:20", "13:00–13:20")


def test_a_change_of_five_minutes_is_not_worth_a_word() -> None:
    start = NOON + timedelta(hours=1)
    first = make_change(start, None, cause=Cause.FIRST)
    small = make_change(start + timedelta(minutes=5), start)
    noticeable = make_change(start + timedelta(minutes=6), start)

    told = changes.tell([first, small, noticeable], zone=HELSINKI, now=NOW)

    assert [change.reason for change in told] == [str(Cause.FIRST.label), str(Cause.BEHIND.label)]
    assert told[0].before == ""


def test_a_day_without_a_time_is_told_as_a_day() -> None:
    (change,) = changes.tell([make_change(None, None, cause=Cause.CARRIER)], zone=HELSINKI, now=NOW)

    assert (change.told, change.before) == ("today", "")


def make_driver(metres_north: float = 0, *, age: timedelta = timedelta(), vehicle: Vehicle = Vehicle.VAN) -> DriverFact:
    recorded_at = NOW - age
    position = PositionFact(
        DOOR.latitude + metres_north / 111_195, DOOR.longitude, None, recorded_at, is_stale=age > timedelta(minutes=1)
    )
    return DriverFact("Aino", vehicle.value, position)


def where(driver: DriverFact, *, is_due: bool = True) -> tuple[str, str, str]:
    told = whereabouts.tell(driver, DOOR, is_due=is_due, from_stops=5, now=NOW)
    return told.text, told.seen, told.sight.value


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (40, "Aino is less than 100 m away."),
        (120, "Aino is about 100 m away."),
        (649, "Aino is about 600 m away."),
        (949, "Aino is about 900 m away."),
        (951, "Aino is about 1.0 km away."),
        (2340, "Aino is about 2.3 km away."),
    ],
)
def test_the_map_is_said_in_words(metres: float, words: str) -> None:
    assert where(make_driver(metres)) == (words, "Seen just now", Sight.FRESH)


def test_an_old_fix_says_how_old_it_is() -> None:
    assert where(make_driver(age=timedelta(seconds=150)))[1:] == ("Seen 2 min ago", Sight.STALE)


def test_a_driver_who_is_not_shown_is_out_of_sight_or_not_near_enough() -> None:
    unseen = replace(make_driver(), position=None)

    assert where(unseen) == ("Aino is out of sight at the moment. Your time stays up to date.", "", Sight.NONE)
    assert where(unseen, is_due=False) == ("You see Aino here from 5 stops before you.", "", Sight.NONE)


def test_an_address_without_a_point_is_at_no_distance() -> None:
    told = whereabouts.tell(make_driver(), None, is_due=True, from_stops=5, now=NOW)

    assert (told.text, told.seen) == ("", "Seen just now")


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        (DOOR, "It goes to the pin."),
        (DOOR._replace(is_exact=False), "It goes to an address within the circle."),
        (None, ""),
    ],
)
def test_a_map_without_a_driver_is_said_in_words_too(goal: Goal | None, words: str) -> None:
    assert whereabouts.tell(None, goal, is_due=False, from_stops=5, now=NOW).text == words


@pytest.mark.parametrize("vehicle", Vehicle)
def test_every_vehicle_has_its_own_words_and_icon(vehicle: Vehicle) -> None:
    words = {whereabouts.brought_by(make_driver(vehicle=each)) for each in Vehicle}

    assert len(words) == len(Vehicle)
    get_template(f"icons/{vehicle.value}.svg")


def test_the_script_of_the_page_says_the_same_sentences() -> None:
    phrases = whereabouts.phrases(make_driver())

    assert phrases["here"] == where(make_driver(40))[0]
    assert str(phrases["metres"]).replace("{distance}", "600") == where(make_driver(649))[0]
    assert str(phrases["kilometres"]).replace("{distance}", "2.3") == where(make_driver(2340))[0]
    assert phrases["hidden"] == where(replace(make_driver(), position=None))[0]
    assert phrases["seen"] == [
        "Seen just now",
        *(f"Seen {minutes} min ago" for minutes in range(1, 6)),
    ]


def test_a_window_over_the_end_of_summer_time_names_both_offsets() -> None:
    start = datetime(2026, 10, 25, 0, 45, tzinfo=UTC).astimezone(HELSINKI)
    end = datetime(2026, 10, 25, 1, 15, tzinfo=UTC).astimezone(HELSINKI)

    assert plain(times.span(start, end)) == "03:45 EEST–03:15 EET"


def test_a_zone_is_named_after_its_city() -> None:
    assert times.zone("Europe/Helsinki") == "Helsinki time"
    assert times.zone("America/Argentina/Buenos_Aires") == "Buenos Aires time"
    assert times.zone("UTC") == "UTC time"
