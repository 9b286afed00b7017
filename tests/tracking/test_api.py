from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings, settings
from django.test import Client
from django.utils import timezone

from tests.factories import NOON, make_brand, make_device, make_driver, make_link, make_route, make_shipment
from tests.programs import Program, problem
from tracking.keys.models import OF_THE_FLEET, Scope
from tracking.links import limits
from tracking.links.models import TrackingLink
from tracking.rounds.models import Device, Driver
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment, StatusEvent
from tracking.shipments.window import Cause, Window

pytestmark = pytest.mark.django_db

ORDER: dict[str, Any] = {
    "reference": "A-1001",
    "recipient": {
        "name": "Maija Meikäläinen",
        "street": "Aleksanterinkatu 13 B 7",
        "postcode": "00100",
        "city": "Helsinki",
        "latitude": 60.1689,
        "longitude": 24.9455,
        "email": "Maija@Example.org",
        "phone": "+358 40 1234567",
    },
    "parcels": ["JJFI1", "JJFI2"],
}


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def shop(brand: Brand) -> Program:
    return Program(brand, *(scope for scope in Scope if scope not in OF_THE_FLEET))


@pytest.fixture
def fleet() -> Program:
    return Program(None, *OF_THE_FLEET)


def test_an_order_is_taken_in(shop: Program, brand: Brand) -> None:
    response = shop.post("/shipments", ORDER)

    shipment = Shipment.objects.get()
    link = TrackingLink.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": str(shipment.uid),
        "brand": brand.slug,
        "reference": "A-1001",
        "version": 1,
        "status": "created",
        "handover": None,
        "carrier": None,
        "window": None,
        "promise": None,
        "recipient": {
            "name": "Maija Meikäläinen",
            "street": "Aleksanterinkatu 13 B 7",
            "postcode": "00100",
            "city": "Helsinki",
            "latitude": 60.1689,
            "longitude": 24.9455,
            "timezone": "Europe/Helsinki",
            "email": "maija@example.org",
            "phone": "+358401234567",
            "language": "",
        },
        "parcels": [{"number": "JJFI1", "status": "created"}, {"number": "JJFI2", "status": "created"}],
        "tracking_url": f"{settings.BASE_URL}/t/{link.token}/",
        "created_at": response.json()["created_at"],
        "changed_at": response.json()["changed_at"],
    }
    assert link.shipment == shipment
    assert shipment.brand == brand


def test_an_order_without_numbers_is_one_parcel_with_its_promise(shop: Program) -> None:
    promise = {"start": "2026-11-23T18:00:00+02:00", "end": "2026-11-23T20:00:00+02:00"}

    response = shop.post("/shipments", {**ORDER, "parcels": [], "promise": promise})

    assert response.json()["parcels"] == [{"number": "A-1001", "status": "created"}]
    assert response.json()["promise"] == {"start": "2026-11-23T16:00:00Z", "end": "2026-11-23T18:00:00Z"}


def test_a_reference_is_used_once_in_a_brand(shop: Program) -> None:
    shop.post("/shipments", ORDER)

    problem(shop.post("/shipments", ORDER), 409)

    assert Shipment.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"reference": ""}, ["body", "reference"]),
        ({"reference": "a\0b"}, ["body", "reference"]),
        ({"reference": "\ud800"}, ["body", "reference"]),
        ({"reference": "x" * 61}, ["body", "reference"]),
        ({"reference": 7}, ["body", "reference"]),
        ({"parcels": ["a", "a"]}, ["body"]),
        ({"parcels": ["a"] * 51}, ["body", "parcels"]),
        ({"colour": "red"}, ["body", "colour"]),
        ({"recipient": None}, ["body", "recipient"]),
        ({"recipient": ORDER["recipient"] | {"latitude": 91}}, ["body", "recipient", "latitude"]),
        ({"recipient": ORDER["recipient"] | {"latitude": "60"}}, ["body", "recipient", "latitude"]),
        ({"recipient": ORDER["recipient"] | {"latitude": None}}, ["body", "recipient"]),
        ({"recipient": ORDER["recipient"] | {"timezone": "Mars/Base"}}, ["body", "recipient", "timezone"]),
        ({"recipient": ORDER["recipient"] | {"phone": "call me"}}, ["body", "recipient", "phone"]),
        ({"recipient": ORDER["recipient"] | {"email": "a@b\r\nBcc: c@d"}}, ["body", "recipient", "email"]),
        ({"promise": {"start": "2026-11-23T18:00:00Z", "end": "2026-11-23T18:00:00Z"}}, ["body", "promise"]),
        ({"promise": {"start": "tomorrow", "end": 5}}, ["body", "promise", "start"]),
    ],
)
def test_a_bad_order_is_refused_with_the_place_that_is_wrong(
    shop: Program, changes: dict[str, Any], where: list[str]
) -> None:
    said = problem(shop.post("/shipments", ORDER | changes), 422)

    assert said["mistakes"][0]["where"] == where
    assert not Shipment.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "NaN", "null", '"text"', "\0", "[" * 100_000])
