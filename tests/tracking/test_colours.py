import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking import colours
from tracking.colours import BLACK, DAY, NIGHT, READABLE, VISIBLE, WHITE, Choice, Rgb

channel = st.integers(min_value=0, max_value=255)


@pytest.mark.parametrize(
    ("one", "other", "contrast"),
    [(BLACK, WHITE, 21.0), (WHITE, WHITE, 1.0), ((118, 118, 118), WHITE, 4.54)],
)
def test_contrast_is_that_of_wcag(one: Rgb, other: Rgb, contrast: float) -> None:
    assert colours.contrast(one, other) == pytest.approx(contrast, abs=0.01)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@given(st.tuples(channel, channel, channel), st.sampled_from([DAY, NIGHT]))
def test_any_brand_can_be_read_by_day_and_by_night(colour: Rgb, ground: Rgb) -> None:
    palette = colours.palette(Choice(colours.written(colour)), ground)

    assert colours.contrast(colours.parse(palette.ink), ground) >= READABLE
    assert colours.contrast(colours.parse(palette.on_surface), colours.parse(palette.surface)) >= 4.5


@given(st.tuples(channel, channel, channel))
def test_what_a_brand_leaves_open_can_be_seen_by_night(colour: Rgb) -> None:
    night = colours.palettes(Choice(colours.written(colour)), Choice()).night

    assert colours.contrast(colours.parse(night.surface), NIGHT) >= VISIBLE
    assert colours.contrast(colours.parse(night.ink), NIGHT) >= READABLE


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert colours.palette(Choice("#0b6e5f"), DAY).ink == "#0b6e5f"
    assert colours.palette(Choice("#ffd400"), NIGHT).ink == "#ffd400"


def test_a_bright_colour_becomes_darker_by_day_alone() -> None:
    palettes = colours.palettes(Choice("#ffd400"), Choice())

    assert (palettes.day.surface, palettes.day.on_surface, palettes.day.ink) == ("#ffd400", "#000000", "#756200")
    assert (palettes.night.surface, palettes.night.ink) == ("#ffd400", "#ffd400")


def test_what_a_brand_has_chosen_holds() -> None:
    palettes = colours.palettes(Choice("#b3261e", "#5c1410"), Choice("#e46962", "#ffb4ab"))

    assert (palettes.day.surface, palettes.day.ink) == ("#b3261e", "#5c1410")
    assert (palettes.night.surface, palettes.night.ink) == ("#e46962", "#ffb4ab")
