"""Links to the driver's page: issued for a shift, opened by one device, closed by staff or by the shift's end."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from driving.models import DriveLink
from driving.services import sharing
from tracking.rounds.models import Shift, ShiftState

KEY_BYTES: Final = 24
LONGEST_TOKEN: Final = 40
LINGERS: Final = timedelta(hours=24)
"""How long after a shift its own device may still hand in what it did without a signal."""


class NoSuchLink(Exception):
    """No link with this token is good now; nobody learns whether one ever was."""


class InUse(Exception):
    """Another device drives with this link."""


def issue(shift: Shift, *, at: datetime) -> DriveLink:
    """Make a link for a shift; the ones before it stay good until they are revoked."""
    return DriveLink.objects.create(shift=shift, issued_at=at)


@transaction.atomic
def issue_missing(shifts: Iterable[Shift], *, at: datetime) -> list[DriveLink]:
    """Make a link for each of these shifts that has no good one; gives those that are new. Twice is harmless."""
    locked = list(Shift.objects.select_for_update().filter(id__in=[shift.id for shift in shifts]).order_by("id"))
    known = good(locked)
    return [issue(shift, at=at) for shift in locked if shift.id not in known]


def good(shifts: Iterable[Shift]) -> dict[int, DriveLink]:
    """Find the newest good link of each of these shifts, by shift id. One query."""
    found = DriveLink.objects.good().filter(shift__in=[shift.id for shift in shifts]).order_by("issued_at", "id")
    return {link.shift_id: link for link in found}


def find(token: str, *, at: datetime) -> DriveLink:
    """Find the link that a token opens, with its shift and driver; for a day after the shift, for its device's sake.

    Raises ``NoSuchLink`` where there is none, or it was revoked, or its time is over. One query.
    """
    _require_spelt(token)
    try:
        link = DriveLink.objects.good().select_related("shift__driver__carrier").get(token=token)
    except DriveLink.DoesNotExist as error:
        raise NoSuchLink from error
    if link.shift.ended_at is not None and link.shift.ended_at + LINGERS <= at:
        raise NoSuchLink
    return link


def find_revoked(token: str, *, at: datetime) -> DriveLink:
    """Find a link that was revoked within the last day, for what its device did before and has not handed in.

    Raises ``NoSuchLink``. One query.
    """
    _require_spelt(token)
    lately = DriveLink.objects.filter(revoked_at__gt=at - LINGERS, token=token)
    link = lately.select_related("shift__driver__carrier").first()
    if link is None:
        raise NoSuchLink
    return link


def is_open(link: DriveLink) -> bool:
    """Say whether a link is good for anybody, and its shift is still to come or under way."""
    return link.revoked_at is None and link.shift.state != ShiftState.ENDED


@transaction.atomic
def bind(link: DriveLink, *, at: datetime) -> str:
    """Let a device drive with a link, the first one that asks; gives the key that it is to show from then on.

    Raises ``InUse`` where another was first.
    """
    key = secrets.token_urlsafe(KEY_BYTES)
    free = DriveLink.objects.good().filter(id=link.id, bound_at=None)
    if not free.update(device_digest=_digest(key), bound_at=at):
        raise InUse
    sharing.limit(link.shift)
    return key


def is_device(link: DriveLink, key: str) -> bool:
    """Say whether this is the key of the device that drives with a link."""
    return link.is_bound and constant_time_compare(_digest(key), link.device_digest)


def release(link: DriveLink) -> None:
    """Let the next device that asks drive with a link, because the one before is lost or broken. Twice is harmless."""
    DriveLink.objects.filter(id=link.id).update(device_digest="", bound_at=None)


def revoke(link: DriveLink, *, at: datetime) -> None:
    """Close a link at once and for good. Twice is harmless."""
    DriveLink.objects.good().filter(id=link.id).update(revoked_at=at)


def _require_spelt(token: str) -> None:
    if not 0 < len(token) <= LONGEST_TOKEN or not token.isascii() or "\0" in token:
        raise NoSuchLink


def _digest(key: str) -> str:
    return salted_hmac("driving.links", key, algorithm="sha256").hexdigest()