def test_what_is_no_order_at_all_is_refused(shop: Program, body: str) -> None:
    response = shop.post("/shipments", body)

    assert response.status_code in {400, 422}
    assert response["Content-Type"] == "application/problem+json"


def test_a_body_that_is_too_large_is_refused(shop: Program) -> None:
    problem(shop.post("/shipments", {"reference": "x" * 300_000}), 413)


def test_an_unknown_carrier_is_refused(shop: Program) -> None:
    said = problem(shop.post("/shipments", ORDER | {"carrier": "nobody"}), 422)

    assert said["mistakes"] == [{"where": ["body", "carrier"], "what": "There is no such carrier."}]
    assert not Shipment.objects.exists()


def test_an_order_that_says_no_time_zone_and_no_point_has_that_of_its_brand(shop: Program, brand: Brand) -> None:
    left_out = {"timezone", "latitude", "longitude"}
    order = ORDER | {"recipient": {name: said for name, said in ORDER["recipient"].items() if name not in left_out}}

    refused = problem(shop.post("/shipments", order), 422)
    assert [mistake["where"] for mistake in refused["mistakes"]] == [["body", "recipient", "timezone"]]
    assert not Shipment.objects.exists()
    Brand.objects.filter(id=brand.id).update(timezone="Europe/Lisbon")

    assert shop.post("/shipments", order).status_code == 201
    assert Shipment.objects.get().timezone == "Europe/Lisbon"


def test_asking_twice_under_one_name_does_once(shop: Program) -> None:
    first = shop.post("/shipments", ORDER, Idempotency_Key="a")
    again = shop.post("/shipments", ORDER, Idempotency_Key="a")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Shipment.objects.count() == 1
    problem(shop.post("/shipments", ORDER | {"reference": "A-1002"}, Idempotency_Key="a"), 422)
    assert Shipment.objects.count() == 1


def test_a_refused_request_leaves_its_name_free(shop: Program) -> None:
    problem(shop.post("/shipments", ORDER | {"carrier": "nobody"}, Idempotency_Key="a"), 422)

    assert shop.post("/shipments", ORDER, Idempotency_Key="a").status_code == 201


def test_of_many_each_is_judged_by_itself(shop: Program) -> None:
    orders = [ORDER, ORDER | {"reference": ""}, ORDER, ORDER | {"reference": "A-1002"}, 7]

    items = shop.post("/shipments/bulk", {"shipments": orders}).json()["items"]

    assert [item["index"] for item in items] == [0, 1, 2, 3, 4]
    assert [item["shipment"] and item["shipment"]["reference"] for item in items] == [
        "A-1001",
        None,
        None,
        "A-1002",
        None,
    ]
    assert [item["problem"] and item["problem"]["status"] for item in items] == [None, 422, 409, None, 422]
    assert Shipment.objects.count() == 2
    problem(shop.post("/shipments/bulk", {"shipments": [ORDER] * 101}), 422)
    refused = problem(shop.post("/shipments/bulk", {"shipments": [ORDER, ORDER | {"reference": ""}]}), 422)
    assert [mistake["where"] for mistake in refused["mistakes"]] == [
        ["body", "shipments", 0],
        ["body", "shipments", 1, "reference"],
    ]


