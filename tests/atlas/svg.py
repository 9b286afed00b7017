"""Reading the SVG that we write, in tests."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

Point = tuple[int, int]

_COMMAND = re.compile(r"([MlHVz])([^MlHVz]*)")
_NUMBER = re.compile(r"-?\d+")


class Element(NamedTuple):
    """A tag with its attributes and the text directly in it."""

    tag: str
    attributes: dict[str, str]
    texts: list[str]

    @property
    def text(self) -> str:
        return "".join(self.texts)


def elements(picture: str) -> list[Element]:
    """List the elements of a picture in order. Raises ``expat.ExpatError`` where it is not well-formed."""
    found: list[Element] = []
    open_elements: list[Element] = []
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        found.append(Element(tag, attributes, []))
        open_elements.append(found[-1])

    def text(data: str) -> None:
        open_elements[-1].texts.append(data)

    def end(_tag: str) -> None:
        open_elements.pop()

    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, text, end
    parser.Parse(picture, True)
    return found


def lines(path: str) -> Iterator[list[Point]]:
    """Yield the lines of path data that has only the commands M and l, with or without z."""
    for line in re.findall(r"M[^M]+", path):
        x, y = 0, 0
        points = []
        for command, numbers in _COMMAND.findall(line):
            values = [int(number) for number in _NUMBER.findall(numbers)]
            for dx, dy in zip(values[::2], values[1::2], strict=True):
                x, y = (dx, dy) if command == "M" else (x + dx, y + dy)
                points.append((x, y))
        yield points
