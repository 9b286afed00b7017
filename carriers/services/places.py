"""Where things are, as roughly as couriers are told: neighbourhoods, rings of them, and the way to their middle."""

from typing import Final

import h3

from atlas import travel
from carriers.models.crowd import CELL_RESOLUTION
from tracking.rounds.models import Place

Point = tuple[float, float]

DOOR_RESOLUTION: Final = 10
"""Of H3: what lies in one such cell of 1.5 hectares, or in the next, is brought together."""


def cell_at(latitude: float, longitude: float) -> str:
    """Name the neighbourhood of a point."""
    cell: str = h3.latlng_to_cell(latitude, longitude, CELL_RESOLUTION)
    return cell


def middle(cell: str) -> Point:
    """Give the middle of a neighbourhood."""
    latitude, longitude = h3.cell_to_latlng(cell)
    return latitude, longitude


def rings(hub: Place, *, up_to: int) -> set[str]:
    """Name the neighbourhoods around a hub, from its own (0) to the ring that is so far out."""
    return set(h3.grid_disk(cell_at(hub.latitude, hub.longitude), up_to))


def metres_to(cell: str, origin: Point) -> int:
    """Say how far it is to the middle of a neighbourhood, by the streets where they are known."""
    [leg] = travel.legs([origin, middle(cell)])
    return round(leg.distance_m)


def are_neighbours(point: Point, other: Point) -> bool:
    """Say whether two doors are beside each other."""
    cell = h3.latlng_to_cell(*point, DOOR_RESOLUTION)
    return h3.latlng_to_cell(*other, DOOR_RESOLUTION) in h3.grid_disk(cell, 1)
