"""One message, from what is known to what a provider is handed. No database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from notifications import segments, texts
from notifications.texts import Language, Words
from notifications.triggers import PHONE_CHANNELS, Channel, Trigger
from notifications.wording import mail
from tracking.models import Brand
from tracking.words import lines

HIDDEN: Final = "******"
"""Stands where a code stood, in what is kept of a message."""

LONGEST_SUBJECT: Final = 150


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a message as a provider needs them. ``kept`` is what may be read of it later: no code.

    ``segments`` are those of an SMS, else none; the variables are those of an approved WhatsApp text.
    """

    text: str
    kept: str
    subject: str = ""
    html: str = ""
    link: str = ""
    unsubscribe_url: str = ""
    content_sid: str = ""
    content_variables: Mapping[str, str] = field(default_factory=dict)
    segments: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is worded: which words, in which language, and what is known.

    ``values`` has every placeholder that the trigger allows, empty where nothing is known. ``marker`` stands at the end
    of what goes to a phone.
    """

    trigger: Trigger
    channel: Channel
    language: Language
    words: Words
    values: Mapping[str, str]
    brand: Brand
    marker: str
    content_sid: str = ""
    unsubscribe_url: str = ""

    @property
    def link(self) -> str:
        return self.values.get("link", "")


def word(draft: Draft) -> Wording:
    """Put a message into words, as its channel needs them."""
    if draft.channel in PHONE_CHANNELS:
        return _text(draft)
    if draft.channel is Channel.EMAIL:
        return _mail(draft)
    return Wording(
        text=_fill(draft.words.text, draft),
        kept=_keep(draft.words.text, draft),
        subject=_subject(draft),
        link=draft.link,
    )


def _text(draft: Draft) -> Wording:
    """Word what goes to a phone: by its marker a provider's list is searched for it."""
    text, kept = _marked(_fill(draft.words.text, draft), draft), _marked(_keep(draft.words.text, draft), draft)
    if draft.channel is Channel.SMS:
        text, kept = segments.economical(text), segments.economical(kept)
        return Wording(text=text, kept=kept, link=draft.link, segments=segments.count(text))
    return Wording(
        text=text,
        kept=kept,
        link=draft.link,
        content_sid=draft.content_sid,
        content_variables=_variables(draft) if draft.content_sid else {},
    )


def _mail(draft: Draft) -> Wording:
    subject = _subject(draft)
    written = mail.write(
        mail.Letter(
            heading=_fill(draft.words.heading, draft) or subject,
            preheader=_fill(draft.words.preheader, draft),
            text=_fill(draft.words.text, draft),
            code=draft.values.get("code", ""),
            button=draft.language.messages[draft.trigger].button,
            link=draft.link,
            footer=_fill(draft.language.words["footer"], draft) if draft.unsubscribe_url else "",
            unsubscribe=draft.language.words["unsubscribe"],
            unsubscribe_url=draft.unsubscribe_url,
        ),
        brand=draft.brand,
        language=draft.language,
    )
    return Wording(
        text=written.text,
        kept=_keep(draft.words.text, draft),
        subject=subject,
        html=written.html,
        link=draft.link,
        unsubscribe_url=draft.unsubscribe_url,
    )


def _subject(draft: Draft) -> str:
    """Word a subject on one line, which no line can follow; without its code, because subjects are kept and shown."""
    subject = lines.single(_keep(draft.words.subject, draft))
    return subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1]}…"


def _fill(text: str, draft: Draft) -> str:
    return texts.fill(text, _values(draft))


def _keep(text: str, draft: Draft) -> str:
    values = _values(draft)
    return texts.fill(text, {**values, "code": HIDDEN} if "code" in values else values)


def _values(draft: Draft) -> dict[str, str]:
    """Give what is known; a link that goes to a phone bears the marker, which changes nothing about where it leads."""
    is_marked = bool(draft.link) and draft.channel in PHONE_CHANNELS
    return {**draft.values, "link": f"{draft.link}#{draft.marker}"} if is_marked else dict(draft.values)


def _marked(text: str, draft: Draft) -> str:
    return text if draft.marker in text else f"{text} [{draft.marker}]".strip()


def _variables(draft: Draft) -> dict[str, str]:
    """Give what is known a number, in the order in which the approved text names it; none of it may be empty."""
    values = _values(draft)
    named = [values[name] for name in texts.list_used(draft.words.text) if name in values]
    return {str(number): value or draft.language.words["unknown"] for number, value in enumerate(named, start=1)}