def test_a_shipment_is_read_and_not_said_again_while_it_is_the_same(shop: Program, brand: Brand) -> None:
    shipment = make_shipment(brand=brand)

    read = shop.get(f"/shipments/{shipment.uid}")
    again = shop.get(f"/shipments/{shipment.uid}", **{"If-None-Match": read["ETag"]})
    services.record(shipment, Status.AT_HUB, at=timezone.now())
    changed = shop.get(f"/shipments/{shipment.uid}", **{"If-None-Match": read["ETag"]})

    assert (read.status_code, again.status_code, changed.status_code) == (200, 304, 200)
    assert read.json()["tracking_url"] is None
    assert not TrackingLink.objects.exists()
    assert changed.json()["status"] == "at_hub"


def test_shipments_are_listed_piece_by_piece(shop: Program, brand: Brand) -> None:
    shipments = [make_shipment(brand=brand) for _ in range(5)]

    first = shop.get("/shipments", {"limit": 2}).json()
    make_shipment(brand=brand)
    second = shop.get("/shipments", {"limit": 2, "cursor": first["next"]}).json()
    third = shop.get("/shipments", {"limit": 2, "cursor": second["next"]}).json()

    listed = [item["id"] for piece in (first, second, third) for item in piece["items"]]
    assert listed == [str(shipment.uid) for shipment in reversed(shipments)]
    assert third["next"] is None


def test_shipments_are_found_by_what_they_are(shop: Program, brand: Brand) -> None:
    waiting, gone = make_shipment(brand=brand), make_shipment(brand=brand, status=Status.DELIVERED)
    Shipment.objects.filter(id=waiting.id).update(changed_at=NOON - timedelta(days=30))

    def found(**query: str) -> list[str]:
        return [item["reference"] for item in shop.get("/shipments", query).json()["items"]]

    assert found(status="delivered") == [gone.reference]
    assert found(reference=waiting.reference.lower()) == [waiting.reference]
    assert found(changed_since="2026-11-01T00:00:00Z") == [gone.reference]
    assert found(brand="another") == []


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"cursor": "x"}, {"cursor": "%"}, {"status": "lost?"}])
def test_a_bad_question_is_refused(shop: Program, query: dict[str, Any]) -> None:
    problem(shop.get("/shipments", query), 422)


