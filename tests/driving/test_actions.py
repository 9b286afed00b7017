"""What drivers did: each thing once, at its own time, whatever the phone and the network make of it."""

from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from driving.models import DriverAction
from tests.driving.phones import (
    DOORS,
    MINUTE,
    bound_long_ago,
    json_action,
    make_day,
    make_loading_day,
    make_phone,
    make_planned,
    photo,
)
from tracking.proof import pins
from tracking.proof.models import Evidence, Kind, Measure, PinDay, Proof
from tracking.rounds import services as rounds
from tracking.rounds.models import Position, RouteState, Shift, ShiftState, StopState
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Parcel, Shipment, StatusEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def statuses(shipments: list[Shipment]) -> list[str]:
    return [Shipment.objects.get(id=shipment.id).status for shipment in shipments]


def driver_events() -> list[StatusEvent]:
    return list(StatusEvent.objects.filter(source="driver").order_by("occurred_at"))


@pytest.mark.sqlite
def test_a_shift_from_its_beginning_to_its_end() -> None:
    route, shipment = make_loading_day(parcels=1)
    Shift.objects.update(state=ShiftState.PLANNED, started_at=None)
    phone = make_phone(route)
    number = shipment.parcels.get().number

    told = [
        phone.tell("start"),
        phone.tell("scan", number=number.lower()),
        phone.tell("set_off"),
        phone.tell("arrive", shipment=shipment.id),
        phone.tell("deliver", shipment=shipment.id, handover="neighbour", name="Pekka Naapuri"),
        phone.tell("pause"),
        phone.tell("resume"),
        phone.tell("end"),
    ]

    assert [each["outcome"] for each in told] == ["done"] * 8
    route.refresh_from_db()
    stop = route.stops.get()
    assert (route.state, stop.state, route.shift.state) == (RouteState.FINISHED, StopState.DONE, ShiftState.ENDED)
    shipment.refresh_from_db()
    assert (shipment.status, shipment.handover) == (Status.DELIVERED, Handover.NEIGHBOUR)
    assert Proof.objects.get().words == "Pekka Naapuri"
    moments = [action.occurred_at for action in DriverAction.objects.order_by("id")]
    assert (stop.arrived_at, stop.done_at) == (moments[3], moments[4])


def test_three_deliveries_are_told_late_in_the_wrong_order_and_twice() -> None:
    route, shipments = make_day()
    phone = bound_long_ago(make_phone(route))
    now = timezone.now()
    moments = [now - age * MINUTE for age in (30, 20, 10)]
    items = [
        json_action("deliver", shipment=shipment.id, occurred_at=moment.isoformat(), is_late=True)
        for shipment, moment in zip(shipments, moments, strict=True)
    ]

    status, told = phone.tell_json({"actions": [items[2], items[0], items[1]], "sent_at": now.isoformat()})
    _, again = phone.tell_json({"actions": items, "sent_at": now.isoformat()})

    assert status == 200
    assert [each["outcome"] for each in told["actions"]] == ["done"] * 3
    assert sorted(again["actions"], key=str) == sorted(told["actions"], key=str)
    assert [event.occurred_at for event in driver_events()] == moments
    assert [event.shipment_id for event in driver_events()] == [shipment.id for shipment in shipments]
    assert statuses(shipments) == [Status.DELIVERED] * 3
    stops = [Shipment.objects.get(id=shipment.id).stop for shipment in shipments]
    assert [stop.done_at for stop in stops if stop] == moments


def test_a_key_that_was_used_for_something_else_is_refused() -> None:
    route, (first, second, _) = make_day()
    phone = make_phone(route)
    key = str(uuid4())
    at = timezone.now().isoformat()
    phone.tell("deliver", key=key, shipment=first.id, occurred_at=at)

    told = phone.tell("deliver", key=key, shipment=second.id, occurred_at=at, status=409)

    assert told == {"key": key, "error": "This was sent before and said something else."}
    assert statuses([first, second]) == [Status.DELIVERED, Status.OUT_FOR_DELIVERY]
    assert DriverAction.objects.count() == 1


def test_two_links_may_use_one_key() -> None:
    key = str(uuid4())
    for _ in range(2):
        route, (shipment, *_) = make_day()
        assert make_phone(route).tell("deliver", key=key, shipment=shipment.id)["outcome"] == "done"

    assert DriverAction.objects.count() == 2


