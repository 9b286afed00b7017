import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tracking import colours
from tracking.colours import BLACK, DAY, NIGHT, READABLE, WHITE, Rgb

channel = st.integers(min_value=0, max_value=255)


def rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@pytest.mark.parametrize(
    ("one", "other", "contrast"),
    [(BLACK, WHITE, 21.0), (WHITE, WHITE, 1.0), ((118, 118, 118), WHITE, 4.54)],
)
def test_contrast_is_that_of_wcag(one: Rgb, other: Rgb, contrast: float) -> None:
    assert colours.contrast(one, other) == pytest.approx(contrast, abs=0.01)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@given(st.tuples(channel, channel, channel), st.sampled_from([DAY, NIGHT]))
def test_any_brand_can_be_read_by_day_and_by_night(colour: Rgb, ground: Rgb) -> None:
    palette = colours.palette("#{:02x}{:02x}{:02x}".format(*colour), ground)

    assert colours.contrast(rgb(palette.ink), ground) >= READABLE
    assert colours.contrast(rgb(palette.on_surface), rgb(palette.surface)) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert colours.palette("#0b6e5f", DAY).ink == "#0b6e5f"
    assert colours.palette("#ffd400", NIGHT).ink == "#ffd400"


def test_a_bright_colour_becomes_darker_by_day_alone() -> None:
    palette = colours.palette("#ffd400", DAY)

    assert (palette.surface, palette.on_surface) == ("#ffd400", "#000000")
    assert palette.ink == "#756200"


def test_the_style_of_a_colour_may_be_kept(client: Client) -> None:
    response = client.get("/colours/0b6e5f.css")

    assert response.status_code == 200
    assert response["Content-Type"] == "text/css"
    assert response["Cache-Control"] == "public, max-age=86400"
    assert "--brand:#0b6e5f;--on-brand:#ffffff;--brand-ink:#0b6e5f" in response.content.decode()


@pytest.mark.parametrize("colour", ["0b6e5", "0B6E5F", "red", "0b6e5f;}", "%0a0b6e5f"])
def test_what_is_no_colour_has_no_style(client: Client, colour: str) -> None:
    assert client.get(f"/colours/{colour}.css").status_code == 404
