"""Brands' own words: judged before they are kept, and shown as they would arrive."""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from notifications import segments, texts, wording
from notifications.models import Template
from notifications.segments import Cost
from notifications.triggers import NEWS, PHONE_CHANNELS, Channel, Trigger
from notifications.wording import Draft, Wording
from tracking.models import Brand

MOST_SEGMENTS: Final = 4
LONGEST: Final = {Channel.WHATSAPP: 1024, Channel.PUSH: 400, Channel.EMAIL: 4000}
"""In characters, with sample data: what WhatsApp approves, what a browser shows, what anybody reads."""

LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
CONTENT_SID: Final = re.compile(r"HX[0-9a-f]{32}")
SAMPLE_MARKER: Final = "0123456789"

Problem = tuple[str, str]
"""A field, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A message in the words of a template with sample data, and what it costs where that is known."""

    wording: Wording
    cost: Cost | None


def validate(template: Template) -> None:
    """Judge the words of a template.

    Raises ``ValidationError``, by field, where a placeholder is unknown or missing, where the words are too long, or
    where nothing would be left of them once what is not always known is left out.
    """
    problems: dict[str, list[str]] = {}
    for field, problem in _problems(template):
        problems.setdefault(field, []).append(problem)
    if problems:
        raise ValidationError(problems)


def save(template: Template) -> None:
    """Keep a template, new or changed; its language in small letters.

    Raises ``ValidationError`` as ``validate`` does, and where its row may not be.
    """
    template.language = template.language.strip().lower()
    validate(template)
    template.full_clean()
    template.save()


def preview(template: Template) -> Preview:
    """Show a template, saved or not, valid or not, as a message about a delivery that is made up."""
    shown = wording.word(wording.sample(template, marker=SAMPLE_MARKER))
    price = settings.SMS_SEGMENT_PRICE if template.channel == Channel.SMS else ""
    return Preview(shown, segments.cost(shown.segments, price))


def sample(brand: Brand, trigger: Trigger, channel: Channel, language: str) -> Wording:
    """Word what a brand sends, in its own words where it has some, about a delivery that is made up.

    The brand is saved, but may have been changed since. One query.
    """
    own = Template.objects.filter(brand=brand.pk, trigger=trigger, channel=channel, language=language).first()
    if own:
        own.brand = brand
    template = own or Template(brand=brand, trigger=trigger, channel=channel, language=language)
    draft = wording.sample(template, marker=SAMPLE_MARKER)
    words = draft.words if own else draft.language.of(trigger, channel)
    return wording.word(replace(draft, words=words, unsubscribe_url=settings.BASE_URL))


def _problems(template: Template) -> Iterator[Problem]:
    if not template.brand_id or template.trigger not in Trigger or template.channel not in Channel:
        return
    if template.trigger == Trigger.REPLY:
        yield "trigger", _("An answer has words of its own.")
        return
    draft = wording.sample(template, marker=SAMPLE_MARKER)
    if not LANGUAGE.fullmatch(template.language.strip().lower()):
        yield "language", _("A language looks like fi or pt-br.")
    yield from _in_text(draft)
    yield from _in_length(draft)
    yield from _in_subject(draft)
    yield from _in_content_sid(draft)


def _in_text(draft: Draft) -> Iterator[Problem]:
    text = draft.words.text
    yield from _in_placeholders("text", text, texts.ALLOWED[draft.trigger])
    needed = _needed(draft)
    missing = needed - set(texts.list_used(text))
    if not text.strip():
        yield "text", _("It is empty.")
    elif missing:
        yield "text", _("It needs %(names)s.") % {"names": _named(missing)}
    elif not _is_enough(text, draft, needed):
        yield "text", _("Too little would be left where not all is known. Give what may be missing its own sentence.")


def _in_length(draft: Draft) -> Iterator[Problem]:
    shown = wording.word(draft)
    longest = LONGEST.get(draft.channel)
    if shown.segments > MOST_SEGMENTS:
        yield (
            "text",
            _("It takes %(count)d segments, more than %(most)d.") % {"count": shown.segments, "most": MOST_SEGMENTS},
        )
    elif longest and len(shown.kept) > longest:
        yield (
            "text",
            _("It takes %(count)d characters, more than %(most)d.") % {"count": len(shown.kept), "most": longest},
        )


def _in_subject(draft: Draft) -> Iterator[Problem]:
    subject = draft.words.subject
    if draft.channel in PHONE_CHANNELS:
        if subject:
            yield "subject", _("Only a mail or a push has a subject.")
        return
    yield from _in_placeholders("subject", subject, texts.ALLOWED[draft.trigger] - {"code", "link"})
    if len(subject.splitlines()) > 1:
        yield "subject", _("It is one line.")
    if not subject.strip():
        yield "subject", _("It is empty.")
    elif not _is_enough(subject, draft):
        yield "subject", _("Nothing would be left where not all is known. Name only what always is.")


def _in_content_sid(draft: Draft) -> Iterator[Problem]:
    """Judge the name of an approved text, of which a provider can be asked by the link in it alone."""
    if not draft.content_sid:
        return
    if draft.channel is not Channel.WHATSAPP:
        yield "content_sid", _("Only a WhatsApp text is approved under a content SID.")
    elif draft.trigger not in NEWS:
        yield "content_sid", _("Only news with a link is sent under a content SID: by its link it is found again.")
    elif not CONTENT_SID.fullmatch(draft.content_sid):
        yield "content_sid", _("A content SID is HX and 32 digits from 0 to f.")


def _in_placeholders(field: str, text: str, allowed: Set[str]) -> Iterator[Problem]:
    for stray in texts.strays(text, allowed):
        yield (
            field,
            _("%(stray)s means nothing here. These do: %(names)s.") % {"stray": stray, "names": _named(allowed)},
        )


def _needed(draft: Draft) -> frozenset[str]:
    """Say what a text cannot do without: a code, and on a phone the link, by which a message is found again as well."""
    if draft.trigger is Trigger.CODE:
        return frozenset({"code"})
    return frozenset({"link"}) if draft.trigger in NEWS and draft.channel in PHONE_CHANNELS else frozenset()


def _is_enough(text: str, draft: Draft, needed: Set[str] = frozenset()) -> bool:
    """Say whether words still say something, and all that is needed, where only the essential is known."""
    essential = texts.ESSENTIAL[draft.trigger]
    left = texts.fill(text, {name: value if name in essential else "" for name, value in draft.values.items()})
    return bool(left) and all(draft.values[name] in left for name in needed)


def _named(names: Set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))
