"""What a shop may change about a delivery in the name of its recipient, and what it may not."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import make_brand, make_shipment
from tests.programs import Program, problem
from tests.tracking.test_races import at_once
from tracking.changes import keeping, services
from tracking.changes.keeping import Keeper, NoRoom
from tracking.changes.models import Action, Asker, Change, OfferedAction
from tracking.changes.services import LINK, Offer
from tracking.keys.models import Scope
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment

HOUR = timedelta(hours=1)
EVENING = {
    "key": "evening",
    "start": "2099-11-28T15:00:00Z",
    "end": "2099-11-28T18:00:00Z",
    "until": "2099-11-28T10:00:00Z",
    "price": "3.90",
    "name": "evening",
    "kg_co2e": -0.12,
    "sum": {"km": 0.9, "kg": 0.19, "km_before": 1.5, "kg_before": 0.31},
}
NIGHT = EVENING | {"key": "night", "until": "2001-01-01T00:00:00+00:00"}
COUNTER = {
    "key": "kiosk",
    "name": "Kiosk",
    "address": "Katu 1, 00100 Helsinki",
    "kept_until": "2099-12-05T18:00:00Z",
    "opens": ["09:00", "18:00"],
}
UNSAID = {"place": None, "address": None, "kept_until": None, "opens": None}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at tracking alone, without the apps above that make room for changes."""
    monkeypatch.setattr(keeping, "_keepers", {})


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def shop(brand: Brand) -> Program:
    return Program(brand, Scope.SHIPMENTS_READ, Scope.OPTIONS_WRITE)


def make_offered(brand: Brand | None = None, *, until: timedelta = 5 * HOUR) -> Shipment:
    at = timezone.now()
    shipment = make_shipment(brand=brand, status=Status.AT_HUB, at=at - 20 * HOUR)
    words = (Action.SAFE_PLACE, Action.NEIGHBOUR, Action.INSTRUCTIONS, Action.NEEDS, Action.ADDRESS)
    offers = [Offer(Action.SLOT, at + until, [EVENING, NIGHT]), *(Offer(action, at + until) for action in words)]
    services.offer(shipment, offers, at=at if until > timedelta() else at + 2 * until)
    return shipment


def ask(shop: Program, shipment: Shipment, body: Any = None, **headers: str) -> Any:
    return shop.post(f"/shipments/{shipment.uid}/changes", body or {"action": "slot", "key": "evening"}, **headers)


def test_each_way_is_listed_with_its_cut_off_price_window_and_emissions(shop: Program, brand: Brand) -> None:
    shipment = make_offered(brand)
    until = OfferedAction.objects.get(action=Action.SLOT).until

    read = shop.get(f"/shipments/{shipment.uid}/options")
    again = shop.get(f"/shipments/{shipment.uid}/options", **{"If-None-Match": read["ETag"]})

    slot, safe_place, *_ = read.json()["items"]
    assert read.json()["currency"] == "EUR"
    assert slot["choices"] == [EVENING | UNSAID]
    assert (slot["action"], datetime.fromisoformat(slot["until"])) == ("slot", until)
    assert (safe_place["action"], safe_place["choices"]) == ("safe_place", [])
    assert again.status_code == 304


def test_of_a_pickup_point_it_is_said_when_it_is_open_and_how_long_it_is_kept(shop: Program, brand: Brand) -> None:
    at = timezone.now()
    shipment = make_shipment(brand=brand, status=Status.AT_HUB, at=at - 20 * HOUR)
    services.offer(shipment, [Offer(Action.PICKUP_POINT, at + 5 * HOUR, [COUNTER])], at=at)

    [offered] = shop.get(f"/shipments/{shipment.uid}/options").json()["items"]
    chosen = ask(shop, shipment, {"action": "pickup_point", "key": "kiosk"}).json()["choice"]

    for choice in (*offered["choices"], chosen):
        assert {name: choice[name] for name in COUNTER} == COUNTER


