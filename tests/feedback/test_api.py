"""What a shop's programs may read of what its shoppers thought."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from feedback import services
from feedback.models import Rating, Source
from feedback.reasons import Reason
from tests.factories import NOON, make_brand, make_shipment
from tests.programs import Program, problem
from tracking.keys.models import Scope
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def shop(brand: Brand) -> Program:
    return Program(brand, Scope.SURVEYS_READ)


def make_rated(brand: Brand | None = None, *, score: int = 2, minutes: int = 0) -> Shipment:
    shipment = make_shipment(brand=brand, status=Status.DELIVERED)
    at = NOON + timedelta(minutes=minutes)
    services.rate(shipment, score=score, source=Source.PAGE, at=at)
    services.elaborate(
        shipment, given=[Reason.LATE], words="The driver Aino was rude.", recommends=3, source=Source.PAGE, at=at
    )
    return shipment


def found(program: Program, **query: Any) -> list[str]:
    return [item["reference"] for item in program.get("/surveys", query).json()["items"]]


def test_an_answer_says_stars_reasons_and_recommendation(shop: Program, brand: Brand) -> None:
    shipment = make_rated(brand)

    read = shop.get("/surveys")

    assert read.json() == {
        "items": [
            {
                "shipment": str(shipment.uid),
                "brand": brand.slug,
                "reference": shipment.reference,
                "score": 2,
                "reasons": ["late"],
                "recommends": 3,
                "words": None,
                "source": "page",
                "rated_at": "2026-11-22T10:00:00Z",
                "changed_at": "2026-11-22T10:00:00Z",
            }
        ],
        "next": None,
    }
    assert shop.get("/surveys", **{"If-None-Match": read["ETag"]}).status_code == 304


def test_what_shoppers_said_in_their_own_words_takes_a_scope_of_its_own(brand: Brand) -> None:
    make_rated(brand)
    reader, listener = Program(brand, Scope.SURVEYS_READ, Scope.SURVEYS_WORDS), Program(brand, Scope.SURVEYS_WORDS)

    assert reader.get("/surveys").json()["items"][0]["words"] == "The driver Aino was rude."
    problem(listener.get("/surveys"), 403)


def test_answers_are_found_by_what_they_are_about(shop: Program, brand: Brand) -> None:
    early, late = make_rated(brand), make_rated(brand, score=3, minutes=60)

    assert found(shop) == [late.reference, early.reference]
    assert found(shop, shipment=early.uid) == [early.reference]
    assert found(shop, score=3) == [late.reference]
    assert found(shop, changed_since="2026-11-22T10:00:01Z") == [late.reference]
    assert found(shop, brand="another") == []


def test_answers_are_listed_piece_by_piece_in_as_many_queries(
    shop: Program, brand: Brand, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rated = [make_rated(brand).reference for _ in range(5)]
    shop.get("/surveys")

    listed, cursor = [], ""
    for _ in range(3):
        with django_assert_num_queries(2):
            piece = shop.get("/surveys", {"limit": 2, "cursor": cursor}).json()
        listed += [item["reference"] for item in piece["items"]]
        cursor = piece["next"]

    assert listed == rated[::-1]
    assert cursor is None


def test_another_brands_answers_are_not_there(shop: Program) -> None:
    theirs = make_rated()

    assert found(shop) == found(shop, shipment=theirs.uid) == found(shop, brand=theirs.brand.slug) == []
    assert found(Program(None, Scope.SURVEYS_READ), brand=theirs.brand.slug) == [theirs.reference]


@pytest.mark.parametrize(
    "query", [{"score": 0}, {"score": 6}, {"shipment": "x"}, {"changed_since": "today"}, {"cursor": "x"}, {"limit": 0}]
)
def test_a_bad_question_is_refused(shop: Program, query: dict[str, Any]) -> None:
    problem(shop.get("/surveys", query), 422)

    assert not Rating.objects.exists()
