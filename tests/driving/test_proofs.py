"""What drivers can show: pictures, PINs, and what speaks for an attempt."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from driving.models import DriverAction
from tests.driving.phones import (
    DOORS,
    MINUTE,
    driver_events,
    make_change,
    make_day,
    make_phone,
    photo,
    statuses,
)
from tracking.changes.models import Action
from tracking.proof import pins
from tracking.proof.models import Evidence, Kind, Measure, PinDay, Proof
from tracking.rounds import services as rounds
from tracking.rounds.models import Position
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment
from tracking.shipments.reasons import Reason

pytestmark = pytest.mark.django_db


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


def test_where_the_shopper_asked_for_a_safe_place_nobody_is_there_to_tell_a_pin() -> None:
    route, (asked, changed_mind, never_asked) = make_day(asks_for_pin=True)
    phone, at = make_phone(route), timezone.now() - 5 * MINUTE
    for shipment, undone_at in ((asked, None), (changed_mind, at + MINUTE)):
        make_change(shipment, Action.SAFE_PLACE, at=at, undone_at=undone_at, where="in the shed")

    def leave(shipment: Shipment, handover: str = "safe_place") -> Any:
        return phone.tell("deliver", shipment=shipment.id, handover=handover, place="in the shed")["flags"]

    assert [leave(asked), leave(changed_mind), leave(never_asked)] == [[], ["pin_missing"], ["pin_missing"]]
    assert sorted(Proof.objects.filter(kind=Kind.PIN).values_list("event__shipment", flat=True)) == sorted(
        [changed_mind.id, never_asked.id]
    )


def test_a_pin_that_was_told_counts_also_where_a_safe_place_was_asked_for() -> None:
    route, (shipment, other, _) = make_day(asks_for_pin=True)
    phone, at = make_phone(route), timezone.now()
    for each in (shipment, other):
        make_change(each, Action.SAFE_PLACE, at=at, where="in the shed")
    right = pins.pin_of(shipment, on=pins.day_of(shipment, at=at))

    assert phone.tell("deliver", shipment=shipment.id, handover="safe_place", pin=right)["flags"] == []
    assert phone.tell("deliver", shipment=other.id, handover="neighbour")["flags"] == ["pin_missing"]
    assert sorted(Proof.objects.filter(kind=Kind.PIN).values_list("flag", flat=True)) == ["", "missing"]


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
    assert driver_events()[0].reason == Reason.NOBODY
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


def test_the_log_holds_neither_name_nor_pin(caplog: pytest.LogCaptureFixture) -> None:
    route, (shipment, *_) = make_day(asks_for_pin=True)

    make_phone(route).tell("deliver", shipment=shipment.id, pin="000000", name="Pekka Naapuri", is_late="on")

    assert "Pekka" not in caplog.text
    assert "000000" not in caplog.text
