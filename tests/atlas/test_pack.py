import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.typing import NDArray

from atlas import pack
from atlas.pack import BadPack, Pack, Writer


def make_pack(path: Path) -> Path:
    with Writer(path) as writer:
        writer.put_meta(name="Toytown")
        writer.put("streets", points=np.arange(10, dtype=np.int32), speeds=np.array([30.5, 50.0]))
    return path


def test_what_is_put_into_a_pack_comes_out_of_it(tmp_path: Path) -> None:
    packed = Pack(make_pack(tmp_path / "toytown.area"))

    assert packed.meta == {"format": "1", "name": "Toytown"}
    assert packed.arrays("streets")["points"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert packed.arrays("streets")["speeds"].tolist() == [30.5, 50.0]


@given(
    arrays_of.arrays(
        dtype=st.sampled_from([np.dtype(name) for name in pack.DTYPES]),
        shape=arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=20),
    )
)
def test_every_array_survives_to_the_last_bit(array: NDArray[Any]) -> None:
    decoded = pack.decode(pack.encode({"array": array}))["array"]

    assert decoded.dtype == array.dtype
    assert decoded.shape == array.shape
    assert decoded.tobytes() == array.tobytes()


def test_numbers_that_rise_slowly_take_little_room() -> None:
    rising = np.arange(1_000_000, 1_100_000, dtype=np.int32)

    assert len(pack.encode({"rising": rising})) < rising.nbytes / 100


def test_an_array_of_objects_is_refused() -> None:
    with pytest.raises(TypeError, match="An array of type object cannot go into a pack"):
        pack.encode({"things": np.array([{}], dtype=object)})


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"))))
def test_every_text_survives(texts: list[str]) -> None:
    assert pack.to_strings(pack.from_strings(texts)) == texts


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(BadPack, match="damaged text"):
        pack.to_strings(np.array([0xFF, 0], dtype=np.uint8))


@given(st.binary())
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadPack):
        pack.decode(data)


@given(st.data())
def test_damaged_bytes_are_refused_or_still_make_arrays(data: st.DataObject) -> None:
    whole = bytearray(pack.encode({"points": np.arange(50, dtype=np.int32), "ends": np.ones((4, 2), dtype=np.uint8)}))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))

    try:
        arrays = pack.decode(bytes(whole))
    except BadPack:
        return

    assert len(arrays) <= 2


def test_an_array_that_says_it_is_enormous_is_refused_unread() -> None:
    forged = bytearray(pack.encode({"points": np.zeros(4, dtype=np.int32)}))
    shape = forged.index(b"points") + len(b"points")
    forged[shape : shape + 4] = b"\xff\xff\xff\xff"

    with pytest.raises(BadPack, match="17179869180 bytes is more than a pack may hold"):
        pack.decode(bytes(forged))


def test_an_array_that_holds_more_than_it_says_is_refused() -> None:
    forged = bytearray(pack.encode({"points": np.zeros(4, dtype=np.int32)}))
    forged[forged.index(b"points") + len(b"points")] = 3

    with pytest.raises(BadPack, match="longer or shorter than it says"):
        pack.decode(bytes(forged))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPack, match=r"nowhere\.area: there is no such file"):
        Pack(tmp_path / "nowhere.area")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.area"
    path.write_text("Dear Sir or Madam, " * 100)

    with pytest.raises(BadPack, match="file is not a database"):
        Pack(path)


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE meta (key TEXT, value TEXT)")
    connection.close()

    with pytest.raises(BadPack, match="a database, but not an area pack"):
        Pack(path)


def test_a_pack_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "later.area"
    with Writer(path) as writer:
        writer.put_meta(format="99")

    with pytest.raises(BadPack, match="format 99, but this Doorstep reads 1"):
        Pack(path)


def test_a_pack_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    path = make_pack(tmp_path / "toytown.area")
    os.truncate(path, path.stat().st_size // 2)

    with pytest.raises(BadPack):
        Pack(path).arrays("streets")


def test_a_part_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPack, match="there is no part “shapes” in this pack"):
        Pack(make_pack(tmp_path / "toytown.area")).arrays("shapes")


def test_a_damaged_part_is_refused_by_name(tmp_path: Path) -> None:
    path = make_pack(tmp_path / "toytown.area")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE part SET data = x'00'")
    connection.commit()
    connection.close()

    with pytest.raises(BadPack, match="part “streets”: damaged"):
        Pack(path).arrays("streets")


def test_a_pack_is_not_written_to(tmp_path: Path) -> None:
    packed = Pack(make_pack(tmp_path / "toytown.area"))

    with pytest.raises(BadPack, match="attempt to write a readonly database"):
        packed.rows("DELETE FROM part")


def test_a_build_that_fails_leaves_the_pack_that_was_there(tmp_path: Path) -> None:
    path = make_pack(tmp_path / "toytown.area")
    before = path.read_bytes()

    with pytest.raises(TypeError), Writer(path) as writer:
        writer.put("streets", things=np.array([{}], dtype=object))

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_things_make_the_same_bytes(tmp_path: Path) -> None:
    one, other = make_pack(tmp_path / "one.area"), make_pack(tmp_path / "other.area")

    assert one.read_bytes() == other.read_bytes()


def test_many_threads_read_one_pack(tmp_path: Path) -> None:
    packed = Pack(make_pack(tmp_path / "toytown.area"))

    with ThreadPoolExecutor(8) as threads:
        sums = list(threads.map(lambda _: int(packed.arrays("streets")["points"].sum()), range(200)))

    assert sums == [45] * 200


def test_a_process_that_was_forked_opens_the_file_for_itself(tmp_path: Path) -> None:
    packed = Pack(make_pack(tmp_path / "toytown.area"))
    inherited = packed._connection
    packed._process = -1

    names = packed.rows("SELECT name FROM part")

    assert names == [("streets",)]
    assert packed._connection is not inherited
