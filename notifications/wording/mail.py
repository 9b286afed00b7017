"""The two bodies of a mail: plain text, and HTML that old clients can show."""

from dataclasses import dataclass

from django.template.loader import render_to_string

from notifications.gateways.outcomes import LOGO
from notifications.texts import Language
from tracking import looks
from tracking.looks import Logo
from tracking.models import Brand
from tracking.words import lines


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, placeholders filled; what is empty is left out. Paragraphs have an empty line between them."""

    heading: str
    preheader: str
    text: str
    code: str
    button: str
    link: str
    footer: str
    unsubscribe: str
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class Bodies:
    """A mail as text and as HTML."""

    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph, or a code that stands alone and large."""

    lines: list[str]
    is_code: bool


def write(letter: Letter, *, brand: Brand, language: Language) -> Bodies:
    """Write both bodies of a letter in a brand's name and colour."""
    palettes = looks.palettes(brand)
    context = {
        "letter": letter,
        "paragraphs": [_paragraph(text, letter) for text in letter.text.split("\n\n")],
        "brand": lines.single(brand.name),
        "logo": _logo(brand),
        "language": language.code,
        "direction": language.words["direction"],
        "start": "right" if language.is_right_to_left else "left",
        "letters": looks.STACKS[brand.font],
        "day": palettes.day,
        "night": palettes.night,
    }
    return Bodies(text=_plain(letter), html=render_to_string("notifications/mail.html", context))


def _logo(brand: Brand) -> Logo | None:
    """Size a brand's logo as the page has it: half of its pixels, on screens that have two for each of a page's."""
    if not brand.logo:
        return None
    return Logo(f"cid:{LOGO}", brand.logo_width // 2, brand.logo_height // 2)


def _paragraph(text: str, letter: Letter) -> Paragraph:
    return Paragraph(text.split("\n"), is_code=bool(letter.code) and text == letter.code)


def _plain(letter: Letter) -> str:
    blocks = [letter.text]
    if letter.link and letter.link not in letter.text:
        blocks.append(f"{letter.button}:\n{letter.link}")
    if letter.unsubscribe_url:
        blocks.append(f"-- \n{letter.footer}\n{letter.unsubscribe}:\n{letter.unsubscribe_url}")
    return "\n\n".join(blocks) + "\n"
