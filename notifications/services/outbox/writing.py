"""Writing messages down, and writing them again for another channel."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from notifications.models import Cancelled, Notification, State
from notifications.services import contacts
from notifications.triggers import PHONE_CHANNELS, Channel, Trigger
from tracking.models import Shipment

ROWS_AT_ONCE: Final = 500

_TIED_TO_THEIR_CHANNEL: Final = frozenset({Trigger.REPLY, Trigger.TEST})


def write(rows: Iterable[Notification]) -> None:
    """Write messages down, each once: one that is there already, whatever became of it, is left as it is."""
    Notification.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE, ignore_conflicts=True)


def fall_back(batch: Collection[Notification], *, at: datetime) -> list[Notification]:
    """Write texts down as e-mails, for those who have an address; gives the texts for which there is an e-mail now.

    What the recipient was, or is to be, told by e-mail anyway is not told twice. The texts themselves are left as they
    are. A code goes to the address in the order alone.
    """
    texts = [text for text in batch if text.shipment is not None and _may_fall_back(text, at=at)]
    reach = contacts.addresses_of([text.shipment for text in texts if text.shipment is not None])
    mails = [_as_mail(text, _address(text, reach), at=at) for text in texts]
    write(mail for mail in mails if mail.recipient)
    return [text for text, mail in zip(texts, mails, strict=True) if mail.recipient]


def drop_expired(channel: Channel, *, at: datetime) -> int:
    """Cancel what has waited past its latest moment, while nothing can be sent; says how many."""
    late = Notification.objects.filter(channel=channel, state=State.PENDING, due_at__lte=at, expires_at__lte=at)
    return late.update(state=State.CANCELLED, reason=Cancelled.EXPIRED, settled_at=at)


def _may_fall_back(text: Notification, *, at: datetime) -> bool:
    return text.channel in PHONE_CHANNELS and text.trigger not in _TIED_TO_THEIR_CHANNEL and at < text.expires_at


def _address(text: Notification, reach: dict[int, contacts.Addresses]) -> str:
    shipment: Shipment | None = text.shipment
    if shipment is None:
        return ""
    known = contacts.on_file(shipment) if text.trigger == Trigger.CODE else reach[shipment.id]
    return known.get(Channel.EMAIL, "")


def _as_mail(text: Notification, address: str, *, at: datetime) -> Notification:
    return Notification(
        brand=text.brand,
        shipment=text.shipment,
        rule=text.rule,
        trigger=text.trigger,
        channel=Channel.EMAIL,
        recipient=address,
        version=text.version,
        language=text.language,
        details=text.details,
        sealed=text.sealed,
        priority=text.priority,
        created_at=at,
        due_at=at,
        expires_at=text.expires_at,
    )