def test_a_list_takes_as_many_queries_however_long_it_is(
    shop: Program, brand: Brand, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        make_link(make_shipment(brand=brand))
    shop.get("/shipments")

    with django_assert_num_queries(4):
        shop.get("/shipments")


def test_a_shipment_is_cancelled_once(shop: Program, brand: Brand) -> None:
    shipment = make_shipment(brand=brand)

    answers = [shop.post(f"/shipments/{shipment.uid}/cancel") for _ in range(2)]

    assert [answer.json()["status"] for answer in answers] == ["cancelled", "cancelled"]
    assert shipment.events.filter(status=Status.CANCELLED).count() == 1


def test_what_was_delivered_is_not_cancelled(shop: Program, brand: Brand) -> None:
    shipment = make_shipment(brand=brand, status=Status.DELIVERED)

    problem(shop.post(f"/shipments/{shipment.uid}/cancel"), 409)

    shipment.refresh_from_db()
    assert shipment.status == Status.DELIVERED


def test_a_time_is_promised(shop: Program, brand: Brand) -> None:
    shipment = make_shipment(brand=brand)
    span = {"start": "2026-11-23T18:00:00+02:00", "end": "2026-11-23T20:00:00+02:00"}

    response = shop.put(f"/shipments/{shipment.uid}/promise", span)

    assert response.json()["promise"] == {"start": "2026-11-23T16:00:00Z", "end": "2026-11-23T18:00:00Z"}
    over = make_shipment(brand=brand, status=Status.CANCELLED)
    problem(shop.put(f"/shipments/{over.uid}/promise", span), 409)


def test_what_happened_is_reported_once_and_in_any_order(shop: Program, brand: Brand) -> None:
    shipment = make_shipment(brand=brand)
    later = {"external_id": "e2", "occurred_at": "2026-11-22T09:00:00Z", "status": "in_transit"}
    earlier = {"external_id": "e1", "occurred_at": "2026-11-22T08:00:00Z", "status": "at_hub", "code": "AR"}

    codes = [shop.post(f"/shipments/{shipment.uid}/events", sent).status_code for sent in (later, earlier, later)]

    shipment.refresh_from_db()
    assert codes == [201, 201, 200]
    assert shipment.status == Status.IN_TRANSIT
    listed = shop.get(f"/shipments/{shipment.uid}/events").json()["items"]
    assert [event["external_id"] for event in listed[:2]] == ["e1", "e2"]
    assert listed[0] == {
        "external_id": "e1",
        "source": f"api:{brand.id}",
        "occurred_at": "2026-11-22T08:00:00Z",
        "received_at": listed[0]["received_at"],
        "status": "at_hub",
        "parcel": None,
        "place": "",
        "code": "AR",
        "reason": None,
        "voids": "",
    }


def test_an_event_is_of_one_shipment_and_of_its_parcels(shop: Program, brand: Brand) -> None:
    shipment, other = make_shipment(brand=brand), make_shipment(brand=brand)
    event = {"external_id": "e1", "occurred_at": "2026-11-22T09:00:00Z", "status": None}
    shop.post(f"/shipments/{shipment.uid}/events", event)

    problem(shop.post(f"/shipments/{other.uid}/events", event), 409)
    problem(shop.post(f"/shipments/{other.uid}/events", event | {"external_id": "e2", "parcel": "x"}), 422)

    assert StatusEvent.objects.filter(source__startswith="api").count() == 1


def test_the_ledger_of_the_window_is_read(shop: Program, brand: Brand) -> None:
    shipment = make_shipment(brand=brand)
    found = Window(date=NOON.date(), start=NOON, end=NOON + timedelta(hours=1))
    services.estimate(shipment, found, cause=Cause.FIRST, at=NOON - timedelta(hours=1))

    [told] = shop.get(f"/shipments/{shipment.uid}/windows").json()["items"]

    assert (told["cause"], told["start"], told["previous_start"]) == ("first", "2026-11-22T10:00:00Z", None)


def test_a_driver_gets_an_address_for_positions(fleet: Program) -> None:
    carrier = make_driver().carrier

    driver = fleet.post("/drivers", {"carrier": carrier.slug, "given_name": "Eero", "vehicle": "cargo_bike"}).json()
    device = fleet.post(f"/drivers/{driver['id']}/devices").json()

    assert fleet.get(f"/drivers/{driver['id']}").json() == driver
    assert [item["given_name"] for item in fleet.get("/drivers").json()["items"]] == ["Eero", "Aino"]
    assert device["positions_url"] == f"{settings.BASE_URL}/gps/{Device.objects.get().key}/"
    assert Device.objects.get().driver_id == driver["id"]
    problem(fleet.post("/drivers", {"carrier": "nobody", "given_name": "Eero"}), 422)


def test_a_route_is_read_with_its_stops(fleet: Program) -> None:
    route = make_route([(60.17, 24.94), (60.18, 24.95)])

    said = fleet.get(f"/routes/{route.id}").json()

    assert [stop["sequence"] for stop in said["stops"]] == [1, 2]
    assert said["stops"][0]["shipments"] == [str(shipment.uid) for shipment in route.stops.all()[0].shipments.all()]
    assert [item["id"] for item in fleet.get("/routes", {"state": "active"}).json()["items"]] == [route.id]
    assert fleet.get("/routes", {"driver": route.shift.driver_id + 1}).json()["items"] == []
    problem(fleet.get("/routes/999999"), 404)


@pytest.mark.django_db(transaction=True)
def test_positions_are_judged_one_by_one(fleet: Program) -> None:
    driver = make_device().driver
    good = {"driver": driver.id, "recorded_at": _ago(seconds=5), "lat": 60.17, "lon": 24.94}
    late = good | {"recorded_at": _ago(seconds=-3600)}
    sent = [good, good | {"driver": driver.id + 1}, good | {"lat": 91}, late, 7, good | {"driver": {}}]

    answered = fleet.post_on_a_loop("/positions", {"positions": sent}).json()
    refused = problem(fleet.post_on_a_loop("/positions", {"positions": sent[1:]}), 422)
    reader = Program(None, Scope.FLEET_READ)

    assert answered["kept"] == 1
    assert [mistake["index"] for mistake in answered["errors"]] == [1, 2, 3, 4, 5]
    assert [mistake["where"] for mistake in refused["mistakes"]] == [["body", "positions", index] for index in range(5)]
    problem(reader.post_on_a_loop("/positions", {"positions": [good]}), 403)


def test_a_key_does_what_it_may(brand: Brand) -> None:
    reader = Program(brand, Scope.SHIPMENTS_READ)

    assert reader.get("/shipments").status_code == 200
    problem(reader.post("/shipments", ORDER), 403)
    problem(reader.get("/drivers"), 403)

    assert not Shipment.objects.exists()
    assert not Driver.objects.exists()


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": ""}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}]
)
@pytest.mark.parametrize("path", ["/shipments", "/drivers", "/routes/1", f"/shipments/{UUID(int=1)}"])
def test_without_a_key_nobody_is_let_in(client: Client, path: str, header: dict[str, str]) -> None:
    response = client.get(f"/api/v1{path}", headers=header)

    problem(response, 401)
    assert response["WWW-Authenticate"] == "Bearer"