def test_a_way_is_chosen_in_the_name_of_the_shop_and_of_its_key(shop: Program, brand: Brand) -> None:
    shipment = make_offered(brand)

    said = ask(shop, shipment)

    change = Change.objects.get()
    assert said.status_code == 201
    assert said.json() == {
        "id": change.id,
        "action": "slot",
        "choice": EVENING | UNSAID,
        "answers": None,
        "asked_by": "api",
        "asked_at": said.json()["asked_at"],
        "key": str(shop.key),
        "undo_until": said.json()["undo_until"],
        "undone_at": None,
        "undone_key": None,
        "replaced_at": None,
    }
    assert (change.asked_by, change.key, change.shipment) == (Asker.API, f"test ({shop.key.begins}…)", shipment)


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({"action": "safe_place", "where": " behind the shed "}, {"where": "behind the shed"}),
        ({"action": "neighbour", "name": "Aino", "door": "2nd floor"}, {"name": "Aino", "door": "2nd floor"}),
        ({"action": "instructions", "words": "Mind the dog."}, {"words": "Mind the dog."}),
        (
            {"action": "needs", "minutes": 3, "no_bell": True},
            {"minutes": 3, "no_bell": True, "words": ["3 minutes to the door", "Do not ring"]},
        ),
        (
            {"action": "address", "street": "Katu 1", "postcode": "00100", "city": "Helsinki"},
            {"street": "Katu 1", "postcode": "00100", "city": "Helsinki"},
        ),
    ],
)
def test_words_are_kept_as_the_page_keeps_them(
    shop: Program, brand: Brand, body: dict[str, Any], details: dict[str, Any]
) -> None:
    said = ask(shop, make_offered(brand), body)

    assert Change.objects.get().details == details
    known = {name: value for name, value in said.json()["answers"].items() if value is not None}
    assert known == {name: value for name, value in details.items() if not isinstance(value, list)}
    assert said.json()["choice"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "fly"},
        {"action": "slot"},
        {"action": "slot", "key": 7},
        {"action": "slot", "key": "evening", "price": "0.00"},
        {"action": "safe_place", "where": "   "},
        {"action": "safe_place", "where": "x" * 121},
        {"action": "safe_place", "where": "a\0b"},
        {"action": "needs"},
        {"action": "needs", "minutes": 16},
        {"action": "needs", "minutes": "3"},
        {"action": "address", "street": "Katu 1"},
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place_that_is_wrong(
    shop: Program, brand: Brand, body: dict[str, Any]
) -> None:
    said = problem(shop.post(f"/shipments/{make_offered(brand).uid}/changes", body), 422)

    assert said["mistakes"][0]["where"][0] == "body"
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("body", "until", "detail"),
    [
        ({"action": "slot", "key": "morning"}, 5 * HOUR, "This is not offered for this shipment now."),
        ({"action": "hold", "key": "evening"}, 5 * HOUR, "This is not offered for this shipment now."),
        ({"action": "slot", "key": "night"}, 5 * HOUR, "The cut-off has passed."),
        ({"action": "slot", "key": "evening"}, -HOUR, "The cut-off has passed."),
    ],
)
def test_what_is_not_offered_any_more_is_refused(
    shop: Program, brand: Brand, body: dict[str, Any], until: timedelta, detail: str
) -> None:
    shipment = make_offered(brand, until=until)

    assert problem(ask(shop, shipment, body), 409)["detail"] == detail

    assert not Change.objects.exists()


