"""Pictures that were drawn before, compressed, within a fixed number of bytes."""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple

_COMPRESSION = 6
_OVERHEAD_BYTES = 400  # what a picture takes beside its bytes: keys, entries, headers of objects


class Picture(NamedTuple):
    """A picture as it goes out: compressed with gzip, and the tag by which a client knows it again."""

    compressed: bytes
    etag: str

    @classmethod
    def of(cls, text: str) -> "Picture":
        """Compress a picture; the same text gives the same bytes."""
        data = text.encode()
        tag = f'W/"{hashlib.sha256(data).hexdigest()[:20]}"'
        return cls(gzip.compress(data, _COMPRESSION, mtime=0), tag)

    @property
    def size(self) -> int:
        return len(self.compressed) + _OVERHEAD_BYTES


class Shelf:
    """Keeps the pictures that were asked for last; any thread may ask."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.size = 0
        self._pictures: OrderedDict[Hashable, Picture] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: Hashable, draw: Callable[[], str]) -> Picture:
        """Give the picture of that key, and draw it first where it is not there.

        Nobody waits for another's drawing: two who ask at once may both draw.
        """
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
        picture = Picture.of(draw())
        with self._lock:
            earlier = self._pictures.pop(key, None)
            self._pictures[key] = picture
            self.size += picture.size - (earlier.size if earlier else 0)
            while self.size > self.limit_bytes:
                _, oldest = self._pictures.popitem(last=False)
                self.size -= oldest.size
        return picture
