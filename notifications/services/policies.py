"""What brands have decided about their messages, read for a whole batch at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from notifications import quiet, rules
from notifications.models import Policy, Rule
from notifications.triggers import URGENT, Channel, Trigger
from tracking.models import Shipment

MEASURES: Final = {Trigger.STOPS_AWAY: "stops", Trigger.ARRIVING_SOON: "minutes", Trigger.ARRIVED: "metres"}
"""The field of a rule that says how near each kind of news of nearness must be."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The policy of a brand and its rules; where it has none, what Doorstep comes with."""

    policy: Policy
    rules: Mapping[tuple[str, str], Rule]

    @property
    def late_by(self) -> timedelta:
        return timedelta(minutes=self.policy.late_by_minutes)

    def rule(self, trigger: Trigger, channel: Channel) -> Rule | None:
        return self.rules.get((trigger, channel))

    def decided(self, trigger: Trigger) -> dict[Channel, bool]:
        """Say what the brand itself has decided about one kind of news."""
        known = {channel: self.rule(trigger, channel) for channel in Channel}
        return {channel: rule.is_on for channel, rule in known.items() if rule is not None}

    def nearness(self, trigger: Trigger, channel: Channel) -> int:
        """Say how near a shipment must be for this kind of news: stops, minutes or metres."""
        own: int | None = getattr(self.rule(trigger, channel), MEASURES[trigger], None)
        return rules.NEARNESS[trigger] if own is None else own

    def is_told(self, trigger: Trigger) -> bool:
        """Say whether this kind of news goes out to anybody."""
        return bool(rules.channels_for(trigger, decided=self.decided(trigger), reachable=list(Channel)))

    def quiet_until(self, trigger: Trigger, shipment: Shipment, *, at: datetime) -> datetime | None:
        """Say until when this news has to wait for the end of the recipient's quiet hours; ``None`` where it has not.

        A delay is urgent only where waiting would take it into the time that was promised.
        """
        if trigger in URGENT and trigger != Trigger.DELAYED:
            return None
        end = quiet.until(at, shipment.zone, self.policy.quiet_from, self.policy.quiet_until)
        if trigger == Trigger.DELAYED and end and (shipment.promised_start is None or shipment.promised_start < end):
            return None
        return end


def of_brands(brand_ids: Collection[int]) -> dict[int, Terms]:
    """Find the terms of each of these brands, by its id. Two queries, however many they are."""
    policies = {policy.brand_id: policy for policy in Policy.objects.filter(brand__in=brand_ids)}
    own_rules: dict[int, dict[tuple[str, str], Rule]] = {brand_id: {} for brand_id in brand_ids}
    for rule in Rule.objects.filter(brand__in=brand_ids):
        own_rules[rule.brand_id][rule.trigger, rule.channel] = rule
    return {
        brand_id: Terms(policies.get(brand_id) or Policy(brand_id=brand_id), rules)
        for brand_id, rules in own_rules.items()
    }
