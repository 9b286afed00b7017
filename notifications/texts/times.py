"""Days, times and windows as a language says them, by the clock of whoever reads."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import dateformat, translation

from notifications.texts import placeholders
from notifications.texts.languages import Language
from tracking.shipments.window import Window


@dataclass(frozen=True, slots=True)
class Times:
    """How times are told to one reader at one moment; in brief where letters cost money."""

    language: Language
    zone: ZoneInfo
    at: datetime
    is_brief: bool = False

    def window(self, told: Window) -> str:
        """Say a window: today between 14:05 and 14:25, in brief today 14:05–14:25, or the day where no time is known.

        Where daylight saving begins or ends in between, each end names its own offset.
        """
        day = self.day(told.date)
        if told.start is None or told.end is None:
            return day
        start, end = told.start.astimezone(self.zone), told.end.astimezone(self.zone)
        span = {"day": day, "start": self._clock(start), "end": self._clock(end)}
        if start.utcoffset() != end.utcoffset():
            span |= {"start": f"{span['start']} {start:%Z}", "end": f"{span['end']} {end:%Z}"}
        return placeholders.fill(self.language.words["brief_span" if self.is_brief else "span"], span)

    def day(self, of: date) -> str:
        """Say on which day: today, tomorrow, on Monday 23 November."""
        today = self.at.astimezone(self.zone).date()
        named = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get((of - today).days)
        return self.language.words[named] if named else self._format(of, self.language.words["day"])

    def _clock(self, moment: datetime) -> str:
        return self._format(moment, self.language.words["clock"])

    def _format(self, moment: date, pattern: str) -> str:
        with translation.override(self.language.code):
            return dateformat.format(moment, pattern)
