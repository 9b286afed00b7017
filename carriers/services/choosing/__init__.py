"""Which carrier has which shipment: who can, how good that would be, who was chosen, and what choosing would change.

``ranked`` is for whoever needs the next best; ``choose`` and ``choose_by_hand`` decide and write the sum down.
"""

from carriers.services.choosing.deciding import (
    STILL_HERE,
    AlreadyTheirs,
    Ranked,
    Survey,
    TooLate,
    choose,
    choose_by_hand,
    list_missed,
    ranked,
    survey,
    waiting,
    weighing_of,
)
from carriers.services.choosing.handing_on import hand_on

__all__ = [
    "STILL_HERE",
    "AlreadyTheirs",
    "Ranked",
    "Survey",
    "TooLate",
    "choose",
    "choose_by_hand",
    "hand_on",
    "list_missed",
    "ranked",
    "survey",
    "waiting",
    "weighing_of",
]
