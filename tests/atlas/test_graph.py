from pathlib import Path

import numpy as np
import pytest

from atlas.pack import Arrays, BadPack, Pack, Writer
from atlas.streets.routing import Streets
from tests.atlas import extracts, towns


def repacked(folder: Path, **changes: np.ndarray) -> Pack:
    """Pack the streets of a town again, with some of their arrays changed."""
    arrays: Arrays = towns.pack_of(*extracts.grid(4, 4)).arrays("streets")
    with Writer(folder / "changed.area") as writer:
        writer.put("streets", **arrays | changes)
    return Pack(folder / "changed.area")


def test_streets_that_are_whole_are_loaded(tmp_path: Path) -> None:
    assert Streets(repacked(tmp_path)).distances_m([extracts.place(1, 1)]) == pytest.approx([0.0], abs=1e-6)


@pytest.mark.parametrize(
    ("array", "values"),
    [
        ("tails", np.zeros(3, np.int32)),
        ("tails", np.full(24, -1, np.int32)),
        ("heads", np.full(24, 1 << 30, np.int32)),
        ("names", np.full(24, 999, np.uint32)),
        ("point_counts", np.ones(24, np.uint32)),
        ("point_counts", np.full(24, 3, np.uint32)),
        ("points", np.zeros(7, np.int32)),
        ("points", np.zeros((0, 2), np.int32)),
        ("forward_kmh", np.zeros(23, np.uint16)),
    ],
)
def test_streets_that_do_not_fit_together_are_refused(tmp_path: Path, array: str, values: np.ndarray) -> None:
    with pytest.raises(BadPack, match="the streets do not fit together"):
        Streets(repacked(tmp_path, **{array: values}))


def test_streets_of_which_a_part_is_missing_are_refused(tmp_path: Path) -> None:
    with Writer(tmp_path / "empty.area") as writer:
        writer.put("streets", points=np.zeros((2, 2), np.int32))

    with pytest.raises(BadPack, match="the streets do not fit together"):
        Streets(Pack(tmp_path / "empty.area"))


def test_streets_without_a_way_from_each_to_each_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPack, match="not every street can be reached from every other"):
        Streets(repacked(tmp_path, backward_kmh=np.zeros(24, np.uint16)))
