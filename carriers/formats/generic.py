"""Doorstep's own format: JSON in our words, signed by Standard Webhooks. For partners whose program can be written.

``docs/carriers.md`` says it to them. The scheme: https://www.standardwebhooks.com (specification 1.0).
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from carriers.formats import parsing, proving, telling
from carriers.formats.parsing import Day, MaybeMoment, Moment, Number, Shape, Text
from carriers.formats.said import Forged, Meaning, Payload, Reading, Update
from carriers.formats.telling import Looked
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.reasons import Reason

PREFIX: Final = "whsec_"
VERSION: Final = "v1"

CODES: Final[Mapping[str, Meaning]] = {status.value: Meaning(status) for status in Status} | {"": Meaning()}
REASONS: Final[Mapping[str, Reason | None]] = {reason.value: reason for reason in Reason} | {"": None}
HANDOVERS: Final[Mapping[str, Handover | None]] = {handover.value: handover for handover in Handover} | {"": None}


class Told(Shape):
    """One thing that happened, in our words; ``docs/carriers.md`` says what each may be."""

    tracking_number: Number
    occurred_at: Moment
    status: Text = ""
    id: Text = ""
    corrects: Text = ""
    reason: Text = ""
    handover: Text = ""
    code: Text = ""
    place: Text = ""
    message: Text = ""


class _Estimate(Shape):
    tracking_number: Number
    date: Day
    start: MaybeMoment = None
    end: MaybeMoment = None


class _Said(Shape):
    updates: list[Any]
    estimates: list[Any] = []


def require_genuine(payload: Payload, *, secrets: Sequence[str], at: datetime) -> None:
    """Let a payload pass that was signed with one of our secrets just now.

    Raises ``Forged``.
    """
    message = proving.require_header(payload, "webhook-id")
    seconds = proving.require_header(payload, "webhook-timestamp")
    proving.require_fresh(proving.unix_moment(seconds), at=at)

    def sign(secret: str) -> bytes:
        mac = proving.sha256_mac(_key(secret), [f"{message}.{seconds}.".encode(), payload.body])
        return f"{VERSION},{base64.b64encode(mac).decode()}".encode()

    signatures = proving.require_header(payload, "webhook-signature").encode().split()
    proving.require_signed(signatures, secrets, sign)


def read(payload: Payload) -> Reading:
    """Read what a partner's program says.

    Raises ``Unreadable``.
    """
    said = parsing.parse(_Said, payload.body)
    updates, problems = parsing.each(Told, said.updates, where="update")
    estimates, more_problems = parsing.each(_Estimate, said.estimates, where="estimate")
    return Reading(
        updates=telling.in_order(tell(update) for update in updates),
        estimates={
            estimate.tracking_number: telling.estimate(estimate.date, estimate.start, estimate.end)
            for estimate in estimates
        },
        problems=(*problems, *more_problems),
    )


def tell(update: Told) -> Update:
    """Make an update of what was told in our words; a word that is not ours is noticed, and means nothing."""
    meaning, is_known = telling.look_up(CODES, update.status)
    handover = HANDOVERS.get(update.handover) if meaning.status == Status.DELIVERED else None
    looked = Looked(
        Meaning(meaning.status, REASONS.get(update.reason), handover),
        is_known=is_known and update.reason in REASONS and update.handover in HANDOVERS,
    )
    code = update.code or update.status
    told = telling.tell(
        update.tracking_number, code, update.occurred_at, looked, place=update.place, words=update.message
    )
    external_id = telling.name(update.id) if update.id else told.external_id
    return replace(told, external_id=external_id, voids=telling.name(update.corrects))


def _key(secret: str) -> bytes:
    """Give the key in a secret of Standard Webhooks.

    Raises ``Forged`` where there is none: what is signed with an empty key is signed by anybody.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX) + "==")
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise Forged("The secret that we share is no key.")
    return key
