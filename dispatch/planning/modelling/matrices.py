"""The drives of each profile between the depots and clients of a layout, as a search takes them."""

from collections import defaultdict
from typing import Final

import numpy as np

from dispatch.planning.modelling import rows
from dispatch.planning.modelling.layout import Layout, Profile
from dispatch.planning.problem import ALWAYS, NO_WAY, Whole

ROUNDING: Final = 1e-6


def horizon(layout: Layout) -> int | None:
    """Return when everything is over, if there are drives that nobody may make: those then last longer than that."""
    places = layout.places
    blocks = [layout.problem.drives[profile.drives].seconds[np.ix_(places, places)] for profile in layout.profiles]
    if not any(profile.barred for profile in layout.profiles) and all(block.max() < NO_WAY for block in blocks):
        return None
    spans = [client.span for client in layout.clients] + [kind.start.span for kind in layout.kinds]
    known = max((moment for span in spans for moment in span if moment < ALWAYS[1]), default=0)
    longest = max(int(block[block < NO_WAY].max()) for block in blocks)
    slowest = max(max(layout.problem.traffic_met(profile.drives).factors) for profile in layout.profiles)
    services = sum(client.visit.service_seconds for client in layout.clients if client.visit)
    return known + services + (len(places) + 1) * int(longest * slowest + 1)


def of(layout: Layout, profile: Profile, horizon: int | None) -> tuple[Whole, Whole]:
    """Return the seconds and the metres (of a priced profile: the money) of its drives."""
    drives, traffic = layout.problem.drives[profile.drives], layout.problem.traffic_met(profile.drives)
    places, depots, day = layout.places, len(layout.depots), layout.day
    block = np.ix_(places, places)
    free, metres = drives.seconds[block], drives.metres[block]
    factors = np.array([rows.factor(traffic, span, day) for span in layout.leaving])
    seconds: Whole = np.ceil(free * factors[:, None] - ROUNDING).astype(np.int64)
    if horizon is not None:
        barred = [depots + number for number in profile.barred]
        is_closed = free >= NO_WAY
        seconds[is_closed], metres[is_closed] = 2 * horizon, metres[~is_closed].max()
        seconds[barred, :] = seconds[:, barred] = 2 * horizon
        np.fill_diagonal(seconds, 0)
    if profile.is_priced:
        metres = metres * profile.per_metre
        metres[:, depots:] += profile.fee
        metres += _changes(layout)
        np.fill_diagonal(metres, 0)
    return seconds, metres


def _changes(layout: Layout) -> Whole:
    """Return for each drive what it costs that the order is changed by it."""
    depots, price = len(layout.depots), layout.scale.money(layout.keeping.price)
    names = {depots + number: client.visit.id for number, client in enumerate(layout.clients) if client.visit}
    changes = np.zeros((depots + len(layout.clients),) * 2, dtype=np.int64)
    ways: dict[str, list[int]] = defaultdict(list)
    ways[""].extend(range(depots))
    for place, name in names.items():
        ways[name].append(place)
    for place, name in names.items():
        if name in layout.keeping.successors:
            changes[place, :] = price
            changes[place, ways[layout.keeping.successors[name]]] = 0
    return changes
