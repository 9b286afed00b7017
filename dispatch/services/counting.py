"""How many more each slot of the coming days can take, by the days as they stand."""

from datetime import datetime, timedelta
from typing import Final

from dispatch.models import Hub, SlotDay
from dispatch.services import drafts, slots

DAYS_AHEAD: Final = 7


def count(hub: Hub, *, at: datetime) -> list[SlotDay]:
    """Write down what fits into each slot of a hub within a week; a day that nobody has planned keeps its room.

    Twice is harmless.
    """
    today = at.astimezone(hub.zone).date()
    days = [today + timedelta(days=days) for days in range(DAYS_AHEAD)]
    taken = {(row.slot_id, row.day): row.taken for row in SlotDay.objects.filter(slot__hub=hub, day__in=days)}
    counted = []
    for opening in slots.all_openings(hub, days=days):
        fits = drafts.room(hub, opening.day, (opening.start, opening.end), most=opening.slot.room, at=at)
        if fits is not None and opening.until > at:
            has = taken.get((opening.slot.pk, opening.day), 0)
            counted.append(slots.set_capacity(opening.slot, opening.day, has + fits, at=at))
    return counted
