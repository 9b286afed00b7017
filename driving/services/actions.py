"""What drivers did, each exactly once, however often and in whatever order their phones tell of it."""

from datetime import datetime

from django.db import transaction

from driving import clock
from driving.clock import Judged
from driving.models import DriveLink, DriverAction, Flag, Kind
from driving.said import Said
from driving.services import carrying_out
from driving.services.carrying_out import Scene
from tracking import pictures
from tracking.proof import images
from tracking.proof.images import StoredImage
from tracking.proof.models import Kind as ProofKind


class KeyTaken(Exception):
    """This name was given to something else that was done."""


class Revoked(Exception):
    """The link had been revoked when this was done."""


def take(link: DriveLink, said: Said, *, at: datetime) -> DriverAction:
    """Write down what a driver did, and do what follows from it. Twice is harmless: the first answer stands.

    A picture that cannot be used is left out, and the action kept. Of what a phone tells after its link was revoked,
    what was done before counts, and is flagged.

    Raises ``KeyTaken``, ``Revoked`` and ``carrying_out.NotYours``; nothing is kept then.
    """
    known = DriverAction.objects.filter(link=link, key=said.key).first()
    if known is not None:
        return _same(known, said)
    judged = _judge(link, said, at=at)
    if link.revoked_at is not None and judged.at >= link.revoked_at:
        raise Revoked
    if said.kind is Kind.ATTEMPT:
        carrying_out.gather_positions()
    stored, flags = _store(said)
    unused = dict(stored)
    try:
        with transaction.atomic():
            action, is_new = _write(link, said, judged, at=at)
            if not is_new:
                return _same(action, said)
            result = carrying_out.STEPS[said.kind](Scene(action, link, said, stored, at=at))
            action.outcome, action.shipment = result.outcome, result.shipment
            action.flags = [*action.flags, *flags, *result.flags]
            action.save(update_fields=["outcome", "shipment", "flags"])
        if result.keeps_pictures:
            unused.clear()
    finally:
        for image in unused.values():
            images.discard(image)
    return action


def _judge(link: DriveLink, said: Said, *, at: datetime) -> Judged:
    """Say when something was done: not before its phone drove with this link, nor before the shift had begun."""
    started_at = link.shift.started_at if said.kind is not Kind.START else None
    beginnings = [moment for moment in (link.bound_at, started_at) if moment is not None]
    not_before = max(beginnings, default=link.issued_at)
    return clock.judge(said.device_at, sent_at=said.sent_at, at=at, not_before=not_before)


def _write(link: DriveLink, said: Said, judged: Judged, *, at: datetime) -> tuple[DriverAction, bool]:
    odd = {Flag.CLOCK: not judged.is_plausible, Flag.REVOKED: link.revoked_at is not None}
    return DriverAction.objects.get_or_create(
        link=link,
        key=said.key,
        defaults={
            "kind": said.kind,
            "occurred_at": judged.at,
            "device_at": said.device_at,
            "received_at": at,
            "said": said.kept,
            "fingerprint": said.fingerprint,
            "flags": [flag for flag, is_so in odd.items() if is_so],
        },
    )


def _same(known: DriverAction, said: Said) -> DriverAction:
    if known.fingerprint != said.fingerprint:
        raise KeyTaken
    return known


def _store(said: Said) -> tuple[dict[ProofKind, StoredImage], list[Flag]]:
    """Make the pictures anew and store them, outside of any transaction; says what is wrong with the others."""
    stored: dict[ProofKind, StoredImage] = {}
    flags: list[Flag] = []
    for kind, given in said.pictures.items():
        try:
            stored[kind] = images.store(given, kind=kind)
        except pictures.TooLarge:
            flags.append(Flag.PICTURE_TOO_LARGE)
        except pictures.NoPicture:
            flags.append(Flag.PICTURE_UNREADABLE)
    return stored, flags