def test_another_drivers_shipment_is_not_theirs_to_deliver() -> None:
    route, _ = make_day()
    _, (foreign, *_) = make_day()
    phone = make_phone(route)

    for kind in ("arrive", "deliver"):
        assert "not on your route" in phone.tell(kind, shipment=foreign.id, status=404)["error"]
    assert "not on your route" in phone.tell("attempt", shipment=foreign.id, reason="nobody", status=404)["error"]

    assert statuses([foreign]) == [Status.OUT_FOR_DELIVERY]
    assert not DriverAction.objects.exists()


def test_what_was_loaded_may_be_delivered_although_it_was_taken_off_the_route() -> None:
    route, shipment = make_loading_day(parcels=1)
    phone = make_phone(route)
    phone.tell("scan", number=shipment.parcels.get().number)
    phone.tell("set_off")
    services.withdraw(shipment, at=timezone.now())

    assert phone.tell("deliver", shipment=shipment.id)["outcome"] == "done"
    assert statuses([shipment]) == [Status.DELIVERED]


def test_a_shipment_is_on_its_way_once_each_of_its_parcels_was_scanned() -> None:
    route, shipment = make_loading_day(parcels=2)
    phone = make_phone(route)
    first, second = shipment.parcels.all()

    phone.tell("scan", number=first.number)
    assert statuses([shipment]) == [Status.PLANNED]
    phone.tell("scan", number=f" {second.number} ")

    assert statuses([shipment]) == [Status.OUT_FOR_DELIVERY]
    assert {event.place for event in driver_events()} == {"Kamppi"}


def test_scans_are_answered_plainly() -> None:
    route, shipment = make_loading_day(parcels=1)
    number = shipment.parcels.get().number
    _, (foreign, *_) = make_day()
    phone = make_phone(route)

    told = [
        phone.tell("scan", number="NOBODY'S"),
        phone.tell("scan", number=foreign.parcels.get().number),
        phone.tell("scan", number=number),
        phone.tell("scan", number=number),
    ]

    assert [(each["outcome"], each["flags"]) for each in told] == [
        ("refused", ["unknown_parcel"]),
        ("refused", ["other_route"]),
        ("done", []),
        ("overtaken", ["scanned_before"]),
    ]
    assert [each["told"] for each in told] == [
        "No parcel has this number. Please check it.",
        "This parcel belongs on another route. Please leave it at the hub.",
        "Loaded.",
        "You have loaded this one already.",
    ]
    assert len(driver_events()) == 1


def test_what_was_cancelled_is_not_loaded() -> None:
    route, shipment = make_loading_day(parcels=1)
    services.record(shipment, Status.CANCELLED, at=timezone.now())

    told = make_phone(route).tell("scan", number=shipment.parcels.get().number)

    assert told["told"] == "This one is not to be delivered any more. Please bring it back to the hub."
    assert statuses([shipment]) == [Status.CANCELLED]


def test_a_delivery_before_a_cancellation_that_was_known_first_stands() -> None:
    route, (shipment, *_) = make_day()
    phone = bound_long_ago(make_phone(route))
    services.record(shipment, Status.CANCELLED, at=timezone.now() - 5 * MINUTE)

    told = phone.tell("deliver", shipment=shipment.id, occurred_at=(timezone.now() - 10 * MINUTE).isoformat())

    assert (told["outcome"], told["flags"]) == ("done", ["not_wanted"])
    assert statuses([shipment]) == [Status.DELIVERED]


def test_a_delivery_after_a_cancellation_is_kept_and_changes_nothing() -> None:
    route, (shipment, *_) = make_day()
    phone = make_phone(route)
    services.record(shipment, Status.CANCELLED, at=timezone.now() - 5 * MINUTE)

    told = phone.tell("deliver", shipment=shipment.id)

    assert (told["outcome"], told["flags"]) == ("overtaken", ["not_wanted"])
    assert statuses([shipment]) == [Status.CANCELLED]
    assert len(driver_events()) == 1


def test_what_is_delivered_already_is_not_delivered_again() -> None:
    route, (shipment, *_) = make_day()
    phone = make_phone(route)
    phone.tell("deliver", shipment=shipment.id)

    told = phone.tell("deliver", shipment=shipment.id)

    assert (told["outcome"], told["told"]) == ("overtaken", "That was done already.")
    assert len(driver_events()) == 1


