"""The file an area lives in: one SQLite database of named parts (sets of numpy arrays) and tables.

A pack is only ever data. Nothing in it is unpickled or run; an array is read by a type from a short
list, a shape and bytes whose length must agree, so that a damaged or foreign file ends in
``BadPack`` and in nothing worse.
"""

import itertools
import math
import os
import sqlite3
import struct
import threading
import weakref
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

FORMAT = "1"
APPLICATION_ID = 0x44535450  # "DSTP" in SQLite's header: tells a pack from any other database
DTYPES = ("|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<i8", "<f4", "<f8")

_DELTA = 1
_SHUFFLED = 2
_MAXIMUM_ARRAY_BYTES = 1 << 31
_LARGE_ARRAY_BYTES = 1 << 20  # from here on zlib's best takes eight times as long, and saves two per cent
_PART_HEADER = struct.Struct("<4sH")
_PART_MAGIC = b"DSA1"
_ARRAY_HEADER = struct.Struct("<BBBBI")  # length of the name, type, encoding, dimensions, length of the payload
_SCHEMA = """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE part (name TEXT PRIMARY KEY, data BLOB NOT NULL);
"""

Arrays = dict[str, NDArray[Any]]


class BadPack(Exception):
    """A file that is no area pack, or one that is damaged or of another format."""


class Pack:
    """An area pack opened for reading; any thread may read it, and a forked process opens it anew.

    Raises ``BadPack`` with the reason where the file is missing, damaged, foreign or of another
    format.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._open()
        self.meta = _read_meta(self._connection, self.path)

    def arrays(self, name: str) -> Arrays:
        """Decode the arrays of one part; they belong to the caller.

        Raises ``BadPack`` where there is no such part or its bytes do not add up.
        """
        rows = self.rows("SELECT data FROM part WHERE name = ?", (name,))
        if not rows:
            raise BadPack(f"{self.path}: there is no part “{name}” in this pack")
        try:
            return decode(rows[0][0])
        except BadPack as problem:
            raise BadPack(f"{self.path}: part “{name}”: {problem}") from problem

    def rows(self, query: str, parameters: Sequence[str | int] = ()) -> list[tuple[Any, ...]]:
        """Read the rows of a query on the pack's own tables.

        Raises ``BadPack`` where SQLite cannot read the file or does not know what is asked for.
        """
        with self._lock:
            if self._process != os.getpid():
                self._open()
            try:
                return self._connection.execute(query, parameters).fetchall()
            except sqlite3.DatabaseError as problem:
                raise BadPack(f"{self.path}: {problem}") from problem

    def _open(self) -> None:
        self._process = os.getpid()
        self._connection = _connect(self.path)
        weakref.finalize(self, self._connection.close)


class Writer:
    """A pack being written, beside its place, which it takes in one step when the block ends well.

    The same input gives the same bytes: no clock and no random number goes in.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._unfinished = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")

    def __enter__(self) -> Self:
        self._unfinished.unlink(missing_ok=True)
        self._unfinished.touch()
        self.connection = sqlite3.connect(self._unfinished, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = OFF")
        self.connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self.connection.executescript(_SCHEMA)
        self.connection.execute("BEGIN")
        self.put_meta(format=FORMAT)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.connection.execute("COMMIT")
                self.connection.execute("VACUUM")
        finally:
            self.connection.close()
            if kind is None:
                self._unfinished.replace(self.path)
            self._unfinished.unlink(missing_ok=True)

    def put(self, name: str, **arrays: NDArray[Any]) -> None:
        """Store a part, in place of an earlier one of that name."""
        self.connection.execute("INSERT OR REPLACE INTO part VALUES (?, ?)", (name, encode(arrays)))

    def put_meta(self, **values: str) -> None:
        """Store facts about the pack, in place of earlier ones of those names."""
        self.connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())