def test_where_the_last_place_is_gone_nothing_changes(
    shop: Program, brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> dict[str, Any]:
        raise NoRoom

    monkeypatch.setattr(keeping, "_keepers", {Action.SLOT: Keeper(refuse, lambda *_: None)})

    problem(ask(shop, make_offered(brand)), 409)

    assert not Change.objects.exists()


def test_a_change_is_undone_once_and_what_it_replaced_holds_again(shop: Program, brand: Brand) -> None:
    shipment = make_offered(brand)
    first = services.ask(shipment, Action.SAFE_PLACE, {"where": "behind the shed"}, by=LINK, at=timezone.now())
    second = ask(shop, shipment, {"action": "neighbour", "name": "Aino", "door": "2"}).json()["id"]

    undone = [shop.post(f"/shipments/{shipment.uid}/changes/{second}/undo") for _ in range(2)]

    listed = shop.get(f"/shipments/{shipment.uid}/changes").json()["items"]
    assert [answer.status_code for answer in undone] == [200, 200]
    assert undone[0].json() == undone[1].json() == listed[0]
    assert (listed[0]["undone_key"], listed[0]["undone_at"] is None) == (str(shop.key), False)
    assert (listed[1]["id"], listed[1]["asked_by"], listed[1]["key"]) == (first.id, "link", None)
    assert listed[1]["replaced_at"] is None


def test_what_another_change_replaced_is_not_undone(shop: Program, brand: Brand) -> None:
    shipment = make_offered(brand)
    first = ask(shop, shipment, {"action": "safe_place", "where": "behind the shed"}).json()["id"]
    ask(shop, shipment, {"action": "safe_place", "where": "in the shed"})

    problem(shop.post(f"/shipments/{shipment.uid}/changes/{first}/undo"), 409)

    assert Change.objects.get(id=first).undone_at is None


def test_after_the_cut_off_nothing_is_undone(shop: Program, brand: Brand) -> None:
    shipment = make_offered(brand)
    change = ask(shop, shipment).json()["id"]
    Change.objects.update(undo_until=timezone.now())

    problem(shop.post(f"/shipments/{shipment.uid}/changes/{change}/undo"), 409)

    assert Change.objects.get().is_in_force


def test_asking_twice_under_one_name_changes_once(shop: Program, brand: Brand) -> None:
    shipment = make_offered(brand)
    body = {"action": "safe_place", "where": "behind the shed"}

    first = ask(shop, shipment, body, Idempotency_Key="a")
    ask(shop, shipment, body | {"where": "in the shed"})
    again = ask(shop, shipment, body, Idempotency_Key="a")

    assert again.json() == first.json()
    assert Change.objects.count() == 2
    assert services.in_force([shipment])[0].details == {"where": "in the shed"}


def test_another_brands_delivery_is_not_there(shop: Program) -> None:
    theirs, other = make_offered(), make_offered()
    change = services.ask(other, Action.SLOT, {"key": "evening"}, by=LINK, at=timezone.now())

    problem(shop.get(f"/shipments/{theirs.uid}/options"), 404)
    problem(shop.get(f"/shipments/{theirs.uid}/changes"), 404)
    problem(ask(shop, theirs), 404)
    problem(shop.post(f"/shipments/{other.uid}/changes/{change.id}/undo"), 404)

    assert Change.objects.get().is_in_force


def test_a_change_of_another_delivery_is_not_there(shop: Program, brand: Brand) -> None:
    shipment, other = make_offered(brand), make_offered(brand)
    change = ask(shop, other).json()["id"]

    problem(shop.post(f"/shipments/{shipment.uid}/changes/{change}/undo"), 404)

    assert Change.objects.get().is_in_force


def test_reading_does_not_include_changing(brand: Brand) -> None:
    reader, writer = Program(brand, Scope.SHIPMENTS_READ), Program(brand, Scope.OPTIONS_WRITE)
    shipment = make_offered(brand)

    problem(ask(reader, shipment), 403)
    problem(writer.get(f"/shipments/{shipment.uid}/options"), 403)

    assert not Change.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_choose_at_once_one_change_is_in_force(brand: Brand) -> None:
    shipment = make_offered(brand)
    programs = [Program(brand, Scope.OPTIONS_WRITE) for _ in range(2)]
    bodies = [{"action": "safe_place", "where": "in the shed"}, {"action": "neighbour", "name": "Aino", "door": "2"}]

    answers: list[Any] = at_once(
        *(partial(ask, program, shipment, body) for program, body in zip(programs, bodies, strict=True))
    )

    assert [answer.status_code for answer in answers] == [201, 201]
    assert len(services.in_force([shipment])) == 1
