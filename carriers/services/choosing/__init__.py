"""Which carrier has which shipment: who can, how good that would be, who was chosen, and what choosing would change.

``ranked`` is for whoever needs the next best; ``choose`` and ``choose_by_hand`` decide and write the sum down.
"""

from carriers.services.choosing.deciding import (
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

__all__ = [
    "AlreadyTheirs",
    "Ranked",
    "Survey",
    "TooLate",
    "choose",
    "choose_by_hand",
    "list_missed",
    "ranked",
    "survey",
    "waiting",
    "weighing_of",
]