def encode(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Turn named arrays into bytes that describe themselves and are the same on every machine."""
    blocks = [_PART_HEADER.pack(_PART_MAGIC, len(arrays))]
    for name, array in arrays.items():
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        if little.dtype.str not in DTYPES:
            raise TypeError(f"An array of type {array.dtype} cannot go into a pack.")
        encoding, payload = min(_encodings(little), key=lambda choice: len(choice[1]))
        label = name.encode()
        header = _ARRAY_HEADER.pack(len(label), DTYPES.index(little.dtype.str), encoding, little.ndim, len(payload))
        blocks += [header, label, struct.pack(f"<{little.ndim}I", *little.shape), payload]
    return b"".join(blocks)


def decode(data: bytes) -> Arrays:
    """Read back what ``encode`` wrote. Raises ``BadPack`` where the bytes are anything else."""
    try:
        magic, count = _PART_HEADER.unpack_from(data)
        if magic != _PART_MAGIC:
            raise BadPack("the bytes are not those of a part")
        arrays: Arrays = {}
        offset = _PART_HEADER.size
        for _ in range(count):
            name, array, offset = _decode_array(data, offset)
            arrays[name] = array
    except (struct.error, zlib.error, TypeError, ValueError, IndexError) as problem:
        raise BadPack(f"damaged ({problem})") from problem
    if offset != len(data):
        raise BadPack("damaged (bytes left over)")
    return arrays


def from_strings(strings: Iterable[str]) -> NDArray[np.uint8]:
    """Turn strings into one array of UTF-8 bytes, each ended by a NUL (one inside is dropped)."""
    return np.frombuffer(b"".join(s.replace("\0", "").encode() + b"\0" for s in strings), dtype=np.uint8)


def to_strings(array: NDArray[np.uint8]) -> list[str]:
    """Read back what ``from_strings`` wrote. Raises ``BadPack`` where the bytes are not UTF-8."""
    try:
        return array.tobytes().decode().split("\0")[:-1]
    except UnicodeDecodeError as problem:
        raise BadPack(f"damaged text ({problem})") from problem


def _connect(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise BadPack(f"{path}: there is no such file")
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        return sqlite3.connect(address, uri=True, check_same_thread=False)
    except sqlite3.DatabaseError as problem:
        raise BadPack(f"{path}: {problem}") from problem


def _read_meta(connection: sqlite3.Connection, path: Path) -> dict[str, str]:
    try:
        if connection.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
            raise BadPack(f"{path}: this is a database, but not an area pack")
        meta = {str(key): str(value) for key, value in connection.execute("SELECT key, value FROM meta")}
    except sqlite3.DatabaseError as problem:
        raise BadPack(f"{path}: {problem}") from problem
    if meta.get("format") != FORMAT:
        raise BadPack(f"{path}: format {meta.get('format')}, but this Doorstep reads {FORMAT}; build it again")
    return meta


def _encodings(array: NDArray[Any]) -> Iterator[tuple[int, bytes]]:
    """Yield the ways to write an array: plain or as differences, in order or alike bytes together."""
    deltas: tuple[int, ...] = (0, _DELTA) if array.dtype.kind in "iu" and array.ndim else (0,)
    shuffles: tuple[int, ...] = (0, _SHUFFLED) if array.itemsize > 1 else (0,)
    level = 6 if array.nbytes >= _LARGE_ARRAY_BYTES else 9
    for delta, shuffled in itertools.product(deltas, shuffles):
        values = np.diff(array, axis=0, prepend=np.zeros_like(array[:1])) if delta else array
        raw = values.tobytes()
        if shuffled:
            raw = np.frombuffer(raw, np.uint8).reshape(-1, array.itemsize).T.tobytes()
        yield delta | shuffled, zlib.compress(raw, level)


def _decode_array(data: bytes, offset: int) -> tuple[str, NDArray[Any], int]:
    label_length, type_index, encoding, dimensions, payload_length = _ARRAY_HEADER.unpack_from(data, offset)
    offset += _ARRAY_HEADER.size
    label = data[offset : offset + label_length].decode()
    offset += label_length
    shape = struct.unpack_from(f"<{dimensions}I", data, offset)
    offset += 4 * dimensions
    dtype = np.dtype(DTYPES[type_index])
    raw = _inflate(data[offset : offset + payload_length], math.prod(shape) * dtype.itemsize)
    if encoding & _SHUFFLED:
        raw = np.frombuffer(raw, np.uint8).reshape(dtype.itemsize, -1).T.tobytes()
    array = np.frombuffer(raw, dtype).reshape(shape)
    decoded = np.cumsum(array, axis=0, dtype=dtype) if encoding & _DELTA else array.copy()
    return label, decoded, offset + payload_length


def _inflate(payload: bytes, length: int) -> bytes:
    """Decompress exactly so many bytes; a few kilobytes of a forged pack cannot fill the memory."""
    if length > _MAXIMUM_ARRAY_BYTES:
        raise BadPack(f"an array of {length} bytes is more than a pack may hold")
    stream = zlib.decompressobj()
    raw = stream.decompress(payload, length + 1)
    if len(raw) != length or not stream.eof or stream.unused_data:
        raise BadPack("damaged (an array is longer or shorter than it says)")
    return raw