def test_a_wrong_clock_is_put_right_and_an_impossible_one_is_flagged() -> None:
    route, (first, second, third) = make_day()
    phone = bound_long_ago(make_phone(route))
    now = timezone.now()
    fast = timedelta(hours=3)

    phone.tell(
        "deliver",
        shipment=first.id,
        occurred_at=(now + fast - 10 * MINUTE).isoformat(),
        sent_at=(now + fast).isoformat(),
    )
    future = phone.tell("deliver", shipment=second.id, occurred_at=(now + fast).isoformat())
    past = phone.tell("deliver", shipment=third.id, occurred_at=(now - timedelta(days=2)).isoformat())

    assert (future["flags"], past["flags"]) == (["clock"], ["clock"])
    action = DriverAction.objects.get(shipment=first)
    assert abs(action.occurred_at - (now - 10 * MINUTE)) < MINUTE
    assert action.device_at == now + fast - 10 * MINUTE
    assert datetime.fromisoformat(future["occurred_at"]) <= timezone.now()
    assert abs(datetime.fromisoformat(past["occurred_at"]) - (now - 60 * MINUTE)) < MINUTE


def test_nothing_happened_after_it_was_told() -> None:
    route, (shipment, *_) = make_day()
    make_phone(route).tell("deliver", shipment=shipment.id)

    with pytest.raises(IntegrityError, match="driver_action_happened_before_it_was_told"), transaction.atomic():
        DriverAction.objects.update(occurred_at=timezone.now() + MINUTE)


def test_a_driver_has_one_action_of_a_key() -> None:
    route, (shipment, *_) = make_day()
    make_phone(route).tell("deliver", shipment=shipment.id)
    action = DriverAction.objects.get()

    action.pk = None
    with pytest.raises(IntegrityError, match="driver_action_once_per_key"), transaction.atomic():
        action.save(force_insert=True)


def test_what_does_not_follow_is_said_to_be_done_already() -> None:
    route, _ = make_day()
    phone = make_phone(route)

    assert [phone.tell(kind)["outcome"] for kind in ("start", "resume", "set_off")] == ["overtaken"] * 3
    assert Shift.objects.get().state == ShiftState.WORKING


def test_beginning_a_shift_ends_the_one_that_was_forgotten() -> None:
    forgotten = make_day()[0].shift
    shift = rounds.plan_shift(forgotten.driver, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=8))
    route = rounds.plan_route(shift, hub=forgotten.routes.get().hub, departs_at=timezone.now(), stops=[])

    assert make_phone(route).tell("start")["outcome"] == "done"

    assert list(Shift.objects.order_by("id").values_list("state", flat=True)) == ["ended", "working"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "deliver"}, "shipment"),
        ({"kind": "deliver", "shipment": "x"}, "shipment"),
        ({"kind": "deliver", "shipment": 10**30}, "shipment"),
        ({"kind": "deliver", "shipment": 1, "handover": "dog"}, "handover"),
        ({"kind": "deliver", "shipment": 1, "latitude": 91, "longitude": 0}, "latitude"),
        ({"kind": "deliver", "shipment": 1, "latitude": "nan", "longitude": 0}, "latitude"),
        ({"kind": "scan"}, "number"),
        ({"kind": "scan", "number": "a\0b"}, "number"),
        ({"kind": "attempt", "shipment": 1}, "reason"),
        ({"kind": "fly"}, "kind"),
        ({"kind": "pause", "key": "1"}, "key"),
        ({"kind": "pause", "occurred_at": "yesterday"}, "occurred_at"),
        ({"kind": "pause", "occurred_at": "9999-99-99T00:00:00Z"}, "occurred_at"),
    ],
)
def test_what_cannot_be_read_is_named_and_nothing_is_kept(said: dict[str, object], field: str) -> None:
    phone = make_phone(make_day()[0])

    status, told = phone.tell_json({"key": str(uuid4()), **said})

    assert status == 422
    assert told["error"].startswith(f"{field}: ")
    assert not DriverAction.objects.exists()


