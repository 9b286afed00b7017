"""What staff keep of fleets in the stock admin, and what they enter through services."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from desk.models import Role
from dispatch.models import Demand, Duty, Fleet, Hub, Plan, Skill, VehicleType
from dispatch.services import publishing
from tests.dispatch.fleets import make_day, make_duty, make_plan, make_vehicle_type
from tests.dispatch.hubs import make_hub
from tests.factories import NOON, make_driver, make_member
from tracking.rounds.models import Shift

KEPT: list[type[Model]] = [Demand, Fleet, Hub, Skill, VehicleType]
SHOWN: list[type[Model]] = [Duty, Plan]

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client: Client) -> Client:
    client.force_login(make_member(Role.LEAD))
    return client


def fields(duty_of: Hub, **changes: str) -> dict[str, str]:
    """Fill in the form of a Saturday evening."""
    said = {
        "driver": str(make_driver().pk),
        "hub": str(duty_of.pk),
        "vehicle_type": str(make_vehicle_type().pk),
        "day": "2026-11-21",
        "starts": "17:00",
        "ends": "01:00",
    }
    return {**said, **changes}


def enter(client: Client, said: dict[str, str]) -> str:
    answer = client.post(reverse("admin:dispatch_duty_add"), said)
    return answer.content.decode()


def test_every_table_of_the_fleet_is_there() -> None:
    registered = {model for model in admin.site._registry if model._meta.app_label == "dispatch"}

    assert registered >= {*KEPT, *SHOWN}


@pytest.mark.parametrize("model", [*KEPT, *SHOWN])
def test_each_list_and_each_row_can_be_read_and_nothing_is_taken_away(lead: Client, model: type[Model]) -> None:
    hub, _ = make_day()
    make_plan(hub)
    Skill.objects.create(slug="age", name="Checks an age")
    name, row = f"admin:dispatch_{model._meta.model_name}", model._default_manager.all()[0]

    assert lead.get(reverse(f"{name}_changelist")).status_code == 200
    assert lead.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
    assert lead.get(reverse(f"{name}_delete", args=[row.pk])).status_code == 403


def test_an_evening_past_midnight_is_entered_by_the_clock_of_the_hub(lead: Client) -> None:
    pause = {"pause_since": "20:00", "pause_latest": "21:30", "pause_minutes": "30"}

    enter(lead, fields(make_hub(), **pause))

    duty = Duty.objects.get()
    assert duty.shift.starts_at == datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
    assert duty.shift.ends_at == datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
    assert duty.pause_from == datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
    assert duty.pause_until == datetime(2026, 11, 21, 19, 30, tzinfo=UTC)
    assert duty.pause_seconds == 1800


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pause_since": "20:00"}, "A break has an earliest and a latest beginning, and a length."),
        (
            {"pause_since": "20:00", "pause_latest": "02:00", "pause_minutes": "30"},
            "A break begins within the shift.",
        ),
        ({"day": "soon"}, "Enter a valid date."),
    ],
)
def test_a_shift_that_nobody_can_work_is_refused(lead: Client, changes: dict[str, str], words: str) -> None:
    assert words in enter(lead, fields(make_hub(), **changes))
    assert (Duty.objects.count(), Shift.objects.count()) == (0, 0)


def test_nobody_is_entered_twice_at_a_time(lead: Client) -> None:
    said = fields(make_hub())
    enter(lead, said)

    assert "The driver works at that time already." in enter(lead, said)
    assert Duty.objects.count() == 1


def test_a_duty_is_repeated_for_a_week_and_cancelled_while_nobody_counts_on_it(lead: Client) -> None:
    hub, _ = make_day()
    duty = Duty.objects.get()
    publishing.publish(make_plan(hub), by=None, at=NOON)
    address = reverse("admin:dispatch_duty_changelist")

    lead.post(address, {"action": "repeat", "_selected_action": [duty.pk]})
    assert Duty.objects.count() == 7
    assert max(Shift.objects.values_list("starts_at", flat=True)) == NOON + timedelta(days=6)

    lead.post(address, {"action": "cancel", "_selected_action": list(Duty.objects.values_list("pk", flat=True))})
    assert list(Duty.objects.all()) == [duty]


def test_an_agent_sees_plans_and_changes_nothing_of_the_fleet(client: Client) -> None:
    client.force_login(make_member(Role.AGENT))
    duty = make_duty()

    assert client.get(reverse("admin:dispatch_plan_changelist")).status_code == 200
    assert client.get(reverse("admin:dispatch_hub_changelist")).status_code == 403
    answer = client.post(reverse("admin:dispatch_duty_changelist"), {"action": "cancel", "_selected_action": [duty.pk]})
    assert answer.status_code == 403
    assert Duty.objects.count() == 1
