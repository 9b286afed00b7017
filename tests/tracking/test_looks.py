"""A brand's style sheet: its address says all that is in it. And the logo beside it."""

from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from PIL import Image

from tests.factories import make_brand, make_link, make_shipment
from tracking import logos, looks, pictures
from tracking.shipments.brands import Font
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand

INK = (11, 110, 95, 255)


def logo(size: tuple[int, int] = (200, 60), ink: tuple[int, int, int, int] = INK) -> bytes:
    """Draw a logo: a bar of one colour with much empty room around it."""
    made, canvas = BytesIO(), Image.new("RGBA", (size[0] * 2, size[1] * 3))
    canvas.paste(Image.new("RGBA", size, ink), (size[0] // 2, size[1]))
    canvas.save(made, "PNG")
    return made.getvalue()


def give_logo(brand: Brand) -> Brand:
    stored = logos.store(pictures.remake_logo(logo()))
    brand.logo, brand.logo_width, brand.logo_height = stored.name, stored.width, stored.height
    brand.save()
    return brand


def style(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_style_of_a_colour_may_be_kept(client: Client) -> None:
    response = client.get("/colours/0b6e5f.css")

    assert response["Content-Type"] == "text/css"
    assert response["Cache-Control"] == "public, max-age=86400"
    assert "--brand:#0b6e5f;--on-brand:#ffffff;--brand-ink:#0b6e5f" in response.content.decode()
    assert not response.cookies


def test_all_that_a_brand_has_chosen_is_in_its_sheet(client: Client) -> None:
    brand = Brand(
        colour="#b3261e", ink="#5c1410", night_colour="#e46962", night_ink="#ffb4ab", font=Font.BOOKISH, name="Kauppa"
    )

    sheet = style(client, looks.of(brand).style)

    assert "--brand:#b3261e;--on-brand:#ffffff;--brand-ink:#5c1410;--letters:Charter, 'Bitstream Charter'" in sheet
    assert "--brand:#e46962;--on-brand:#000000;--brand-ink:#ffb4ab" in sheet
    assert "map" not in sheet


def test_a_page_with_a_map_gets_its_rules_in_the_same_sheet(client: Client) -> None:
    look = looks.of(Brand())

    sheet = style(client, look.style_with_map)

    assert look.style == "/colours/0b6e5f.css"
    assert ".map-water { fill: var(--map-water); }" in sheet
    assert sheet.rstrip().endswith(style(client, look.style).strip())


@pytest.mark.parametrize("font", Font)
def test_letters_are_the_readers_own(font: Font, client: Client) -> None:
    sheet = style(client, looks.of(Brand(font=font)).style)

    assert looks.STACKS[font] in sheet
    assert looks.STACKS[font].rpartition(", ")[2] in {"serif", "sans-serif"}
    assert "url(" not in sheet


@pytest.mark.parametrize("colour", ["0b6e5", "0B6E5F", "red", "0b6e5f;}", "%0a0b6e5f"])
def test_what_is_no_colour_has_no_style(client: Client, colour: str) -> None:
    assert client.get(f"/colours/{colour}.css").status_code == 404


@pytest.mark.parametrize("name", ["ink", "night", "night-ink", "font"])
@pytest.mark.parametrize("value", ["", "0b6e5", "red;}", "0b6e5f\n", "</style>"])
def test_what_is_no_look_has_no_style(client: Client, name: str, value: str) -> None:
    assert client.get("/colours/0b6e5f.css", {name: value}).status_code == 404


@pytest.mark.django_db
def test_a_brand_with_a_logo_shows_it_with_its_name_as_text(client: Client) -> None:
    brand = give_logo(make_brand(name="Kauppa & Pojat"))
    link = make_link(make_shipment(brand=brand, status=Status.PLANNED))

    page = client.get(f"/t/{link.token}/").content.decode()

    address = reverse("tracking:logo", args=[brand.logo])
    expected = f'<img class="logo" src="{address}" alt="Kauppa &amp; Pojat" width="200" height="60">'
    assert f'<p class="brand">{expected}</p>' in page


@pytest.mark.django_db
@pytest.mark.parametrize("beside", ["options", "messages", "case"])
def test_the_pages_beside_it_show_the_logo_too(client: Client, beside: str) -> None:
    brand = give_logo(make_brand())
    link = make_link(make_shipment(brand=brand, status=Status.PLANNED))

    assert brand.logo in client.get(f"/t/{link.token}/{beside}/").content.decode()


def test_a_logo_is_kept_for_good_and_asks_for_nothing(client: Client) -> None:
    stored = logos.store(pictures.remake_logo(logo()))

    response = client.get(reverse("tracking:logo", args=[stored.name]))

    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies
    assert Image.open(BytesIO(response.content)).size == (stored.width, stored.height) == (200, 60)


def test_a_logo_that_is_gone_is_not_found(client: Client) -> None:
    stored = logos.store(pictures.remake_logo(logo()))
    logos.discard(stored.name)
    logos.discard(stored.name)

    assert client.get(reverse("tracking:logo", args=[stored.name])).status_code == 404
    assert not default_storage.exists(f"logos/{stored.name}")


def test_two_logos_have_two_names() -> None:
    assert logos.store(pictures.remake_logo(logo())).name != logos.store(pictures.remake_logo(logo())).name


@pytest.mark.parametrize(
    ("offered", "wanted", "chosen"),
    [
        ([], "", "fi"),
        ([], "de-AT", "de-AT"),
        (["fi", "sv"], "sv", "sv"),
        (["fi", "sv"], "sv-FI", "sv-FI"),
        (["fi", "sv-fi"], "sv-FI", "sv-FI"),
        (["fi", "sv"], "de", "fi"),
        (["fi", "sv"], "", "fi"),
    ],
)
def test_a_reader_gets_their_language_where_the_brand_offers_it(offered: list[str], wanted: str, chosen: str) -> None:
    assert Brand(language="fi", languages=offered).language_for(wanted) == chosen
