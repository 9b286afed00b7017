import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from tracking import pictures
from tracking.pictures import NoPicture, TooDetailed, TooLarge, TooPale

GPS, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    made = BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(made, kind, **options)
    return made.getvalue()


def taken_with_a_phone(*, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[MAKE] = "Phone of Maija"
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS)[1] = "N"
    return picture(exif=exif)


def opened(made: bytes) -> Image.Image:
    image = Image.open(BytesIO(made))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_jpeg_of_the_same_pixels(kind: str) -> None:
    made = opened(pictures.remake(picture(kind)).content)

    assert (made.format, made.size) == ("JPEG", (40, 20))
    red = made.getpixel((20, 10))
    assert isinstance(red, tuple)
    assert red[0] > 180
    assert max(red[1:]) < 60


def test_nobody_learns_where_and_with_what_it_was_taken() -> None:
    given = taken_with_a_phone()
    made = pictures.remake(given).content

    assert b"Phone of Maija" in given
    assert b"Phone of Maija" not in made
    assert not opened(made).getexif()


def test_it_stands_upright_although_the_phone_lay() -> None:
    assert opened(pictures.remake(taken_with_a_phone(orientation=6)).content).size == (20, 40)


def test_a_huge_picture_becomes_as_large_as_a_page_can_use() -> None:
    made = pictures.remake(picture(size=(5000, 1000)))

    assert opened(made.content).size == (made.width, made.height) == (2048, 410)


def test_what_was_transparent_becomes_white() -> None:
    made = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(made, "PNG")

    assert opened(pictures.remake(made.getvalue()).content).getpixel((4, 4)) == (255, 255, 255)


def test_what_hides_behind_a_picture_is_left_behind() -> None:
    polyglot = picture() + b"<script>alert(1)</script>PK\x03\x04"

    assert b"script" not in pictures.remake(polyglot).content


def png_of(width: int, height: int) -> bytes:
    """Write a PNG that says it is this large and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_000, 20_000, 60_000])
def test_a_bomb_is_refused_before_it_is_unpacked(side: int) -> None:
    with pytest.raises(TooLarge):
        pictures.remake(png_of(side, side))


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(TooLarge):
        pictures.remake(picture() + bytes(pictures.LARGEST_BYTES))


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"GIF89a" + bytes(40),
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7",
        picture()[:100],
        png_of(10, 10),
        picture("BMP"),
        picture("TIFF"),
    ],
    ids=["nothing", "gif", "svg", "pdf", "half", "hollow", "bmp", "tiff"],
)
def test_what_is_no_picture_is_refused(given: bytes) -> None:
    with pytest.raises(NoPicture):
        pictures.remake(given)


def drawn(size: tuple[int, int], ink: tuple[int, int, int, int]) -> bytes:
    """Draw a logo of one colour in the middle of as much empty room."""
    made, canvas = BytesIO(), Image.new("RGBA", (size[0] * 2, size[1] * 2))
    canvas.paste(Image.new("RGBA", size, ink), (size[0] // 2, size[1] // 2))
    canvas.save(made, "PNG")
    return made.getvalue()


def test_a_logo_keeps_what_is_see_through_and_loses_the_room_around_it() -> None:
    given = BytesIO()
    ring = Image.new("RGBA", (60, 40))
    ring.paste((11, 110, 95, 255), (10, 10, 20, 30))
    ring.paste((11, 110, 95, 255), (40, 10, 50, 30))
    ring.save(given, "PNG")

    made = opened(pictures.remake_logo(given.getvalue()).content).convert("RGBA")

    assert made.size == (40, 20)
    assert made.getpixel((0, 0)) == (11, 110, 95, 255)
    gap = made.getpixel((20, 10))
    assert isinstance(gap, tuple)
    assert gap[3] == 0


@pytest.mark.parametrize(("given", "made"), [((900, 90), (400, 40)), ((300, 300), (96, 96)), ((20, 10), (20, 10))])
def test_a_logo_is_at_most_as_large_as_its_place(given: tuple[int, int], made: tuple[int, int]) -> None:
    picture = pictures.remake_logo(drawn(given, (11, 110, 95, 255)))

    assert (picture.width, picture.height) == made
    assert len(picture.content) <= pictures.MOST_LOGO_BYTES


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_logo_is_a_png_whatever_was_given(kind: str) -> None:
    picture = pictures.remake_logo(picture_of_noise((40, 20), kind))

    assert (opened(picture.content).format, picture.content_type) == ("PNG", "image/png")


def test_a_photo_is_no_logo() -> None:
    with pytest.raises(TooDetailed):
        pictures.remake_logo(picture_of_noise((1600, 400), "PNG"))


@pytest.mark.parametrize("ink", [(255, 255, 255, 255), (255, 212, 0, 255), (0, 0, 0, 0), (0, 0, 0, 90)])
def test_a_logo_that_nobody_would_see_by_day_is_refused(ink: tuple[int, int, int, int]) -> None:
    with pytest.raises(TooPale):
        pictures.remake_logo(drawn((40, 20), ink))


@pytest.mark.parametrize(
    "given", [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"]
)
def test_a_drawing_in_words_is_no_logo(given: bytes) -> None:
    with pytest.raises(NoPicture):
        pictures.remake_logo(given)


def picture_of_noise(size: tuple[int, int], kind: str) -> bytes:
    """Make a picture in which no pixel is like the next."""
    made = BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(made, kind)
    return made.getvalue()
