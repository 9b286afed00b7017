"""The lengths between the nodes of a VRPLIB text, from coordinates or from a matrix in any of its shapes."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from dispatch.planning.instances.fields import Fields, flat
from dispatch.planning.instances.instance import Numbers, Unreadable, Unsupported
from dispatch.planning.problem import Whole


def read(fields: Fields, nodes: int) -> Numbers:
    """Return the lengths between all nodes, row to column.

    Raises ``Unreadable`` where there are none, or not as many as there should be, and ``Unsupported`` for a type of
    lengths that is not known.
    """
    kind = kind_of(fields)
    if kind == "EXPLICIT":
        return matrix(fields, "EDGE_WEIGHT", nodes)
    if kind not in _BY_COORDINATES:
        raise Unsupported(f"EDGE_WEIGHT_TYPE {kind} is not supported.")
    points = fields.table("NODE_COORD", nodes)
    if points is None:
        raise Unreadable(f"EDGE_WEIGHT_TYPE {kind} needs a NODE_COORD_SECTION.")
    return _BY_COORDINATES[kind](points)


def kind_of(fields: Fields) -> str:
    """Return the type of the lengths."""
    return fields.text("EDGE_WEIGHT_TYPE", "EXPLICIT" if "EDGE_WEIGHT" in fields.sections else "EUC_2D").upper()


def matrix(fields: Fields, name: str, nodes: int) -> Numbers:
    """Return a section of lengths as a matrix with a zero diagonal; however its lines are broken."""
    shape = fields.text("EDGE_WEIGHT_FORMAT", "FULL_MATRIX").upper()
    values = flat(fields.sections.get(name, ()))
    if shape == "FULL_MATRIX":
        _expect(name, values, nodes * nodes)
        lengths = values.reshape(nodes, nodes)
    elif shape in _TRIANGLES:
        rows, columns = _TRIANGLES[shape](nodes)
        _expect(name, values, len(rows))
        lengths = np.zeros((nodes, nodes))
        lengths[rows, columns] = lengths[columns, rows] = values
    else:
        raise Unsupported(f"EDGE_WEIGHT_FORMAT {shape} is not supported.")
    np.fill_diagonal(lengths, 0)
    return lengths


def _expect(name: str, values: Numbers, many: int) -> None:
    if len(values) != many:
        raise Unreadable(f"{name}_SECTION has {len(values)} numbers, and is to have {many}.")


def _apart(points: Numbers) -> Numbers:
    return points[:, None, :] - points[None, :, :]


def _straight(points: Numbers) -> Numbers:
    lengths: Numbers = np.sqrt((_apart(points) ** 2).sum(axis=-1))
    return lengths


_BY_COORDINATES: Final[Mapping[str, Callable[[Numbers], Numbers]]] = {
    "EUC_2D": _straight,
    "CEIL_2D": lambda points: np.ceil(_straight(points)),
    "FLOOR_2D": lambda points: np.floor(_straight(points)),
    "EXACT_2D": lambda points: np.rint(1000 * _straight(points)),
    "MAN_2D": lambda points: np.abs(_apart(points)).sum(axis=-1),
    "MAX_2D": lambda points: np.abs(_apart(points)).max(axis=-1),
}

# A triangle by columns has the order of the other one by rows.
_TRIANGLES: Final[Mapping[str, Callable[[int], tuple[Whole, Whole]]]] = {
    "LOWER_ROW": lambda nodes: np.tril_indices(nodes, -1),
    "LOWER_DIAG_ROW": lambda nodes: np.tril_indices(nodes, 0),
    "UPPER_ROW": lambda nodes: np.triu_indices(nodes, 1),
    "UPPER_DIAG_ROW": lambda nodes: np.triu_indices(nodes, 0),
    "LOWER_COL": lambda nodes: np.triu_indices(nodes, 1),
    "LOWER_DIAG_COL": lambda nodes: np.triu_indices(nodes, 0),
    "UPPER_COL": lambda nodes: np.tril_indices(nodes, -1),
    "UPPER_DIAG_COL": lambda nodes: np.tril_indices(nodes, 0),
}
