"""Pictures that are kept: the ones asked for last, within a fixed number of bytes."""

import gzip
import random
from concurrent.futures import ThreadPoolExecutor

from atlas.drawing.shelf import Picture, Shelf


def noise(seed: int) -> str:
    """A text that does not get much shorter."""
    return random.Random(seed).randbytes(2000).hex()


class Artist:
    """Draws noise, and remembers for what."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.drawn: list[int] = []

    def ask(self, key: int) -> Picture:
        return self.shelf.take(key, lambda: self._draw(key))

    def _draw(self, key: int) -> str:
        self.drawn.append(key)
        return noise(key)


def test_a_picture_is_drawn_once() -> None:
    artist = Artist(Shelf(10_000))

    pictures = [artist.ask(7) for _ in range(3)]

    assert artist.drawn == [7]
    assert pictures == [Picture.of(noise(7))] * 3
    assert gzip.decompress(pictures[0].compressed).decode() == noise(7)


def test_the_same_picture_has_the_same_tag() -> None:
    assert Picture.of("one") == Picture.of("one")
    assert Picture.of("one").etag != Picture.of("other").etag
    assert Picture.of("one").etag.startswith('W/"')


def test_the_shelf_never_holds_more_than_it_may() -> None:
    artist = Artist(Shelf(20_000))

    for key in range(50):
        artist.ask(key)

        assert artist.shelf.size <= 20_000


def test_the_picture_asked_for_longest_ago_goes_first() -> None:
    size = max(Picture.of(noise(key)).size for key in range(4))
    artist = Artist(Shelf(3 * size))

    for key in (0, 1, 2, 0, 3, 0, 1):
        artist.ask(key)

    assert artist.drawn == [0, 1, 2, 3, 1]


def test_a_picture_too_large_to_keep_is_still_given() -> None:
    shelf = Shelf(100)

    assert gzip.decompress(shelf.take("key", lambda: noise(1)).compressed).decode() == noise(1)
    assert shelf.size == 0


def test_many_may_ask_at_once() -> None:
    shelf = Shelf(30_000)

    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(lambda i: shelf.take(i % 12, lambda: noise(i % 12)), range(400)))

    assert pictures == [Picture.of(noise(i % 12)) for i in range(400)]
    assert shelf.size <= 30_000