@pytest.mark.parametrize(
    "sent", ["[1]", "{", '"x"', '{"actions": 1}', '{"actions": [1]}', '{"actions": ' + str([{}] * 101) + "}"]
)
def test_what_is_no_action_at_all_is_refused(sent: str) -> None:
    phone = make_phone(make_day()[0])

    assert phone.tell_json(sent) == (422, {"error": "This cannot be read."})


def test_one_bad_item_does_not_spoil_the_others() -> None:
    route, (shipment, *_) = make_day()

    _, told = make_phone(route).tell_json({"actions": [{"kind": "fly"}, json_action("deliver", shipment=shipment.id)]})

    assert "error" in told["actions"][0]
    assert told["actions"][1]["outcome"] == "done"


def test_fifty_megabytes_are_refused_before_they_are_read() -> None:
    route, (shipment, *_) = make_day()
    huge = SimpleUploadedFile("photo.jpg", b"\0" * (50 * 1024 * 1024))

    told = make_phone(route).tell("deliver", shipment=shipment.id, photo=huge, status=413)

    assert told == {"error": "This is more than we take at once. Please send a smaller photo."}
    assert statuses([shipment]) == [Status.OUT_FOR_DELIVERY]
    assert not DriverAction.objects.exists()


def test_a_photo_and_a_signature_are_kept_as_proof(tmp_path: Path) -> None:
    route, (shipment, *_) = make_day()

    make_phone(route).tell(
        "deliver", shipment=shipment.id, photo=photo(), signature=photo(), latitude=60.1, longitude=24.9
    )

    kept = {proof.kind: proof for proof in Proof.objects.all()}
    assert set(kept) == {Kind.PHOTO, Kind.SIGNATURE}
    assert (kept[Kind.PHOTO].latitude, kept[Kind.PHOTO].driver) == (60.1, route.shift.driver)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2


def bomb() -> bytes:
    """Write a picture that says it has ten thousand megapixels."""
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (100_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"
    return head + b"\0" * 4


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        (b"<svg onload='alert(1)'/>", "picture_unreadable"),
        (b"GIF89a" + b"\0" * 20, "picture_unreadable"),
        (bomb(), "picture_unreadable"),
        (b"\xff\xd8\xff" + b"\0" * (10 * 1024 * 1024), "picture_too_large"),
    ],
    ids=["svg", "gif", "bomb", "too many bytes"],
)
def test_a_bad_picture_is_left_out_and_the_delivery_stands(given: bytes, flag: str, tmp_path: Path) -> None:
    route, (shipment, *_) = make_day()

    told = make_phone(route).tell("deliver", shipment=shipment.id, photo=BytesIO(given))

    assert (told["outcome"], told["flags"]) == ("done", [flag])
    assert statuses([shipment]) == [Status.DELIVERED]
    assert not Proof.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_hides_behind_a_photo_is_left_behind(tmp_path: Path) -> None:
    route, (shipment, *_) = make_day()
    polyglot = BytesIO(photo().getvalue() + b"<script>alert(1)</script>")

    assert make_phone(route).tell("deliver", shipment=shipment.id, photo=polyglot)["flags"] == []

    [kept] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert b"script" not in kept.read_bytes()


def test_a_wrong_pin_is_refused_at_the_door_and_its_photo_thrown_away(tmp_path: Path) -> None:
    route, (shipment, *_) = make_day(asks_for_pin=True)
    phone = make_phone(route)
    right = pins.pin_of(shipment, on=pins.day_of(shipment, at=timezone.now()))
    wrong = f"{(int(right) + 1) % 10**6:06}"

    refused = phone.tell("deliver", shipment=shipment.id, pin=wrong, photo=photo())

    assert (refused["outcome"], refused["told"]) == ("refused", "The PIN is wrong.")
    assert statuses([shipment]) == [Status.OUT_FOR_DELIVERY]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]

    assert phone.tell("deliver", shipment=shipment.id, pin=right)["flags"] == []
    assert PinDay.objects.get().right_at
    assert wrong not in str(list(DriverAction.objects.values()))


