"""A language as its file has it, and which language to use."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from notifications.texts import placeholders
from notifications.triggers import Channel, Trigger

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
    """What a language says about a trigger: a short text, a short title, and a mail.

    ``phone`` is the short text where it can be answered, which is no other one for most.
    """

    text: str
    phone: str
    title: str
    subject: str
    paragraphs: tuple[str, ...]
    button: str

    @classmethod
    def read(cls, table: Mapping[str, Any], *, button: str) -> Self:
        return cls(
            text=table["text"],
            phone=table.get("phone", table["text"]),
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
        return Words("", _put(self.words["phone"], text=message.phone))


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
