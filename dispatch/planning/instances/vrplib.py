"""VRPLIB's text, with the sections that PyVRP added for fleets, depots, prizes and groups.

Numbers of nodes, vehicles and groups begin with 1 in the text; a client is called by the number of its node less one,
as in the solutions that are published, where the depot is 0. The sections are described at
https://pyvrp.org/dev/supported_vrplib_fields.html.
"""

from typing import Final

import numpy as np

from dispatch.planning.instances import weights
from dispatch.planning.instances.fields import Fields, split
from dispatch.planning.instances.instance import Instance, Numbers, Rounding, Unreadable, Unsupported
from dispatch.planning.problem import ALWAYS, NO_WAY, Drives, Load, Problem, Span, Vehicle, Visit, Whole

_KNOWN: Final = {
    "NAME", "COMMENT", "TYPE", "DIMENSION", "VEHICLES", "CAPACITY", "DISTANCE", "SERVICE_TIME", "RELEASE_TIME", "SCALE",
    "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE", "DISPLAY_DATA", "NODE_COORD",
    "EDGE_WEIGHT", "EDGE_DURATION", "DEMAND", "LINEHAUL", "BACKHAUL", "TIME_WINDOW", "PRIZE", "DEPOT",
    "MUTUALLY_EXCLUSIVE_GROUP", "VEHICLES_DEPOT", "VEHICLES_ALLOWED_CLIENTS", "VEHICLES_MAX_DISTANCE",
    "VEHICLES_MAX_DURATION", "VEHICLES_FIXED_COST", "VEHICLES_UNIT_DISTANCE_COST", "VEHICLES_RELOAD_DEPOT",
    "VEHICLES_MAX_RELOADS",
}  # fmt: skip

# What would be an instance of the plain kind, whose lengths are rounded to whole numbers.
_PLAIN_TYPE: Final = "CVRP"


def read(text: str, rounding: Rounding | None) -> Instance:
    """Read an instance; without a rounding, with the one that is usual for its kind.

    Raises ``Unreadable`` where it is none, and ``Unsupported`` where it has a field that is not known, or asks for
    reloading or for pickups with their deliveries, which a problem does not hold.
    """
    fields = split(text)
    return _Reader(fields, rounding).instance()


