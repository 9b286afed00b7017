"""What must never be false is refused by the database, whoever asks it."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from tests.factories import NOON, make_brand, make_device, make_driver, make_link, make_route, make_shipment
from tracking.changes import preferences
from tracking.changes import services as changes
from tracking.changes.models import Action, Change, OfferedAction, Preference
from tracking.changes.services import LINK, Offer
from tracking.figures.models import CarrierScore, DriverScore, StopHint
from tracking.keys import services as keys
from tracking.keys.models import Answer, ApiKey
from tracking.keys.services import Named
from tracking.proof.models import PinDay
from tracking.rounds import services as rounds
from tracking.rounds.models import Place, Position, Route, RouteState, Shift, ShiftState, Stop, StopState
from tracking.shipments import services
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import Parcel, Shipment, StatusEvent
from tracking.shipments.services import Report

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400)]
LATER = NOON + timedelta(hours=1)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def place() -> Place:
    make_route(DOORS)
    return Place.objects.get()


def shift() -> Shift:
    return rounds.plan_shift(make_driver(), starts_at=NOON, ends_at=LATER)


def second_shift() -> Shift:
    """Plan a second shift of a driver who is at work."""
    return rounds.plan_shift(make_route(DOORS).shift.driver, starts_at=NOON, ends_at=LATER)


def planned_route() -> Route:
    return make_route(DOORS, is_active=False)


def active_route() -> Route:
    return make_route(DOORS)


def stop() -> Stop:
    return make_route(DOORS).stops.all()[0]


def second_position() -> Position:
    driver = make_driver()
    rounds.keep_positions(
        Position(driver=driver, recorded_at=moment, received_at=NOON, latitude=60.0, longitude=24.0)
        for moment in (NOON, LATER)
    )
    return Position.objects.get(recorded_at=LATER)


def shipment() -> Shipment:
    return make_shipment(status=Status.OUT_FOR_DELIVERY)


def delivered() -> Shipment:
    return make_shipment(status=Status.DELIVERED)


def second_parcel() -> Parcel:
    return make_shipment(parcel_numbers=["P1", "P2"]).parcels.all()[1]


def second_event() -> StatusEvent:
    for number in ("1", "2"):
        services.ingest(make_shipment(), Report("carrier", number, NOON, None), at=NOON)
    return StatusEvent.objects.get(external_id="2")


def score() -> CarrierScore:
    days = {"since": date(2026, 10, 24), "until": date(2026, 11, 22)}
    return CarrierScore.objects.create(
        carrier=make_driver().carrier, on_window=0.9, on_window_n=10, stars=4.5, stars_n=8, **days
    )


def driver_score() -> DriverScore:
    days = {"since": date(2026, 10, 24), "until": date(2026, 11, 22)}
    return DriverScore.objects.create(driver=make_driver(), stars=4.5, stars_n=8, **days)


def hint() -> StopHint:
    return StopHint.objects.create(block="8a1126c0b4c7fff", seconds=90, n=3)


def second_offer() -> OfferedAction:
    """Offer two things of a shipment."""
    of = make_shipment()
    changes.offer(of, [Offer(Action.NEEDS, LATER), Offer(Action.INSTRUCTIONS, LATER)], at=NOON)
    return OfferedAction.objects.get(action=Action.INSTRUCTIONS)


def replaced_change() -> Change:
    """Change something twice, so that the first change is no longer in force."""
    of = second_offer().shipment
    first, _ = (changes.ask(of, Action.NEEDS, {"minutes": minutes}, by=LINK, at=NOON) for minutes in (3, 4))
    return first


def second_wish() -> Preference:
    """Wish for two things at once."""
    of = make_shipment()
    preferences.wish(of, Action.SAFE_PLACE, {"where": "shed"}, at=NOON)
    return preferences.wish(of, Action.NEEDS, {"minutes": 3}, at=NOON)


def key() -> ApiKey:
    return keys.issue("shop", scopes=[], brand=make_brand(), is_for_all=False, at=NOON)[0]


def second_answer() -> Answer:
    """Answer two requests of one key."""
    of = key()
    for name in ("a", "b"):
        keys.answer_once(of, Named(name, "f", "secret"), at=NOON, answer=lambda: (201, "done"))
    return Answer.objects.get(name="b")


def second_pin_day() -> PinDay:
    """Count wrong PINs of one shipment on two days."""
    of = make_shipment()
    PinDay.objects.create(shipment=of, day=date(2026, 11, 22))
    return PinDay.objects.create(shipment=of, day=date(2026, 11, 23))


OTHER_TESTS: Final = [
    path.read_text() for path in Path(__file__).parent.glob("test_*.py") if path.name != Path(__file__).name
]
"""Proof tries its constraints where it is tested."""

REFUSED: list[tuple[str, Callable[[], Model], dict[str, object]]] = [
    ("place_lies_on_earth", place, {"latitude": 90.1}),
    ("place_lies_on_earth", place, {"longitude": -180.1}),
    ("shift_one_open_per_driver", second_shift, {"state": ShiftState.WORKING}),
    ("shift_one_open_per_driver", second_shift, {"state": ShiftState.ON_BREAK}),
    ("shift_ends_after_it_starts", shift, {"ends_at": NOON}),
    ("shift_ended_means_ended_at", shift, {"state": ShiftState.ENDED}),
    ("shift_ended_means_ended_at", shift, {"ended_at": NOON}),
    ("route_active_means_started_at", planned_route, {"state": RouteState.ACTIVE}),
    ("route_active_means_started_at", planned_route, {"started_at": NOON}),
    ("route_finished_means_finished_at", active_route, {"state": RouteState.FINISHED}),
    ("route_finished_means_finished_at", active_route, {"finished_at": NOON}),
    ("stop_one_per_place_in_route", stop, {"sequence": 2}),
    ("stop_lies_on_earth", stop, {"latitude": -90.1}),
    ("stop_lies_on_earth", stop, {"longitude": 180.1}),
    ("stop_done_means_done_at", stop, {"state": StopState.DONE}),
    ("stop_done_means_done_at", stop, {"done_at": NOON}),
    ("position_once_per_moment", second_position, {"recorded_at": NOON}),
    ("position_lies_on_earth", second_position, {"latitude": 91}),
    ("brand_logo_has_a_size", make_brand, {"logo": "a.png"}),
    ("brand_logo_has_a_size", make_brand, {"logo": "a.png", "logo_width": 1}),
    ("brand_logo_has_a_size", make_brand, {"logo_height": 1}),
    ("shipment_finished_means_finished_at", shipment, {"finished_at": NOON}),
    ("shipment_finished_means_finished_at", delivered, {"finished_at": None}),
    ("shipment_handover_only_when_delivered", shipment, {"handover": Handover.NEIGHBOUR}),
    ("shipment_window_is_a_day_or_a_time", shipment, {"window_start": NOON}),
    ("shipment_window_is_a_day_or_a_time", shipment, {"window_date": date(2026, 11, 22), "window_end": NOON}),
    ("shipment_window_is_a_day_or_a_time", shipment, {"window_date": date(2026, 11, 22), "window_start": NOON}),
    ("shipment_window_is_a_day_or_a_time", shipment, {"window_start": NOON, "window_end": LATER}),
    (
        "shipment_window_is_a_day_or_a_time",
        shipment,
        {"window_date": date(2026, 11, 22), "window_start": NOON, "window_end": NOON},
    ),
    ("shipment_promise_has_both_ends", shipment, {"promised_start": NOON}),
    ("shipment_promise_has_both_ends", shipment, {"promised_end": NOON}),
    ("shipment_promise_has_both_ends", shipment, {"promised_start": NOON, "promised_end": NOON}),
    ("parcel_number_once_per_shipment", second_parcel, {"number": "P1"}),
    ("status_event_once_per_source", second_event, {"external_id": "1"}),
    ("carrier_score_on_window_is_a_share_of_some", score, {"on_window": 1.1}),
    ("carrier_score_on_window_is_a_share_of_some", score, {"on_window": None}),
    ("carrier_score_on_window_is_a_share_of_some", score, {"on_window_n": 0}),
    ("carrier_score_stars_are_one_to_five_of_some", score, {"stars": 0.9}),
    ("carrier_score_stars_are_one_to_five_of_some", score, {"stars": None}),
    ("carrier_score_stars_are_one_to_five_of_some", score, {"stars_n": 0}),
    ("carrier_score_claims_are_a_share_of_some", score, {"claims": -0.1, "claims_n": 1}),
    ("carrier_score_claims_are_a_share_of_some", score, {"claims_n": 1}),
    ("driver_score_stars_are_one_to_five_of_some", driver_score, {"stars": 5.1}),
    ("driver_score_stars_are_one_to_five_of_some", driver_score, {"stars_n": 0}),
    ("stop_hint_rests_on_some", hint, {"n": 0}),
    ("offered_action_once", second_offer, {"action": Action.NEEDS}),
    ("change_one_in_force_per_action", replaced_change, {"replaced_at": None}),
    ("change_by_a_program_means_by_its_key", replaced_change, {"key": "shop"}),
    ("change_undone_by_a_key_means_undone", replaced_change, {"undone_key": "shop"}),
    ("api_key_has_a_brand_or_is_for_all", key, {"brand": None}),
    ("answer_once_per_name", second_answer, {"name": "a"}),
    ("pin_day_once", second_pin_day, {"day": date(2026, 11, 22)}),
    ("preference_once", second_wish, {"action": Action.SAFE_PLACE}),
]


@pytest.mark.parametrize(("constraint", "make", "fields"), REFUSED)
def test_the_database_refuses_what_must_never_be(
    constraint: str, make: Callable[[], Model], fields: dict[str, object]
) -> None:
    row = make()

    complaint = refuse(row, **fields)

    if connection.vendor == "postgresql":
        assert f'"{constraint}"' in complaint


def refuse(row: Model, **fields: object) -> str:
    """Try to write fields into a row past every service; gives the database's complaint."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    before = rows.values().get()
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        rows.update(**fields)
    assert rows.values().get() == before
    return str(refusal.value)


