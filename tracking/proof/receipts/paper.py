"""A receipt as a page of A4 that people print and send on; the signed JSON is attached to it.

Names come in all scripts, and PDF's own fonts know western Europe alone. The fonts are files: those of the installation
(``RECEIPT_FONTS``, the first that has a sign draws it), or else DejaVu Sans as matplotlib brings it, which knows Latin,
Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic. A sign that no font has is drawn as a box, never left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils import formats
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.fonts import TTFFont
from PIL import Image

from tracking.proof.models import Flag, Kind
from tracking.proof.receipts import sealing
from tracking.shipments.lifecycle import Handover

ATTACHMENT: Final = "receipt.json"
MARGIN_MM: Final = 20
LABEL_MM: Final = 45
LINE_MM: Final = 6
PICTURE_MM: Final = 80
PICTURE_PIXELS: Final = 600
TEXT, TITLE, SMALL = 10, 18, 8
"""Sizes of letters in points."""

MM_PER_POINT: Final = 25.4 / 72
LEADING: Final = 1.4

WESTERN: Final = "Helvetica"
BOX: Final = "\u25a1"


@dataclass(frozen=True, slots=True)
class _Pen:
    """What writes on a page, and the signs that it knows; none where PDF's own fonts must do."""

    paper: FPDF
    signs: frozenset[int]

    def drawable(self, text: str) -> str:
        """Put a box where a sign cannot be drawn; without fonts a question mark where it is not of western Europe."""
        if not self.signs:
            return text.encode("latin-1", "replace").decode("latin-1")
        return "".join(sign if sign.isspace() or ord(sign) in self.signs else BOX for sign in text)

    def write(self, size: int, text: str) -> None:
        self.paper.set_font_size(size)
        height = size * MM_PER_POINT * LEADING
        self.paper.multi_cell(0, height, self.drawable(text), align="L", new_x="LMARGIN", new_y="NEXT")
        self.paper.ln(LINE_MM / 2)

    def write_line(self, label: str, value: str) -> None:
        self.paper.set_font_size(TEXT)
        self.paper.cell(LABEL_MM, LINE_MM, self.drawable(label))
        self.paper.multi_cell(0, LINE_MM, self.drawable(value), align="L", new_x="LMARGIN", new_y="NEXT")

    def place(self, picture: bytes) -> None:
        """Place a picture, made small, below what is written."""
        with Image.open(BytesIO(picture)) as image:
            image.thumbnail((PICTURE_PIXELS, PICTURE_PIXELS))
            small = image.convert("RGB")
        scale = PICTURE_MM / max(small.size)
        self.paper.ln(LINE_MM / 2)
        self.paper.image(small, w=small.width * scale, h=small.height * scale)
        self.paper.ln(LINE_MM / 2)


def draw(receipt: Mapping[str, Any], pictures: Sequence[bytes], *, attached: bytes) -> bytes:
    """Draw a receipt in the reader's language, with its pictures made small and the signed JSON as ``attached``."""
    title = _("Receipt of delivery %(reference)s") % receipt
    paper = FPDF(format="A4")
    paper.set_margin(MARGIN_MM)
    paper.set_title(title)
    paper.set_lang(get_language() or settings.LANGUAGE_CODE)
    paper.set_creation_date(datetime.fromisoformat(receipt["issued_at"]))
    paper.embed_file(bytes=attached, basename=ATTACHMENT, mime_type="application/json")
    paper.add_page()
    with _pen(paper) as pen:
        pen.write(TITLE, title)
        for label, value in _lines(receipt):
            pen.write_line(label, value)
        for picture in pictures:
            pen.place(picture)
        pen.write(SMALL, _how_to_check(receipt, attached))
        return bytes(paper.output())


@contextmanager
def _pen(paper: FPDF) -> Iterator[_Pen]:
    """Choose the fonts of a page, the first one that has a sign draws it; their files are open for as long as that."""
    fonts = {f"font{number}": path for number, path in enumerate(_fonts())}
    for name, path in fonts.items():
        paper.add_font(name, fname=path)
    first, *others = fonts or [WESTERN]
    paper.set_font(first, size=TEXT)
    paper.set_fallback_fonts(others)
    drawn = [font for font in paper.fonts.values() if isinstance(font, TTFFont)]
    try:
        yield _Pen(paper, frozenset(sign for font in drawn for sign in font.cmap))
    finally:
        for font in drawn:
            font.ttfont.close()


def _lines(receipt: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what was delivered, when, where and by whom, as far as it is known."""
    handover = str(Handover(receipt["handover"]).label) if receipt["handover"] else ""
    told = [
        (pgettext("receipt", "From"), receipt["brand"]),
        (pgettext("receipt", "Parcels"), ", ".join(receipt["parcels"])),
        (pgettext("receipt", "Delivered"), _moment(receipt["delivered_at"], receipt["timezone"])),
        (pgettext("receipt", "To"), receipt["address"]),
        (pgettext("receipt", "How"), handover),
        (pgettext("receipt", "Brought by"), receipt["driver"]),
        *((str(Kind(proof["kind"]).label).capitalize(), _told(proof)) for proof in receipt["proofs"]),
        (pgettext("receipt", "Issued"), _moment(receipt["issued_at"], receipt["timezone"])),
    ]
    return [(label, value) for label, value in told if value]


def _told(proof: Mapping[str, str]) -> str:
    """Say what a proof says by itself; a picture is on the page."""
    if proof["kind"] == Kind.PIN:
        return str(Flag(proof["flag"]).label) if proof["flag"] else _("told at the door, and right")
    return proof["words"]


def _how_to_check(receipt: Mapping[str, Any], attached: bytes) -> str:
    told = {
        "address": f"{receipt['issuer']}/.well-known/receipts.json",
        "fingerprint": sealing.check(attached).fingerprint,
        "head": receipt["head"],
    }
    return "\n".join(
        [
            _("This paper and the file attached to it are signed: one letter changed, and the signature is wrong."),
            _("manage.py verify_receipt checks it. The key is published at %(address)s.") % told,
            _("Key: %(fingerprint)s") % told,
            _("History: %(head)s") % told,
        ]
    )


def _moment(written: str, zone: str) -> str:
    return f"{formats.date_format(datetime.fromisoformat(written), pgettext('receipt', 'j F Y, H:i'))} ({zone})"


def _fonts() -> Sequence[Path]:
    """Find the fonts to draw with."""
    if settings.RECEIPT_FONTS:
        return [Path(path) for path in settings.RECEIPT_FONTS]
    found = find_spec("matplotlib")
    folders = found.submodule_search_locations or [] if found else []
    fonts = [Path(folder, "mpl-data", "fonts", "ttf", "DejaVuSans.ttf") for folder in folders]
    return [font for font in fonts if font.exists()]
