"""How the map looks: quiet ground, soft water, white streets; colours for day and night, widths by zoom."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np

from atlas.drawing.shapes import Kind


class Theme(StrEnum):
    """Which colours a tile has."""

    LIGHT = "light"
    DARK = "dark"


class Ink(NamedTuple):
    """The colours of a theme; casing and text come in the pairs that they are used in."""

    beyond: str
    land: str
    fills: dict[Kind, str]
    building_edge: str
    road: str
    road_casing: str
    motorway: str
    motorway_casing: str
    tunnel: str
    path: str
    rail: str
    text: str
    halo: str
    texts: dict[Kind, str]


INKS = {
    Theme.LIGHT: Ink(
        beyond="#e7e4de",
        land="#f3f1ec",
        fills={
            Kind.GREEN: "#d8e7cd", Kind.WOOD: "#cadfbf", Kind.PITCH: "#c9e0bd", Kind.SAND: "#f0e9d3",
            Kind.WATER: "#bfdaea", Kind.PIER: "#f3f1ec", Kind.SQUARE: "#f5eddf", Kind.BUILDING: "#e9e5dd",
            Kind.STREAM: "#bfdaea", Kind.RIVER: "#bfdaea",
        },
        building_edge="#dcd6cb",
        road="#ffffff",
        road_casing="#d5cec1",
        motorway="#fbe5b4",
        motorway_casing="#e3c585",
        tunnel="#eae6de",
        path="#cfc7b8",
        rail="#c9c4bc",
        text="#57534d",
        halo="#fbfaf7",
        texts={
            Kind.WATER: "#4f83a3", Kind.GREEN: "#51784a", Kind.WOOD: "#51784a", Kind.SQUARE: "#77716a",
            Kind.PLACE: "#6b665f", Kind.HOUSE: "#8d867c",
        },
    ),
    Theme.DARK: Ink(
        beyond="#14171b",
        land="#1c2026",
        fills={
            Kind.GREEN: "#1f2d28", Kind.WOOD: "#1d3029", Kind.PITCH: "#22352d", Kind.SAND: "#2a2a26",
            Kind.WATER: "#122736", Kind.PIER: "#1c2026", Kind.SQUARE: "#22272e", Kind.BUILDING: "#252a31",
            Kind.STREAM: "#122736", Kind.RIVER: "#122736",
        },
        building_edge="#2d333b",
        road="#3a414b",
        road_casing="#2b3139",
        motorway="#5c5138",
        motorway_casing="#1f1d17",
        tunnel="#262b32",
        path="#363d46",
        rail="#343a43",
        text="#b6bcc5",
        halo="#171a1f",
        texts={
            Kind.WATER: "#6f9dbb", Kind.GREEN: "#7fa587", Kind.WOOD: "#7fa587", Kind.SQUARE: "#9299a2",
            Kind.PLACE: "#a2a9b3", Kind.HOUSE: "#7d8590",
        },
    ),
}  # fmt: skip

ROADS = (
    Kind.SERVICE, Kind.STREET, Kind.TERTIARY, Kind.SECONDARY, Kind.PRIMARY, Kind.MOTORWAY_LINK, Kind.MOTORWAY
)  # fmt: skip

_ZOOMS = (11, 12, 13, 14, 15, 16, 17, 18, 19)
WIDTHS_PX = {
    Kind.MOTORWAY: (1.5, 2.0, 2.8, 4.0, 6.0, 9.0, 14.0, 22.0, 36.0),
    Kind.MOTORWAY_LINK: (0.8, 1.0, 1.6, 2.4, 3.6, 5.8, 9.0, 15.0, 26.0),
    Kind.PRIMARY: (1.2, 1.6, 2.4, 3.6, 5.4, 8.4, 13.0, 21.0, 34.0),
    Kind.SECONDARY: (0.9, 1.2, 1.9, 3.0, 4.7, 7.4, 12.0, 19.0, 32.0),
    Kind.TERTIARY: (0.7, 0.9, 1.5, 2.4, 3.9, 6.4, 10.5, 17.0, 29.0),
    Kind.STREET: (0.6, 0.7, 1.0, 1.7, 2.9, 5.2, 9.0, 15.0, 26.0),
    Kind.SERVICE: (0.5, 0.5, 0.6, 0.8, 1.2, 2.4, 4.2, 7.5, 13.0),
    Kind.TUNNEL: (0.7, 0.9, 1.2, 1.8, 3.0, 5.2, 9.0, 15.0, 26.0),
    Kind.PATH: (0.5, 0.5, 0.5, 0.6, 0.7, 0.9, 1.2, 1.6, 2.4),
    Kind.RAIL: (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.6, 2.0),
    Kind.RIVER: (1.0, 1.3, 1.8, 2.6, 4.0, 6.0, 9.0, 14.0, 22.0),
    Kind.STREAM: (0.5, 0.6, 0.8, 1.0, 1.4, 2.0, 2.8, 4.0, 6.0),
}
_CASING_PX = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4)


def width_px(kind: Kind, zoom: float) -> float:
    """Say how wide a line of this kind is; between two zooms it grows evenly."""
    return float(np.interp(zoom, _ZOOMS, WIDTHS_PX[kind]))


def casing_px(zoom: float) -> float:
    """Say how far the edge of a road shows on either side."""
    return float(np.interp(zoom, _ZOOMS, _CASING_PX))