def test_after_five_wrong_pins_no_other_is_tried() -> None:
    route, (shipment, *_) = make_day(asks_for_pin=True)
    phone = make_phone(route)
    right = pins.pin_of(shipment, on=pins.day_of(shipment, at=timezone.now()))
    wrong = f"{(int(right) + 1) % 10**6:06}"

    told = [phone.tell("deliver", shipment=shipment.id, pin=pin)["flags"] for pin in [wrong] * 5 + [right]]

    assert told == [["pin_wrong"]] * 5 + [["pin_locked"]]
    assert phone.tell("deliver", shipment=shipment.id)["flags"] == ["pin_missing"]
    assert statuses([shipment]) == [Status.DELIVERED]


def test_a_wrong_pin_that_was_accepted_without_a_signal_is_flagged() -> None:
    route, (shipment, *_) = make_day(asks_for_pin=True)
    right = pins.pin_of(shipment, on=pins.day_of(shipment, at=timezone.now()))

    told = make_phone(route).tell("deliver", shipment=shipment.id, pin=right[::-1] + "0", is_late="on")

    assert (told["outcome"], told["flags"]) == ("done", ["pin_wrong"])
    assert statuses([shipment]) == [Status.DELIVERED]


@pytest.mark.parametrize(
    ("seconds", "metres", "flags"),
    [(70, 20, []), (30, 20, ["bad_evidence"]), (90, 412, ["bad_evidence"])],
    ids=["there", "in a hurry", "far away"],
)
def test_an_attempt_is_judged_by_where_the_driver_was(seconds: int, metres: int, flags: list[str]) -> None:
    route, (shipment, *_) = make_day()
    phone = make_phone(route)
    now = timezone.now()
    latitude = DOORS[0][0] + metres / 111_195
    rounds.keep_positions(
        Position(
            driver=route.shift.driver,
            recorded_at=now - timedelta(seconds=age),
            received_at=now,
            latitude=latitude,
            longitude=DOORS[0][1],
        )
        for age in range(0, seconds + 1, 10)
    )

    told = phone.tell("attempt", shipment=shipment.id, reason="nobody", photo=photo())

    assert (told["outcome"], told["flags"]) == ("done", flags)
    assert statuses([shipment]) == [Status.ATTEMPTED]
    assert driver_events()[0].raw_code == "nobody"
    evidence = Evidence.objects.get()
    assert evidence.distance_m == pytest.approx(metres, abs=1)
    assert Proof.objects.get().kind == Kind.PHOTO


def test_an_attempt_of_a_phone_that_was_never_seen_rests_on_what_it_says() -> None:
    route, (first, second, _) = make_day()
    phone = make_phone(route)
    latitude, longitude = DOORS[0]

    claimed = phone.tell(
        "attempt", shipment=first.id, reason="no_access", latitude=latitude, longitude=longitude, dwell_seconds=61
    )
    unknown = phone.tell("attempt", shipment=second.id, reason="refused")

    assert (claimed["flags"], unknown["flags"]) == ([], ["no_evidence"])
    measures = list(Evidence.objects.order_by("id").values_list("measured_by", flat=True))
    assert measures == [Measure.PHONE, Measure.NOBODY]


def test_a_plain_form_leads_back_to_the_page_which_says_what_became_of_it() -> None:
    route, (shipment, *_) = make_day()
    phone = make_phone(route)
    said = {"key": str(uuid4()), "kind": "deliver", "shipment": shipment.id, "photo": BytesIO()}

    answer = phone.client.post(f"{phone.address}actions/", said, headers={"Accept": "text/html"}, follow=True)

    assert answer.redirect_chain == [(phone.address, 302)]
    assert "Delivered." in answer.content.decode()


def test_the_log_holds_neither_name_nor_pin(caplog: pytest.LogCaptureFixture) -> None:
    route, (shipment, *_) = make_day(asks_for_pin=True)

    make_phone(route).tell("deliver", shipment=shipment.id, pin="000000", name="Pekka Naapuri", is_late="on")

    assert "Pekka" not in caplog.text
    assert "000000" not in caplog.text


def test_parcels_of_one_number_are_loaded_one_after_the_other() -> None:
    route, shipment = make_loading_day(parcels=1)
    number = shipment.parcels.get().number
    twin = make_planned(route, [number])
    phone = make_phone(route)

    assert [phone.tell("scan", number=number)["outcome"] for _ in range(3)] == ["done", "done", "overtaken"]
    assert statuses([shipment, twin]) == [Status.OUT_FOR_DELIVERY] * 2
    assert Parcel.objects.filter(number=number).count() == 2