class _Reader:
    def __init__(self, fields: Fields, rounding: Rounding | None) -> None:
        _refuse(fields)
        self._fields = fields
        dimension = fields.count("DIMENSION")
        if dimension is None:
            raise Unreadable("There is no DIMENSION.")
        self._nodes = dimension
        self._depots = self._read_depots()
        self._clients = [node for node in range(dimension) if node not in self._depots]
        self._vehicles = self._count_vehicles()
        self._rounding = rounding or _usual(fields)

    def instance(self) -> Instance:
        """Return the instance."""
        problem = Problem({"": self._drives()}, self._fleet(), self._visits())
        return Instance(self._fields.text("NAME"), problem, self._rounding)

    def _read_depots(self) -> list[int]:
        rows = self._fields.sections.get("DEPOT", [[1.0]])
        depots = [int(value) - 1 for row in rows for value in row if value != -1]
        if not depots or any(not 0 <= depot < self._nodes for depot in depots) or len(set(depots)) < len(depots):
            raise Unreadable("DEPOT_SECTION is to name nodes, each once.")
        return depots

    def _count_vehicles(self) -> int:
        """Return how many vehicles there are: as many as clients, where nothing says so."""
        given = self._fields.count("VEHICLES")
        listed = [
            len(rows) for name, rows in self._fields.sections.items() if name.startswith(("VEHICLES_", "CAPACITY"))
        ]
        return given or max(listed, default=len(self._clients))

    def _drives(self) -> Drives:
        lengths = weights.read(self._fields, self._nodes)
        metres = self._rounding.whole(lengths)
        has_own = "EDGE_DURATION" in self._fields.sections
        durations = weights.matrix(self._fields, "EDGE_DURATION", self._nodes) if has_own else lengths
        seconds = self._rounding.whole(durations)
        if self._fields.text("TYPE").upper() == "VRPB":
            self._close_backhauls(seconds)
        return Drives(seconds, metres)

    def _close_backhauls(self, seconds: Whole) -> None:
        """Close the ways that would collect something before everything is delivered."""
        loads, pickups = (np.array(loads).sum(axis=1) for loads in self._loads())
        collects, delivers = pickups > 0, loads > 0
        seconds[np.ix_(self._depots, collects)] = NO_WAY
        seconds[np.ix_(collects, delivers)] = NO_WAY

    def _loads(self) -> tuple[Numbers, Numbers]:
        """Return what each node gets, and what is taken back from it, by dimension."""
        fields, nodes = self._fields, self._nodes
        given = fields.table("DEMAND", nodes)
        loads = fields.table("LINEHAUL", nodes) if given is None else given
        pickups = fields.table("BACKHAUL", nodes)
        if loads is None:
            loads = np.zeros((nodes, 1 if pickups is None else pickups.shape[1]))
        if pickups is None:
            pickups = np.zeros_like(loads)
        if pickups.shape != loads.shape:
            raise Unreadable("BACKHAUL_SECTION is to have as many columns as the loads.")
        return loads, pickups

    def _visits(self) -> list[Visit]:
        fields, nodes, whole = self._fields, self._nodes, self._rounding.whole
        loads, pickups = (self._amounts(loads) for loads in self._loads())
        service, ready = (whole(fields.column(name, nodes)) for name in ("SERVICE_TIME", "RELEASE_TIME"))
        prizes, spans, groups, allowed = fields.column("PRIZE", nodes), self._spans(), self._groups(), self._allowed()
        return [
            Visit(
                id=str(node),
                place=node,
                load=tuple(loads[node].tolist()),
                windows=(spans[node],),
                service_seconds=int(service[node]),
                skills=allowed.get(node, frozenset()),
                ready_at=int(ready[node]),
                prize=float(prizes[node]) or None,
                group=groups.get(node, ""),
                pickup=tuple(pickups[node].tolist()) if pickups[node].any() else (),
            )
            for node in self._clients
        ]

    def _fleet(self) -> list[Vehicle]:
        fields, many = self._fields, self._vehicles
        depots, room, spans, skills = self._homes(), self._capacities(), self._spans(), self._skills()
        seconds, metres = self._limits()
        fixed = fields.column("VEHICLES_FIXED_COST", many)
        per_unit = fields.column("VEHICLES_UNIT_DISTANCE_COST", many, 1.0) * (1000 / self._rounding.parts)
        return [
            Vehicle(
                id=str(number + 1),
                depot=depots[number],
                capacity=room[number],
                shift=spans[depots[number]],
                skills=skills[number],
                fixed_cost=float(fixed[number]),
                cost_per_km=float(per_unit[number]),
                most_seconds=seconds[number],
                most_metres=metres[number],
            )
            for number in range(many)
        ]

    def _homes(self) -> list[int]:
        """Return the depot of each vehicle: the first one, where nothing says so."""
        homes = [int(node) - 1 for node in self._fields.column("VEHICLES_DEPOT", self._vehicles, self._depots[0] + 1)]
        if not set(homes) <= set(self._depots):
            raise Unreadable("VEHICLES_DEPOT_SECTION is to name depots.")
        return homes

    def _capacities(self) -> list[Load]:
        table = self._fields.table("CAPACITY", self._vehicles)
        given = self._fields.number("CAPACITY")
        loads, pickups = self._loads()
        if table is None:
            table = np.full((self._vehicles, loads.shape[1]), (loads + pickups).sum() if given is None else given)
        if table.shape[1] != loads.shape[1]:
            raise Unreadable("CAPACITY_SECTION is to have as many columns as the loads.")
        return [tuple(room) for room in self._amounts(table).tolist()]

    def _amounts(self, loads: Numbers) -> Whole:
        """Return loads in whole numbers: of thousandths, if any of them has a fraction."""
        known = [*self._loads(), self._fields.table("CAPACITY", self._vehicles)]
        known.append(np.array([self._fields.number("CAPACITY") or 0.0]))
        is_whole = all((numbers == np.rint(numbers)).all() for numbers in known if numbers is not None)
        return (Rounding.NONE if is_whole else Rounding.EXACT).whole(loads)

    def _limits(self) -> tuple[list[int | None], list[int | None]]:
        """Return how long and how far each vehicle may go: ``DISTANCE`` is the old name of how long."""
        old, whole = self._fields.number("DISTANCE"), self._rounding.whole
        longest = self._fields.column("VEHICLES_MAX_DURATION", self._vehicles, -1.0 if old is None else old)
        farthest = self._fields.column("VEHICLES_MAX_DISTANCE", self._vehicles, -1.0)
        seconds, metres = (
            [None if limit == -1 else int(whole(np.array([limit]))[0]) for limit in limits]
            for limits in (longest, farthest)
        )
        return seconds, metres

    def _spans(self) -> list[Span]:
        table = self._fields.table("TIME_WINDOW", self._nodes)
        if table is None:
            return [ALWAYS] * self._nodes
        if table.shape[1] != 2:
            raise Unreadable("TIME_WINDOW_SECTION is to have two numbers a row.")
        return [(int(start), int(end)) for start, end in self._rounding.whole(table)]

    def _groups(self) -> dict[int, str]:
        """Return the groups of which one client is served, by their clients; a group of one is none."""
        rows = self._fields.sections.get("MUTUALLY_EXCLUSIVE_GROUP", [])
        groups = {int(node) - 1: str(int(row[0])) for row in rows if len(row) > 2 for node in row[1:]}
        members = sum(len(row) - 1 for row in rows if len(row) > 2)
        if len(groups) < members or not groups.keys() <= set(self._clients):
            raise Unreadable("MUTUALLY_EXCLUSIVE_GROUP_SECTION is to name clients, each in one group.")
        if self._fields.column("PRIZE", self._nodes)[list(groups)].any():
            raise Unsupported("Prizes within MUTUALLY_EXCLUSIVE_GROUP_SECTION are not supported.")
        return groups

    def _allowed(self) -> dict[int, frozenset[str]]:
        """Return what a vehicle needs to serve a client, where not all may: to be one of certain vehicles."""
        rows = self._fields.rows("VEHICLES_ALLOWED_CLIENTS", self._vehicles)
        if rows is None:
            return {}
        nodes = [frozenset(row) for row in rows]
        circles = {
            node: ",".join(str(number) for number, row in enumerate(nodes, start=1) if node + 1 in row)
            for node in self._clients
        }
        everybody = ",".join(str(number + 1) for number in range(self._vehicles))
        return {node: frozenset({names}) for node, names in circles.items() if names != everybody}

    def _skills(self) -> list[frozenset[str]]:
        """Return what each vehicle is, in the words of ``_allowed``."""
        circles = {names: frozenset(names.split(",")) for needed in self._allowed().values() for names in needed}
        return [
            frozenset(names for names, members in circles.items() if str(number + 1) in members)
            for number in range(self._vehicles)
        ]