def test_every_constraint_is_tried_here_or_in_the_tests_of_its_part() -> None:
    constraints = {
        constraint.name
        for model in apps.get_app_config("tracking").get_models()
        for constraint in model._meta.constraints
    }

    elsewhere = {name for name in constraints if any(f'"{name}"' in text for text in OTHER_TESTS)}
    tried = {constraint for constraint, _, _ in REFUSED} | {"shipment_reference_once_per_brand"}
    assert constraints == tried | elsewhere


def test_a_brand_uses_a_reference_once_and_another_brand_may_use_it_too() -> None:
    first, stranger = make_shipment(), make_shipment()
    twin = make_shipment(brand=first.brand)

    refuse(twin, reference=first.reference)

    Shipment.objects.filter(id=stranger.id).update(reference=first.reference)


@pytest.mark.parametrize("make", [make_brand, place, make_device, make_link])
def test_what_names_a_row_to_the_outside_is_its_alone(make: Callable[[], Model]) -> None:
    row = make()
    field = next(field.name for field in row._meta.fields if field.unique and not field.primary_key)
    twin = type(row)._default_manager.get(pk=row.pk)
    twin.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)

    assert field in {"slug", "key", "token"}
    assert type(row)._default_manager.count() == 1


@pytest.mark.parametrize("model", list(apps.get_app_config("tracking").get_models()))
def test_no_two_rows_read_alike(model: type[Model]) -> None:
    route = make_route(DOORS)
    second_position()
    second_event()
    make_device(route.shift.driver)

    told = [str(row) for row in model._default_manager.all()]

    assert len(told) == len(set(told))
