"""What an answer is, and what it is given about."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from tracking.facts import EventFact, Facts
from tracking.shipments.lifecycle import Status
from tracking.words import times


@dataclass(frozen=True, slots=True)
class Answer:
    """What the top of the page says. ``icon`` names a drawing in ``templates/icons``."""

    icon: str
    label: str
    headline: str
    lede: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Case:
    """What an answer is given about: the facts, whose parcel it is, and the moment it is read."""

    facts: Facts
    brand: str
    now: datetime

    @property
    def parcels(self) -> int:
        return len(self.facts.parcels) or 1

    @property
    def window(self) -> str:
        """When it comes, in words; empty where nobody knows."""
        return times.window(self.facts.window, now=self.now) if self.facts.window else ""

    def has(self, condition: str) -> bool:
        return condition in self.facts.conditions

    def last(self, status: Status) -> EventFact | None:
        """Find the latest line of the history with this status."""
        return next((event for event in reversed(self.facts.events) if event.status == status), None)

    def happened(self, status: Status) -> str:
        """Say when this last happened: today at 14:12, or its day alone where no more is known."""
        event = self.last(status)
        if event is None:
            return _("recently")
        if not event.has_time:
            return times.on_day(event.at.date(), today=self.now.date())
        return times.moment(event.at, now=self.now)
