"""What a shopper wants to hear of, for one delivery: all that the brand tells, less what they have switched off.

Muting needs the link alone: a way out of messages that asks for more is none.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from notifications import rules
from notifications.models import Preference, PushSubscription
from notifications.services import policies
from notifications.services.contacts import Addresses
from notifications.triggers import NEWS, Channel, Trigger
from tracking.models import Shipment

Choices = dict[Trigger, tuple[Channel, ...]]
"""The channels of each kind of news; a kind that goes out on none is left out."""


def offered(shipment: Shipment, reach: Addresses) -> Choices:
    """Find what a shipment's recipient can be told of, and on which channels, as its brand has decided. Three queries.

    ``reach`` are the recipient's addresses; whether a browser is subscribed is found out here.
    """
    terms = policies.of_brands([shipment.brand_id])[shipment.brand_id]
    has_browser = PushSubscription.objects.filter(shipment=shipment, gone_at=None).exists()
    reachable = [*reach, Channel.PUSH] if has_browser else list(reach)
    found = {
        trigger: rules.channels_for(trigger, decided=terms.decided(trigger), reachable=reachable) for trigger in NEWS
    }
    return {trigger: channels for trigger, channels in found.items() if channels}


def muted(shipment: Shipment) -> set[tuple[Trigger, Channel]]:
    """Find what the recipient of a shipment does not want to hear of, and on which channel. One query."""
    unwanted = Preference.objects.filter(shipment=shipment, is_wanted=False).values_list("trigger", "channel")
    return {(Trigger(trigger), Channel(channel)) for trigger, channel in unwanted}


def save(
    shipment: Shipment,
    wanted: Mapping[Trigger, Collection[Channel]],
    *,
    of: Mapping[Trigger, Collection[Channel]],
    at: datetime,
) -> None:
    """Keep what is wanted ``of`` what was offered; what was not offered stays as it is."""
    _keep(
        shipment,
        {
            (trigger, channel): channel in wanted.get(trigger, ())
            for trigger, channels in of.items()
            for channel in channels
        },
        at=at,
    )


def mute(shipment: Shipment, channel: Channel, *, at: datetime) -> None:
    """Tell the recipient of nothing more on a channel, whatever it is; twice is harmless."""
    _keep(shipment, {(trigger, channel): False for trigger in NEWS}, at=at)


def unmute(shipment: Shipment, channel: Channel, *, at: datetime) -> None:
    """Tell the recipient on a channel again of all that the brand tells there; twice is harmless."""
    _keep(shipment, {(trigger, channel): True for trigger in NEWS}, at=at)


def _keep(shipment: Shipment, choices: Mapping[tuple[Trigger, Channel], bool], *, at: datetime) -> None:
    rows = [
        Preference(shipment=shipment, trigger=trigger, channel=channel, is_wanted=is_wanted, changed_at=at)
        for (trigger, channel), is_wanted in choices.items()
    ]
    Preference.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["shipment", "trigger", "channel"],
        update_fields=["is_wanted", "changed_at"],
    )
