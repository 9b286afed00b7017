"""Where the drivers of the scene drive."""

from typing import Final

STOPS: Final = 20
STOPS_LATITUDE: Final = 60.1
DRIVING_LATITUDE: Final = 60.11
"""A kilometre to the north of the stops, so that every fix may be shown: the rule of doors never saves us work."""
