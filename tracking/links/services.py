"""The only writer of links: issuing, finding, and the second factor."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from tracking.links import codes, signals
from tracking.links.models import LinkCode, LinkUse, Origin, TrackingLink, UseKind
from tracking.shipments.models import Shipment

LOOKUP_LASTS: Final = timedelta(hours=24)
TRIES: Final = 5
TRIES_LAST: Final = timedelta(hours=1)
LONGEST_TOKEN: Final = 40


class NoSuchLink(Exception):
    """No link with this token is good now; nobody learns whether one ever was."""


class TooManyTries(Exception):
    """The second factor was wrong too often within the hour."""


def issue(shipment: Shipment, *, at: datetime) -> TrackingLink:
    """Make a link to send to the recipient. It lasts as long as the shipment and the brand's days after it."""
    return TrackingLink.objects.create(shipment=shipment, created_at=at)


def for_sending(shipments: Iterable[Shipment], *, at: datetime) -> dict[int, TrackingLink]:
    """Give each shipment, fetched with its brand, the link to send: the latest good one that was sent, or a new one.

    By shipment id; a shipment whose links have ended gets none. Two queries, however many shipments there are.
    """
    current = {shipment.id: shipment for shipment in shipments if not _is_over(shipment, at=at)}
    found = sent_of(current.values(), at=at)
    missing = [TrackingLink(shipment=current[id_], created_at=at) for id_ in current if id_ not in found]
    return found | {link.shipment_id: link for link in TrackingLink.objects.bulk_create(missing)}


def sent_of(shipments: Iterable[Shipment], *, at: datetime) -> dict[int, TrackingLink]:
    """Give the latest good link that was sent of each shipment, fetched with its brand, that has one. One query."""
    current = [shipment.id for shipment in shipments if not _is_over(shipment, at=at)]
    sent = TrackingLink.objects.filter(shipment__in=current, origin=Origin.SENT, revoked_at=None)
    return {link.shipment_id: link for link in sent.exclude(expires_at__lte=at).order_by("created_at", "id")}


def find(token: str, *, at: datetime) -> TrackingLink:
    """Find the link that a token opens, with what its page needs. One query.

    Raises ``NoSuchLink`` where there is none, or it has expired or was revoked.
    """
    if not 0 < len(token) <= LONGEST_TOKEN or not token.isascii() or "\0" in token:
        raise NoSuchLink
    try:
        link = TrackingLink.objects.select_related("shipment__brand", "shipment__stop__route__shift__driver").get(
            token=token, revoked_at=None
        )
    except TrackingLink.DoesNotExist as error:
        raise NoSuchLink from error
    end = ends_at(link)
    if end is not None and end <= at:
        raise NoSuchLink
    return link


def ends_at(link: TrackingLink) -> datetime | None:
    """Say when a link ceases to open anything, by its own term or its shipment's; ``None`` if that is not known yet."""
    return min((end for end in (link.expires_at, _end_of(link.shipment)) if end is not None), default=None)


@transaction.atomic
def look_up(number: str, postcode: str, *, at: datetime) -> TrackingLink:
    """Make a link for somebody who knows a reference or parcel number and the postcode it goes to.

    Such a link lasts a day, and the postcode is no second factor for it: it has been spent.

    Raises ``NoSuchLink`` where the two do not belong together, or belong to more than one shipment.
    """
    candidates = Shipment.objects.numbered(number.strip()).select_related("brand")[:20]
    matches = [shipment for shipment in candidates if _goes_to(shipment, postcode) and not _is_over(shipment, at=at)]
    if len(matches) != 1:
        raise NoSuchLink
    return TrackingLink.objects.create(
        shipment=matches[0], origin=Origin.LOOKUP, created_at=at, expires_at=at + LOOKUP_LASTS
    )


@transaction.atomic
def unlock(link: TrackingLink, *, postcode: str, at: datetime) -> bool:
    """Take the postcode as second factor, and keep a record of the try. Says whether it was right.

    Raises ``TooManyTries`` after five wrong ones within an hour, codes among them; nothing is recorded then.
    """
    _require_tries_left(link, at=at)
    return _note_try(link, is_right=link.takes_postcode and _goes_to(link.shipment, postcode), at=at)


