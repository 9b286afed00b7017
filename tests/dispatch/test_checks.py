from datetime import time

import pytest
from django.core.checks import Tags, run_checks
from pytest_django import Settings

from dispatch import checks
from dispatch.models import Cutoff, Fleet, Level
from tests.dispatch.fleets import make_duty
from tests.factories import make_route


def found(**words: object) -> list[tuple[str | None, str]]:
    return [(message.id, message.msg) for message in checks.fleet(None, **words)]


@pytest.mark.parametrize(("price", "ids"), [(-0.1, ["doorstep.E024"]), (float("inf"), ["doorstep.E024"]), (0.0, [])])
def test_carbon_costs_nothing_or_more(settings: Settings, price: float, ids: list[str]) -> None:
    settings.CARBON_PRICE = price

    assert [message.id for message in checks.surroundings(None)] == ids


@pytest.mark.django_db
@pytest.mark.sqlite
def test_half_a_fleet_is_named() -> None:
    duty = make_duty()
    Fleet.objects.all().delete()
    make_route([(60.17, 24.94)])
    slug = duty.hub.place.slug

    assert found(databases=["default"]) == [
        ("doorstep.W025", "The place kamppi is a hub without hours; no day is planned there."),
        ("doorstep.W026", f"The hub {slug} has no cut-offs; nothing can be ordered from it."),
        ("doorstep.W027", "Nobody said what the fleet own costs; it is planned as free."),
    ]
    assert found() == []


@pytest.mark.django_db
def test_a_whole_fleet_is_not() -> None:
    duty = make_duty()
    Cutoff.objects.create(hub=duty.hub, level=Level.STANDARD, until=time(18), ready_at=time(8))

    assert found(databases=["default"]) == []
    assert not run_checks(tags=[Tags.database], databases=["default"])


@pytest.mark.django_db
def test_whoever_plans_nothing_here_hears_nothing() -> None:
    make_route([(60.17, 24.94)])

    assert found(databases=["default"]) == []