def test_guessing_keys_has_an_end(client: Client) -> None:
    for _ in range(limits.BY_KEY.misses - 1):
        limits.count_miss("127.0.0.1", at=timezone.now(), limit=limits.BY_KEY)

    guesses = [client.get("/api/v1/shipments", headers={"Authorization": f"Bearer {n}"}) for n in range(2)]

    assert [guess.status_code for guess in guesses] == [401, 429]
    assert client.get("/api/v1/shipments").status_code == 401


def test_a_key_that_asks_too_often_waits(shop: Program, settings: LazySettings) -> None:
    settings.API_REQUESTS_A_MINUTE = 2

    answers = [shop.get("/shipments") for _ in range(5)]

    assert {answer.status_code for answer in answers} <= {200, 429}
    problem(answers[-1], 429)
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60


def test_another_brands_shipments_are_not_there(shop: Program) -> None:
    theirs = make_shipment()
    body = {"external_id": "e", "occurred_at": "2026-11-22T09:00:00Z"}
    span = {"start": "2026-11-23T18:00:00Z", "end": "2026-11-23T20:00:00Z"}

    problem(shop.get(f"/shipments/{theirs.uid}"), 404)
    problem(shop.get(f"/shipments/{theirs.uid}/events"), 404)
    problem(shop.get(f"/shipments/{theirs.uid}/windows"), 404)
    problem(shop.post(f"/shipments/{theirs.uid}/cancel"), 404)
    problem(shop.post(f"/shipments/{theirs.uid}/events", body), 404)
    problem(shop.put(f"/shipments/{theirs.uid}/promise", span), 404)
    problem(shop.post("/shipments", ORDER | {"brand": theirs.brand.slug}), 403)
    assert shop.get("/shipments").json()["items"] == []
    assert shop.get("/shipments", {"reference": theirs.reference}).json()["items"] == []
    theirs.refresh_from_db()
    assert theirs.version == 1


def test_a_key_for_all_brands_names_the_one_it_means(brand: Brand) -> None:
    program = Program(None, Scope.SHIPMENTS_WRITE, Scope.SHIPMENTS_READ)

    problem(program.post("/shipments", ORDER), 422)
    response = program.post("/shipments", ORDER | {"brand": brand.slug})

    assert response.json()["brand"] == brand.slug
    assert [item["reference"] for item in program.get("/shipments").json()["items"]] == ["A-1001"]


def _ago(*, seconds: int) -> str:
    moment: datetime = timezone.now() - timedelta(seconds=seconds)
    return moment.isoformat()
