"""The history as a chain: what breaks it, and what must not."""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from tests.factories import NOON, make_shipment
from tracking.shipments import chain, services
from tracking.shipments.chain import Happening
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent
from tracking.shipments.services import Report

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def written(shipment: Shipment) -> list[StatusEvent]:
    return list(shipment.events.select_related("parcel").order_by("id"))


def test_the_form_of_a_link_never_changes() -> None:
    happening = Happening(
        source="post",
        external_id="17",
        status="delivered",
        parcel="P1",
        occurred_at="2026-11-22T10:00:00.000000+00:00",
        received_at="2026-11-22T10:00:01.000000+00:00",
        voids="",
    )

    first = happening.link(chain.BEGINNING)

    assert first == "ddd00f0c88f549d0a5890ea2a7b2dd76a6f997818520a12aa611d256a4b3ac29"
    assert happening.link(first) == "cf834cef6ac7ca6453fb448c597bbee53954e38b8a75f878e25748844794245a"


@pytest.mark.sqlite
@pytest.mark.parametrize("status", [*Status])
def test_every_step_is_bound_to_those_before_it(status: Status) -> None:
    history = written(make_shipment(status=status))

    assert chain.first_fault(history) is None
    assert history[-1].link == chain.head(Happening.of(event) for event in history)
    assert len({event.link for event in history}) == len(history)


@pytest.mark.sqlite
def test_a_late_report_and_a_correction_are_simply_the_next() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    (parcel,) = shipment.parcels.all()
    reports = [
        Report("post", "1", NOON, Status.OUT_FOR_DELIVERY),
        Report("post", "2", NOON + MINUTE, Status.DELIVERED, parcel_number=parcel.number),
        Report("post", "3", NOON - 30 * MINUTE, Status.IN_TRANSIT),
        Report("post", "4", NOON + 2 * MINUTE, Status.ATTEMPTED, voids="2"),
    ]

    for report in reports:
        services.ingest(shipment, report, at=NOON + 3 * MINUTE)

    assert [event.external_id for event in written(shipment)][-4:] == ["1", "2", "3", "4"]
    assert chain.first_fault(written(shipment)) is None


@pytest.mark.sqlite
def test_a_report_that_comes_twice_is_bound_once() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    report = Report("post", "1", NOON, Status.OUT_FOR_DELIVERY)

    links = {services.ingest(shipment, report, at=NOON) and written(shipment)[-1].link for _ in range(2)}

    assert links == {written(shipment)[-1].link, None}
    assert chain.first_fault(written(shipment)) is None


TAMPERING: dict[str, Callable[[StatusEvent], object]] = {
    "another status": lambda event: StatusEvent.objects.filter(id=event.id).update(status=Status.LOST),
    "another moment": lambda event: StatusEvent.objects.filter(id=event.id).update(occurred_at=NOON),
    "another receipt": lambda event: StatusEvent.objects.filter(id=event.id).update(received_at=NOON),
    "another source": lambda event: StatusEvent.objects.filter(id=event.id).update(source="post"),
    "another name": lambda event: StatusEvent.objects.filter(id=event.id).update(external_id="17"),
    "another correction": lambda event: StatusEvent.objects.filter(id=event.id).update(voids="17"),
    "another link": lambda event: StatusEvent.objects.filter(id=event.id).update(link="0" * 64),
    "no link": lambda event: StatusEvent.objects.filter(id=event.id).update(link=""),
    "another parcel": lambda event: StatusEvent.objects.filter(id=event.id).update(parcel=event.shipment.parcels.get()),
    "removed": lambda event: event.delete(),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_whatever_is_changed_behind_our_back_is_found(how: str) -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    assert chain.first_fault(written(shipment)) is None

    TAMPERING[how](written(shipment)[1])

    assert chain.first_fault(written(shipment)) == 1


def test_erasing_a_person_breaks_no_chain() -> None:
    shipment = make_shipment(status=Status.DELIVERED)
    Shipment.objects.filter(id=shipment.id).update(
        recipient_name="", email="", phone="", street="", postcode="", city="", access_code="", latitude=None
    )
    shipment.events.update(place="", raw_code="", by=None)

    assert chain.first_fault(written(shipment)) is None


def test_the_link_takes_one_query_more(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    shipment = make_shipment(status=Status.AT_HUB)

    with django_assert_num_queries(1):
        link = services.steps._next_link(shipment, StatusEvent(occurred_at=NOON, received_at=NOON))

    assert len(link) == 64


@pytest.mark.sqlite
def test_what_was_written_before_there_was_a_chain_is_bound_in_the_order_of_writing() -> None:
    shipments = [make_shipment(status=Status.DELIVERED) for _ in range(3)]
    links = [[event.link for event in written(shipment)] for shipment in shipments]
    StatusEvent.objects.update(link="")

    import_module("tracking.migrations.0012_link_older_events").link(apps, connection.schema_editor())

    assert [[event.link for event in written(shipment)] for shipment in shipments] == links


def test_the_command_names_the_histories_that_were_changed() -> None:
    sound, changed = (make_shipment(status=Status.DELIVERED) for _ in range(2))
    told = StringIO()
    call_command("verify_histories", stdout=told)
    assert told.getvalue() == "Every history fits its chain.\n"

    written(changed)[2].delete()
    told = StringIO()
    with pytest.raises(CommandError, match=r"^1 histories were changed\.$"):
        call_command("verify_histories", stdout=told)

    assert told.getvalue().startswith(f"{changed.reference}: doorstep:")
    call_command("verify_histories", sound.reference, stdout=StringIO())
