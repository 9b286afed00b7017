"""A language as its file has it: the words of every message, and how it says days and times."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from django.utils import dateformat, translation

from notifications.texts import placeholders
from notifications.triggers import Channel, Trigger
from tracking.shipments.window import Window

FILES: Final = Path(__file__).parent
LANGUAGES: Final = tuple(sorted(path.stem for path in FILES.glob("*.toml")))
LAST_RESORT: Final = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """What a message says before its placeholders are filled: ``subject`` is that of a mail, or the title of a push.

    Paragraphs of a mail have an empty line between them. Its ``heading`` stands above them; its ``preheader`` is what
    a list of mails shows beside the subject.
    """

    subject: str
    text: str
    heading: str = ""
    preheader: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What a language says about a trigger: a short text, a short title, and a mail."""

    text: str
    title: str
    subject: str
    paragraphs: tuple[str, ...]
    button: str

    @classmethod
    def read(cls, table: Mapping[str, Any], *, button: str) -> Self:
        return cls(
            text=table["text"],
            title=table["title"],
            subject=table["subject"],
            paragraphs=tuple(table["paragraphs"]),
            button=table.get("button", button),
        )


@dataclass(frozen=True, slots=True)
class Language:
    """One language: ``words`` are the small ones, ``names`` those of vehicles, handovers and reasons."""

    code: str
    words: Mapping[str, str]
    vehicles: Mapping[str, str]
    handovers: Mapping[str, str]
    reasons: Mapping[str, str]
    replies: Mapping[str, str]
    messages: Mapping[Trigger, Message]

    @classmethod
    def read(cls, code: str) -> Self:
        """Read the file of a language."""
        tables = tomllib.loads((FILES / f"{code}.toml").read_text(encoding="utf-8"))
        words = tables["words"]
        return cls(
            code=code,
            words=words,
            vehicles=tables["vehicles"],
            handovers=tables["handovers"],
            reasons=tables["reasons"],
            replies=tables["replies"],
            messages={trigger: Message.read(tables[trigger], button=words["button"]) for trigger in Trigger},
        )

    @property
    def is_right_to_left(self) -> bool:
        return self.words["direction"] == "rtl"

    def of(self, trigger: Trigger, channel: Channel) -> Words:
        """Give the words for a trigger as a channel needs them.

        A text on a phone begins with the brand's name and ends in the link, but for a code and for an answer.
        """
        message = self.messages[trigger]
        if channel is Channel.EMAIL:
            return Words(message.subject, "\n\n".join(message.paragraphs), message.title, message.text)
        if channel is Channel.PUSH:
            return Words(_put(self.words["push"], title=message.title), message.text)
        if trigger is Trigger.CODE:
            return Words("", message.text)
        if trigger is Trigger.REPLY:
            return Words("", f"{message.text}\n{{link}}")
        return Words("", _put(self.words["phone"], text=message.text))

    def window(self, told: Window, *, zone: ZoneInfo, at: datetime) -> str:
        """Say a window by the clock of a zone: today between 14:05 and 14:25, or only the day where no time is known.

        Where daylight saving begins or ends in between, each end names its own offset.
        """
        day = self.day(told.date, today=at.astimezone(zone).date())
        if told.start is None or told.end is None:
            return day
        start, end = told.start.astimezone(zone), told.end.astimezone(zone)
        span = {"day": day, "start": self._clock(start), "end": self._clock(end)}
        if start.utcoffset() != end.utcoffset():
            span |= {"start": f"{span['start']} {start:%Z}", "end": f"{span['end']} {end:%Z}"}
        return placeholders.fill(self.words["span"], span)

    def day(self, of: date, *, today: date) -> str:
        """Say on which day: today, tomorrow, on Monday 23 November."""
        named = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get((of - today).days)
        return self.words[named] if named else self._format(of, self.words["day"])

    def _clock(self, moment: datetime) -> str:
        return self._format(moment, self.words["clock"])

    def _format(self, moment: date, pattern: str) -> str:
        with translation.override(self.code):
            return dateformat.format(moment, pattern)


@cache
def look_up(code: str) -> Language:
    """Give a language of ``LANGUAGES``."""
    return Language.read(code)


def find(*wanted: str) -> Language:
    """Give the first language there is of those wanted, de-AT before de, and English where there is none."""
    return look_up(next((code for code in fall_back(*wanted) if code in LANGUAGES), LAST_RESORT))


def fall_back(*wanted: str) -> list[str]:
    """List the codes under which words may be found, the best first: of de-AT and sv they are de-at, de, sv, en."""
    plain = [code.strip().lower().replace("_", "-") for code in wanted]
    families = [code.rsplit("-", count)[0] for code in plain for count in range(code.count("-") + 1)]
    return list(dict.fromkeys([*families, LAST_RESORT]))


def _put(frame: str, **parts: str) -> str:
    return placeholders.fill(frame, parts)
