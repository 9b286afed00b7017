from datetime import timedelta

import pytest

from carriers.models import Account, Alarm, AlarmKind
from carriers.services import alarms, health
from desk import attention
from desk.models import Role
from tests.carriers.partners import hear, make_account, make_carried, make_carrier, say, update
from tests.factories import NOON, make_brand, make_member
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

HOUR = timedelta(hours=1)
LONG_AGO = NOON - 48 * HOUR


def silent() -> list[str]:
    return list(Alarm.objects.filter(kind=AlarmKind.SILENT, settled_at=None).values_list("account__slug", flat=True))


def test_who_has_parcels_under_way_and_says_nothing_is_silent_until_it_speaks() -> None:
    account = make_account(at=LONG_AGO, silent_after_hours=24)
    make_carried("JJFI1", status=Status.IN_TRANSIT, at=LONG_AGO)
    hear(account, say(), at=NOON - 24 * HOUR)

    alarms.sweep_silence(at=NOON - timedelta(seconds=1))
    assert silent() == []

    for _ in range(2):
        alarms.sweep_silence(at=NOON)
    assert silent() == ["posti"]
    assert Alarm.objects.get().times == 1

    hear(account, say(update()), at=NOON)
    alarms.sweep_silence(at=NOON + HOUR)
    assert silent() == []
    alarm = Alarm.objects.get()
    assert (alarm.settled_at, alarm.settled_by) == (NOON + HOUR, None)


def test_nobody_is_silent_who_has_nothing_under_way() -> None:
    make_account(at=LONG_AGO)
    make_account(slug="closed", at=LONG_AGO, is_active=False)
    make_carried("A", status=Status.DELIVERED, at=LONG_AGO)
    make_carried("B", status=Status.CREATED, at=LONG_AGO)
    elsewhere = make_carried("C", status=Status.IN_TRANSIT, at=LONG_AGO)
    Shipment.objects.filter(id=elsewhere.id).update(carrier=make_carrier("elsewhere"))

    alarms.sweep_silence(at=NOON)

    assert silent() == []


def test_a_partner_that_answers_is_not_silent() -> None:
    account = make_account(at=LONG_AGO)
    make_carried("A", status=Status.IN_TRANSIT, at=LONG_AGO)
    Account.objects.update(asked_at=NOON - HOUR)
    account.refresh_from_db()

    alarms.sweep_silence(at=NOON)
    assert (silent(), health.heard_at(account)) == ([], NOON - HOUR)

    Account.objects.update(failures=1)
    alarms.sweep_silence(at=NOON)
    assert silent() == ["posti"]


def test_how_an_account_does_is_read_off_its_letters() -> None:
    account = make_account()
    assert (health.heard_at(account), health.read_at(account)) == (None, None)

    hear(account, say(update()), at=NOON)
    hear(account, b"{", b"[", at=NOON + HOUR)

    assert (health.heard_at(account), health.read_at(account)) == (NOON + HOUR, NOON)
    assert health.unreadable(account, at=NOON + 24 * HOUR) == 2
    assert health.unreadable(account, at=NOON + 25 * HOUR) == 0


def test_open_alarms_need_a_leads_attention() -> None:
    account = make_account()
    alarms.sound(account.id, AlarmKind.UNKNOWN_CODE, subject="X9", at=NOON, times=3)
    alarms.sound(account.id, AlarmKind.EMPTY, at=NOON + HOUR)

    def found(role: Role, **limits: object) -> list[tuple[str, str]]:
        kinds = attention.find(make_member(role, **limits), at=NOON + 2 * HOUR)
        return [(row.subject, row.what) for kind in kinds if kind.name == "partners" for row in kind.rows]

    told = [
        ("Posti", "a code that we do not know: X9 (3 times)"),
        ("Posti", "answers that say nothing (1 times)"),
    ]
    assert (found(Role.LEAD), found(Role.ADMIN)) == (told, told)
    assert found(Role.AGENT) == []
    assert found(Role.LEAD, brand=make_brand()) == []

    alarms.settle(Alarm.objects.all(), at=NOON, by=None)
    assert found(Role.LEAD) == []
