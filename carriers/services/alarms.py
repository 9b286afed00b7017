"""Alarms: what is wrong between a partner and us, each thing once with how often, until it is settled."""

from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from carriers.models import Account, Alarm, AlarmKind
from carriers.services import health
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

ON_ITS_WAY: Final = (Status.IN_TRANSIT, Status.AT_HUB, Status.OUT_FOR_DELIVERY, Status.ATTEMPTED)
"""Statuses in which a partner has a parcel and something is to be heard of it."""


@transaction.atomic
def sound(account_id: int, kind: AlarmKind, *, at: datetime, subject: str = "", times: int = 1) -> None:
    """Raise an alarm, or count once more what is already one."""
    beginning = {"times": times, "first_at": at, "last_at": at}
    alarm, is_new = Alarm.objects.get_or_create(
        account_id=account_id, kind=kind, subject=subject, settled_at=None, defaults=beginning
    )
    if not is_new:
        again = {"times": F("times") + times, "last_at": Greatest("last_at", at)}
        Alarm.objects.filter(id=alarm.id).update(**again)


def settle(alarms: QuerySet[Alarm], *, at: datetime, by: User | None) -> int:
    """Write down that alarms have been seen to, or have gone by themselves (``by`` nobody); gives how many."""
    return alarms.filter(settled_at=None).update(settled_at=at, settled_by=by)


def is_over(account_id: int, kind: AlarmKind, *, at: datetime) -> None:
    """Settle an alarm whose cause has gone by itself, if there is one."""
    settle(Alarm.objects.filter(account=account_id, kind=kind), at=at, by=None)


def sweep_silence(*, at: datetime) -> None:
    """Raise an alarm for each partner that has been silent for too long, and settle those of who speaks again.

    Nobody is silent who has nothing under way. Such an alarm is counted once, however long it lasts.
    """
    silent = {account.id for account in Account.objects.active() if is_silent(account, at=at)}
    known = Alarm.objects.filter(kind=AlarmKind.SILENT, settled_at=None)
    for account_id in silent.difference(known.values_list("account", flat=True)):
        sound(account_id, AlarmKind.SILENT, at=at)
    settle(known.exclude(account__in=silent), at=at, by=None)


def is_silent(account: Account, *, at: datetime) -> bool:
    """Say whether nothing was heard of a partner for too long, while it has parcels of ours."""
    limit = at - timedelta(hours=account.silent_after_hours)
    if (health.heard_at(account) or account.created_at) > limit:
        return False
    under_way = Shipment.objects.filter(carrier__accounts=account, status__in=ON_ITS_WAY, changed_at__lt=limit)
    return under_way.exists()
