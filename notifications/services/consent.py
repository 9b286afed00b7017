"""Whether messages may go to an address: the last word of whoever reads there, honoured by what is queued already.

A word is about one brand or, without one, about all of them; of two that are about a brand, the later holds. A phone
number that stops texts stops WhatsApp too: who writes STOP does not mean "write to me elsewhere".
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Q

from notifications.models import Consent, ConsentSource, Notification, Skipped, State
from notifications.triggers import PHONE_CHANNELS, Channel
from tracking.models import Brand

ALL_BRANDS: Final = None


class Recipient(NamedTuple):
    """To whom a message goes: a channel, an address on it, and the brand in whose name it goes out."""

    channel: str
    address: str
    brand_id: int


@transaction.atomic
def withhold(
    channel: Channel, address: str, *, source: ConsentSource, at: datetime, brand: Brand | None = ALL_BRANDS
) -> None:
    """Send nothing more to an address, of one brand or of all; what waits in the outbox for it is skipped.

    Twice is harmless, and so is a word that arrives after a later one: it changes nothing.
    """
    for each in _together(channel):
        if _note(each, address, is_given=False, source=source, at=at, brand=brand):
            waiting = Notification.objects.uncalled().filter(channel=each, recipient=_plain(address))
            if brand is not ALL_BRANDS:
                waiting = waiting.filter(brand=brand)
            waiting.update(state=State.SKIPPED, reason=Skipped.OPTED_OUT, leased_until=None, settled_at=at)


@transaction.atomic
def give(
    channel: Channel, address: str, *, source: ConsentSource, at: datetime, brand: Brand | None = ALL_BRANDS
) -> None:
    """Send to an address again, of one brand or of all. What was skipped meanwhile stays so; twice is harmless."""
    for each in _together(channel):
        _note(each, address, is_given=True, source=source, at=at, brand=brand)


def is_withheld(channel: Channel, address: str, *, brand: Brand) -> bool:
    """Say whether nothing may be sent to an address in the name of a brand. One query."""
    return bool(withheld([Recipient(channel, address, brand.id)]))


def withheld(recipients: Collection[Recipient]) -> set[Recipient]:
    """Find those to whom nothing may be sent. One query, however many they are."""
    said: dict[tuple[str, str], list[Consent]] = {}
    for consent in Consent.objects.filter(address__in={_plain(recipient.address) for recipient in recipients}):
        said.setdefault((consent.channel, consent.address), []).append(consent)
    return {
        recipient
        for recipient in recipients
        if _is_no(said.get((recipient.channel, _plain(recipient.address)), []), recipient.brand_id)
    }


def _is_no(said: Collection[Consent], brand_id: int) -> bool:
    """Say whether the last word about a brand was no; of two at one moment, no holds."""
    words = [consent for consent in said if consent.brand_id in {ALL_BRANDS, brand_id}]
    return bool(words) and not max(words, key=lambda consent: (consent.changed_at, not consent.is_given)).is_given


def _note(
    channel: Channel, address: str, *, is_given: bool, source: ConsentSource, at: datetime, brand: Brand | None
) -> bool:
    """Keep a word, unless a later one is known, or a no of the same moment. Says whether it was kept."""
    word = {"is_given": is_given, "source": source, "changed_at": at}
    consent, is_new = Consent.objects.get_or_create(
        channel=channel, address=_plain(address), brand=brand, defaults=word
    )
    earlier = Q(changed_at__lt=at) if is_given else Q(changed_at__lte=at)
    return is_new or Consent.objects.filter(earlier, id=consent.id).update(**word) == 1


def _together(channel: Channel) -> Collection[Channel]:
    """List the channels that one word is about, always in the same order: their rows are locked in it."""
    return sorted(PHONE_CHANNELS) if channel in PHONE_CHANNELS else [channel]


def _plain(address: str) -> str:
    """Read an address as it is kept, whoever wrote it: a provider may report a mail's in capitals."""
    return address.strip().lower()