def _refuse(fields: Fields) -> None:
    """Raise ``Unsupported`` for what is not known, and for what a problem does not hold."""
    if unknown := sorted((fields.specifications.keys() | fields.sections.keys()) - _KNOWN):
        raise Unsupported(f"{', '.join(unknown)}: not supported.")
    if any(len(row) > 1 for row in fields.sections.get("VEHICLES_RELOAD_DEPOT", ())):
        raise Unsupported("VEHICLES_RELOAD_DEPOT_SECTION: reloading on the way is not supported.")


def _usual(fields: Fields) -> Rounding:
    """Return what is usual for a kind of instance.

    Straight lengths: to whole numbers for the plain kind, down to a tenth where there are windows and one depot, else
    to a thousandth. All other lengths are left as they are, or to a thousandth if they have a fraction.
    """
    if weights.kind_of(fields) == "EUC_2D":
        has_windows = "TIME_WINDOW" in fields.sections
        if has_windows and len(fields.sections.get("DEPOT", ())) <= 2:
            return Rounding.DIMACS
        is_plain = fields.text("TYPE", _PLAIN_TYPE).upper() == _PLAIN_TYPE and not has_windows
        return Rounding.ROUND if is_plain else Rounding.EXACT
    named = ("EDGE_WEIGHT", "EDGE_DURATION", "TIME_WINDOW", "SERVICE_TIME", "RELEASE_TIME", "VEHICLES_MAX_DURATION")
    rows = [row for name in named for row in fields.sections.get(name, ())]
    values = [value for row in rows for value in row]
    values += [fields.number(name) or 0.0 for name in ("SERVICE_TIME", "RELEASE_TIME", "VEHICLES_MAX_DURATION")]
    return Rounding.NONE if all(value == int(value) for value in values) else Rounding.EXACT
