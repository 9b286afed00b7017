"""What a brand has decided, and what holds where it has not."""

from datetime import UTC, datetime, time, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from notifications.services import policies
from notifications.services.policies import Terms
from notifications.triggers import NEWS, URGENT, Channel, Trigger
from tests.factories import NOON, make_brand, make_policy, make_rule, make_shipment
from tracking.models import Brand

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

MIDNIGHT = datetime(2026, 11, 22, 22, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 6, tzinfo=UTC)
"""Eight o'clock in Helsinki, when the quiet hours end that begin at nine."""


def terms_of(brand: Brand) -> Terms:
    return policies.of_brands({brand.id})[brand.id]


def test_a_brand_without_rows_has_the_defaults() -> None:
    terms = terms_of(make_brand())

    assert (terms.policy.quiet_from, terms.policy.quiet_until) == (time(21), time(8))
    assert (terms.policy.messages_a_day, terms.policy.texts_a_day, terms.policy.texts_an_hour) == (8, 5, 2000)
    assert terms.late_by == timedelta(minutes=10)
    assert terms.decided(Trigger.ON_THE_WAY) == {}
    assert terms.nearness(Trigger.STOPS_AWAY, Channel.SMS) == 3
    assert terms.nearness(Trigger.ARRIVING_SOON, Channel.SMS) == 15
    assert terms.nearness(Trigger.ARRIVED, Channel.SMS) == 150
    assert terms.policy.pk is None


def test_what_a_brand_has_decided_holds() -> None:
    brand = make_brand()
    make_policy(brand, late_by_minutes=25)
    rule = make_rule(brand, Trigger.STOPS_AWAY, Channel.SMS, stops=1)
    make_rule(brand, Trigger.STOPS_AWAY, Channel.PUSH, is_on=False)

    terms = terms_of(brand)

    assert terms.late_by == timedelta(minutes=25)
    assert terms.decided(Trigger.STOPS_AWAY) == {Channel.SMS: True, Channel.PUSH: False}
    assert terms.rule(Trigger.STOPS_AWAY, Channel.SMS) == rule
    assert terms.rule(Trigger.STOPS_AWAY, Channel.EMAIL) is None
    assert terms.nearness(Trigger.STOPS_AWAY, Channel.SMS) == 1
    assert terms.nearness(Trigger.STOPS_AWAY, Channel.PUSH) == 3


def test_a_brand_decides_for_itself_alone() -> None:
    brand, other = make_brand(), make_brand()
    make_policy(brand, late_by_minutes=25)
    make_rule(brand, Trigger.STOPS_AWAY, Channel.PUSH, is_on=False)

    terms = policies.of_brands({brand.id, other.id})

    assert terms[other.id].late_by == timedelta(minutes=10)
    assert not terms[brand.id].is_told(Trigger.STOPS_AWAY)
    assert terms[other.id].is_told(Trigger.STOPS_AWAY)


@pytest.mark.parametrize("count", [1, 20])
def test_two_queries_are_enough_for_all_brands(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    brands = {make_brand().id for _ in range(count)}

    with django_assert_num_queries(2):
        policies.of_brands(brands)


@pytest.mark.parametrize("trigger", [trigger for trigger in NEWS if trigger not in URGENT])
def test_what_is_not_urgent_waits_for_the_morning_where_it_goes(trigger: Trigger) -> None:
    shipment = make_shipment()
    terms = terms_of(shipment.brand)

    assert terms.quiet_until(trigger, shipment, at=MIDNIGHT) == MORNING
    assert terms.quiet_until(trigger, shipment, at=NOON) is None


@pytest.mark.parametrize("trigger", sorted(URGENT - {Trigger.DELAYED}))
def test_what_is_urgent_does_not_wait(trigger: Trigger) -> None:
    shipment = make_shipment()

    assert terms_of(shipment.brand).quiet_until(trigger, shipment, at=MIDNIGHT) is None


def test_a_delay_waits_for_the_morning_if_that_comes_before_what_was_promised() -> None:
    shipment = make_shipment()
    terms = terms_of(shipment.brand)

    shipment.promised_start = MORNING
    assert terms.quiet_until(Trigger.DELAYED, shipment, at=MIDNIGHT) == MORNING
    shipment.promised_start = MORNING - timedelta(minutes=1)
    assert terms.quiet_until(Trigger.DELAYED, shipment, at=MIDNIGHT) is None


def test_a_brand_may_have_no_quiet_hours() -> None:
    shipment = make_shipment()
    make_policy(shipment.brand, quiet_from=time(0), quiet_until=time(0))

    assert terms_of(shipment.brand).quiet_until(Trigger.SHIPPED, shipment, at=MIDNIGHT) is None
