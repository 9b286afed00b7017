"""How each kind of news goes out where a brand has not said otherwise (decision 0072)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from notifications.triggers import Channel, Trigger


@dataclass(frozen=True, slots=True)
class Default:
    """The channels of one kind of news, and the one for those who can be reached on none of them.

    A browser reaches nobody for certain: who has only that still gets the news on ``otherwise``.
    """

    channels: tuple[Channel, ...] = ()
    otherwise: Channel | None = None


DEFAULTS: Final[dict[Trigger, Default]] = {
    Trigger.CREATED: Default((Channel.EMAIL,)),
    Trigger.SHIPPED: Default((Channel.EMAIL, Channel.PUSH), otherwise=Channel.SMS),
    Trigger.PLANNED: Default((Channel.EMAIL, Channel.PUSH), otherwise=Channel.SMS),
    Trigger.ON_THE_WAY: Default((Channel.SMS, Channel.PUSH), otherwise=Channel.EMAIL),
    Trigger.STOPS_AWAY: Default((Channel.PUSH,)),
    Trigger.ARRIVING_SOON: Default((Channel.SMS, Channel.PUSH)),
    Trigger.ARRIVED: Default((Channel.PUSH,)),
    Trigger.DELIVERED: Default((Channel.EMAIL, Channel.PUSH), otherwise=Channel.SMS),
    Trigger.DELIVERED_ELSEWHERE: Default((Channel.SMS, Channel.EMAIL, Channel.PUSH)),
    Trigger.FAILED_ATTEMPT: Default((Channel.SMS, Channel.EMAIL, Channel.PUSH)),
    Trigger.DELAYED: Default((Channel.SMS, Channel.PUSH), otherwise=Channel.EMAIL),
    Trigger.READY_FOR_PICKUP: Default((Channel.SMS, Channel.EMAIL, Channel.PUSH)),
    Trigger.PICKUP_REMINDER: Default((Channel.SMS, Channel.PUSH), otherwise=Channel.EMAIL),
    Trigger.RETURNED: Default((Channel.EMAIL, Channel.PUSH), otherwise=Channel.SMS),
    Trigger.CANCELLED: Default((Channel.EMAIL, Channel.PUSH), otherwise=Channel.SMS),
    Trigger.SURVEY: Default((Channel.EMAIL, Channel.PUSH), otherwise=Channel.SMS),
}

NEARNESS: Final[dict[Trigger, int]] = {Trigger.STOPS_AWAY: 3, Trigger.ARRIVING_SOON: 15, Trigger.ARRIVED: 150}
"""How near calls for these: stops before, minutes until the window begins, metres from the door."""


def is_on_by_default(trigger: Trigger, channel: Channel) -> bool:
    """Say whether a brand without a rule tells of something on a channel, to those who have no better one too."""
    return channel in DEFAULTS[trigger].channels


def channels_for(
    trigger: Trigger, *, decided: Mapping[Channel, bool], reachable: Collection[Channel]
) -> tuple[Channel, ...]:
    """Choose the channels for one recipient, from what the brand has ``decided`` and where they are ``reachable``.

    Who can be reached by WhatsApp where it is on gets no SMS of the same news.
    """
    default = DEFAULTS[trigger]
    on = {channel for channel in Channel if decided.get(channel, channel in default.channels)}
    certain = on - {Channel.PUSH}
    if default.otherwise and certain and certain.isdisjoint(reachable) and decided.get(default.otherwise, True):
        on.add(default.otherwise)
    chosen = on.intersection(reachable)
    if Channel.WHATSAPP in chosen:
        chosen.discard(Channel.SMS)
    return tuple(channel for channel in Channel if channel in chosen)
