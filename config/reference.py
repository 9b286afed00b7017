"""The reference of the API: a page for people, drawn from the same description that programs read."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.api import BEARER, JSON, api

CODE: Final = re.compile(r"``?([^`]+)``?")
METHODS: Final = ("get", "post", "put", "patch", "delete")


class Word(NamedTuple):
    """A piece of what is said: ``shape`` where it names one, ``is_code`` where it stands as it is sent."""

    text: str
    shape: str = ""
    is_code: bool = False


Words = list[Word]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of what is sent or said: its name, what it is, whether it must be there, and what there is to say."""

    name: str
    kind: Words
    is_required: bool
    about: Words


@dataclass(frozen=True, slots=True)
class Answer:
    """One way in which an operation may be answered."""

    status: int
    about: Words
    kind: Words


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked, with an example as one would type it."""

    id: str
    group: str
    method: str
    path: str
    summary: str
    about: Words
    scope: str
    parameters: list[Field]
    takes: Words
    example: str
    answers: list[Answer]


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of object, field by field, or a choice between several."""

    name: str
    about: Words
    fields: list[Field]
    either: Words


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show what can be asked, what is sent, and what is said."""
    described = api.get_openapi_schema()
    context = {
        "title": described["info"]["title"],
        "operations": list(_operations(described)),
        "shapes": sorted(_shapes(described), key=lambda shape: shape.name),
    }
    return render(request, "config/reference.html", context)


def _operations(described: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in described["paths"].items():
        for method in METHODS:
            if method in methods:
                yield _operation(path, method, methods[method])


def _operation(path: str, method: str, said: dict[str, Any]) -> Operation:
    body = said.get("requestBody", {}).get("content", {}).get(JSON, {})
    return Operation(
        id=said["operationId"],
        group=said["tags"][0],
        method=method.upper(),
        path=path,
        summary=said["summary"],
        about=_words(said.get("description", "")),
        scope=said["security"][0][BEARER][0],
        parameters=[
            Field(each["name"], _kind(each["schema"]), each["required"], _words(each.get("description", "")))
            for each in said["parameters"]
        ],
        takes=_kind(body["schema"]) if body else [],
        example=_example(path, method, body.get("example")),
        answers=[
            Answer(int(status), _words(answer["description"]), _answered(answer))
            for status, answer in sorted(said["responses"].items(), key=lambda pair: int(pair[0]))
        ],
    )


def _example(path: str, method: str, body: dict[str, Any] | None) -> str:
    """Write an operation as one would type it."""
    asked = [f"curl {settings.BASE_URL}{path}", '-H "Authorization: Bearer $DOORSTEP_KEY"']
    if method != "get":
        asked[0] += f" -X {method.upper()}"
    if body is not None:
        said = json.dumps(body, ensure_ascii=False, indent=2)
        asked += ["-H 'Content-Type: application/json'", f"-d '{said}'"]
    return " \\\n  ".join(asked)


def _answered(answer: dict[str, Any]) -> Words:
    return _either(content["schema"] for content in answer.get("content", {}).values())


def _shapes(described: dict[str, Any]) -> Iterator[Shape]:
    for name, shape in described["components"]["schemas"].items():
        required = shape.get("required", [])
        fields = [
            Field(field, _kind(said), field in required, _words(said.get("description", "")))
            for field, said in shape.get("properties", {}).items()
        ]
        yield Shape(name, _words(shape.get("description", "")), fields, _either(shape.get("oneOf", [])))


def _kind(said: dict[str, Any]) -> Words:
    """Name a kind of value in a few words: ``text, at most 60``, ``list of EventSaid``, ``number or null``."""
    if "$ref" in said:
        name = str(said["$ref"]).rsplit("/", 1)[-1]
        return [Word(name, shape=name)]
    if several := said.get("anyOf", said.get("oneOf")):
        return _either(several)
    if said.get("type") == "array":
        return [Word("list of "), *_kind(said["items"])]
    return [Word(_plain(said))]


def _either(several: Iterable[dict[str, Any]]) -> Words:
    kinds = [[Word(" or "), *_kind(each)] for each in several]
    return [word for kind in kinds for word in kind][1:]


def _words(text: str) -> Words:
    """Tell what stands in backticks from the rest."""
    return [Word(piece, is_code=number % 2 == 1) for number, piece in enumerate(CODE.split(text)) if piece]


def _plain(said: dict[str, Any]) -> str:
    if "const" in said:
        return str(said["const"])
    if "enum" in said:
        return " | ".join(str(each) for each in said["enum"])
    words = {"string": "text", "null": "null", "integer": "whole number", "boolean": "true or false"}
    kind = said.get("format") or words.get(said.get("type", ""), said.get("type", "anything"))
    return ", ".join([str(kind), *(f"at most {said[key]}" for key in ("maxLength", "maximum") if key in said)])
