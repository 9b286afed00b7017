"""Boosted trees as plain arrays: kept as JSON, read by anybody, evaluated with nothing but numpy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """Trees whose leaves add up, from ``start`` on.

    One entry a node, all trees one after the other; ``roots`` says where each begins. A node with a ``left`` of its own
    place is a leaf. A sign of at most ``threshold`` goes left, and a missing one where ``missing_left`` says.
    """

    start: float
    roots: Places
    sign: Places
    threshold: Floats
    missing_left: NDArray[np.bool_]
    left: Places
    right: Places
    value: Floats

    def predict(self, signs: Floats) -> Floats:
        """Give the value of each row of signs."""
        nodes = np.repeat(self.roots[None, :], len(signs), axis=0)
        rows = np.arange(len(signs))[:, None]
        while True:
            found = signs[rows, self.sign[nodes]]
            goes_left = np.where(np.isnan(found), self.missing_left[nodes], found <= self.threshold[nodes])
            following = np.where(goes_left, self.left[nodes], self.right[nodes])
            if (following == nodes).all():
                break
            nodes = following
        total: Floats = self.start + self.value[nodes].sum(axis=1)
        return total

    def dump(self) -> dict[str, Any]:
        """Give what ``load`` takes, as JSON can hold it; values to five decimals."""
        return {
            "start": self.start,
            "roots": self.roots.tolist(),
            "sign": self.sign.tolist(),
            "threshold": self.threshold.tolist(),
            "missing_left": self.missing_left.astype(int).tolist(),
            "left": self.left.tolist(),
            "right": self.right.tolist(),
            "value": [round(value, 5) for value in self.value.tolist()],
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> Self:
        """Read what ``dump`` gave."""
        return cls(
            start=float(dumped["start"]),
            threshold=np.array(dumped["threshold"], dtype=np.float64),
            value=np.array(dumped["value"], dtype=np.float64),
            missing_left=np.array(dumped["missing_left"], dtype=np.bool_),
            **{name: np.array(dumped[name], dtype=np.int32) for name in ("roots", "sign", "left", "right")},
        )
