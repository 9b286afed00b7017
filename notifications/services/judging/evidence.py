"""All that a batch of messages is judged by, read at once: a number of queries that does not grow with the batch."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db.models import Count, Q

from notifications.models import Notification, Preference, PushSubscription, State
from notifications.rules import Standing
from notifications.services import consent, policies, standings
from notifications.services.policies import Terms
from notifications.triggers import LATEST, PHONE_CHANNELS, Channel

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
LONGEST_WAIT: Final = max(LATEST.values()) + DAY
"""What was written before that has been sent, or not, more than a day ago."""

REACHED: Final = frozenset({State.SENDING, State.UNKNOWN, State.SENT, State.DELIVERED, State.FAILED})


class Row(NamedTuple):
    """One line of the outbox, as far as other messages are judged by it."""

    id: int
    shipment_id: int | None
    stop_id: int | None
    trigger: str
    channel: str
    recipient: str
    state: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    details: Mapping[str, Any]

    def is_of_today(self, *, at: datetime) -> bool:
        """Say whether it went out within the last 24 hours, or is just being sent."""
        return self.state == State.SENDING or (self.sent_at or self.due_at) > at - DAY


@dataclass(slots=True)
class Evidence:
    """What is known about a batch at one moment.

    ``told`` are the rows that count as sent, one more with each message that is let through.
    """

    at: datetime
    terms: Mapping[int, Terms]
    standings: Mapping[int, Standing]
    of_shipment: Mapping[int | None, list[Row]]
    of_recipient: Mapping[str, list[Row]]
    told: set[int]
    withheld: Collection[consent.Recipient]
    unwanted: Collection[tuple[int, str, str]]
    browsers: Collection[str]
    texts_within_the_hour: Counter[int]
    at_their_cap: set[int] = field(default_factory=set)
    """The brands of which the log says already that they have sent enough."""

    def admit(self, notification: Notification) -> None:
        """Count a message that goes out."""
        self.told.add(notification.id)
        if notification.channel in PHONE_CHANNELS:
            self.texts_within_the_hour[notification.brand_id] += 1

    def told_to(self, recipient: str) -> list[Row]:
        """List what an address was sent within the last 24 hours."""
        return self._told(self.of_recipient.get(recipient, []))

    def told_of(self, shipment_id: int | None) -> list[Row]:
        """List what was sent of a shipment within the last 24 hours."""
        return self._told(self.of_shipment.get(shipment_id, []))

    def _told(self, rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if row.id in self.told and row.is_of_today(at=self.at)]


def gather(batch: Sequence[Notification], *, at: datetime) -> Evidence:
    """Read what a batch is judged by; its messages were fetched with brand and shipment ``with_round``."""
    shipments = {message.shipment_id: message.shipment for message in batch if message.shipment is not None}
    terms = policies.of_brands({message.brand_id for message in batch})
    of_shipment, of_recipient = _rows(batch, at=at)
    rows = (row for known in (of_shipment, of_recipient) for each in known.values() for row in each)
    ids = {message.id for message in batch}
    return Evidence(
        at=at,
        terms=terms,
        standings=standings.of_shipments([*shipments.values()], terms, at=at),
        of_shipment=of_shipment,
        of_recipient=of_recipient,
        told={row.id for row in rows if row.state in REACHED} - ids,
        withheld=consent.withheld([recipient_of(message) for message in batch]),
        unwanted=_unwanted(shipments),
        browsers=_browsers(batch),
        texts_within_the_hour=_texts_within_the_hour(batch, at=at),
    )


def recipient_of(notification: Notification) -> consent.Recipient:
    """Say to whom a message goes, in the words of consent."""
    return consent.Recipient(notification.channel, notification.recipient, notification.brand_id)


def _rows(
    batch: Sequence[Notification], *, at: datetime
) -> tuple[Mapping[int | None, list[Row]], Mapping[str, list[Row]]]:
    """Find what else there is for the shipments of a batch, and what its recipients may have been sent lately."""
    fields = [field if field != "stop_id" else "shipment__stop_id" for field in Row._fields]
    of_shipment: dict[int | None, list[Row]] = defaultdict(list)
    of_recipient: dict[str, list[Row]] = defaultdict(list)
    for_shipments = Notification.objects.filter(shipment__in={message.shipment_id for message in batch})
    for values in for_shipments.values_list(*fields):
        of_shipment[values[1]].append(Row(*values))
    for_recipients = Notification.objects.counted().filter(
        Q(sent_at=None) | Q(sent_at__gt=at - DAY),
        recipient__in={message.recipient for message in batch},
        created_at__gt=at - LONGEST_WAIT,
    )
    for values in for_recipients.values_list(*fields):
        of_recipient[values[5]].append(Row(*values))
    return of_shipment, of_recipient


def _unwanted(shipment_ids: Iterable[int | None]) -> set[tuple[int, str, str]]:
    preferences = Preference.objects.filter(shipment__in=shipment_ids, is_wanted=False)
    return set(preferences.values_list("shipment_id", "trigger", "channel"))


def _browsers(batch: Sequence[Notification]) -> set[str]:
    """Find which of the browsers that a batch goes to still want to hear from us."""
    ids = [int(message.recipient) for message in batch if message.channel == Channel.PUSH]
    here = PushSubscription.objects.filter(id__in=ids, gone_at=None) if ids else PushSubscription.objects.none()
    return {str(browser_id) for browser_id in here.values_list("id", flat=True)}


def _texts_within_the_hour(batch: Sequence[Notification], *, at: datetime) -> Counter[int]:
    """Count the texts of each brand, those being sent too, so that of two workers none overlooks the other's."""
    found: Counter[int] = Counter()
    if PHONE_CHANNELS.isdisjoint(message.channel for message in batch):
        return found
    texts = Notification.objects.filter(channel__in=PHONE_CHANNELS)
    under_way = texts.filter(state__in=[State.SENDING, State.UNKNOWN]).exclude(id__in=[row.id for row in batch])
    for counted in (texts.filter(sent_at__gt=at - HOUR), under_way):
        found.update(dict(counted.order_by().values_list("brand_id").annotate(Count("id"))))
    return found