@transaction.atomic
def unlock_by_code(link: TrackingLink, *, code: str, at: datetime) -> bool:
    """Take the code that was sent last as second factor, once, and keep a record of the try. Says whether it was right.

    Raises ``TooManyTries`` after five wrong ones within an hour, postcodes among them; nothing is recorded then.
    """
    _require_tries_left(link, at=at)
    waiting = awaited_code(link, at=at)
    # Compared even where none is awaited: nobody is to learn that from how long an answer takes.
    is_right = codes.is_right(code, waiting.digest if waiting else "", link_id=link.id)
    if waiting and is_right:
        LinkCode.objects.filter(id=waiting.id).update(used_at=at)
    return _note_try(link, is_right=is_right, at=at)


@transaction.atomic
def request_code(link: TrackingLink, *, at: datetime) -> LinkCode:
    """Make a code, which replaces any older one of the link, and have it sent to the address in the order.

    It is good for ten minutes. Nobody but the listeners of ``code_requested`` is told it, after the commit.

    An order without an address has one made, too, that nobody hears of: what is said here tells nobody which it is.

    Raises ``codes.TooManyCodes`` after three within an hour for a link, or five within a day for its shipment by
    whichever links; nothing is made then.
    """
    Shipment.objects.select_for_update().get(id=link.shipment_id)
    _require_few_codes(link, at=at)
    code = codes.make()
    kept = LinkCode.objects.create(
        link=link, digest=codes.digest(code, link_id=link.id), requested_at=at, expires_at=at + codes.LASTS
    )
    told = {"link_id": link.id, "shipment_id": link.shipment_id, "code": code}
    transaction.on_commit(lambda: signals.code_requested.send_robust(TrackingLink, **told))
    return kept


def awaited_code(link: TrackingLink, *, at: datetime) -> LinkCode | None:
    """Find the code that would open a link now: the one sent last, if it is still good. One query."""
    latest = LinkCode.objects.filter(link=link).order_by("-requested_at", "-id").first()
    return latest if latest and latest.used_at is None and latest.expires_at > at else None


@transaction.atomic
def revoke(link: TrackingLink, *, at: datetime) -> None:
    """Close a link for good, and tell whoever listens. Twice is harmless."""
    if TrackingLink.objects.filter(id=link.id, revoked_at=None).update(revoked_at=at):
        shipment_id = link.shipment_id
        transaction.on_commit(lambda: signals.link_revoked.send_robust(TrackingLink, shipment_id=shipment_id))


def _require_tries_left(link: TrackingLink, *, at: datetime) -> None:
    """Let a link's second factor be tried, one try at a time.

    Raises ``TooManyTries`` where it was wrong too often.
    """
    TrackingLink.objects.select_for_update().get(id=link.id)
    wrong = LinkUse.objects.filter(link=link, kind=UseKind.REFUSED, at__gt=at - TRIES_LAST).count()
    if wrong >= TRIES:
        raise TooManyTries


def _note_try(link: TrackingLink, *, is_right: bool, at: datetime) -> bool:
    LinkUse.objects.create(link=link, at=at, kind=UseKind.UNLOCKED if is_right else UseKind.REFUSED)
    return is_right


def _require_few_codes(link: TrackingLink, *, at: datetime) -> None:
    """Let a code be made for a link of a shipment that is locked.

    Raises ``codes.TooManyCodes`` where there were enough.
    """
    made = LinkCode.objects.filter(link__shipment=link.shipment_id).order_by("-requested_at")
    latest = list(made.values_list("link_id", "requested_at")[: codes.MOST_FOR_A_SHIPMENT[0]])[::-1]
    codes.require_few([moment for _, moment in latest], codes.MOST_FOR_A_SHIPMENT, at=at)
    codes.require_few([moment for link_id, moment in latest if link_id == link.id], codes.MOST_FOR_A_LINK, at=at)


def _is_over(shipment: Shipment, *, at: datetime) -> bool:
    end = _end_of(shipment)
    return end is not None and end <= at


def _end_of(shipment: Shipment) -> datetime | None:
    return shipment.finished_at and shipment.finished_at + timedelta(days=shipment.brand.link_days)


def _goes_to(shipment: Shipment, postcode: str) -> bool:
    """Say whether a shipment goes to this postcode; one that has none goes to nobody who names none."""
    return bool(_plain(postcode)) and _plain(postcode) == _plain(shipment.postcode)


def _plain(postcode: str) -> str:
    """Read a postcode as people write it: spaces, hyphens, case and the width of its letters do not count."""
    plain = unicodedata.normalize("NFKC", postcode)
    return "".join(character for character in plain if character.isalnum()).casefold()
