"""The reference of the API: a page for people, drawn from the same description that programs read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.api import api

METHODS: Final = ("get", "post", "put", "patch", "delete")
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of what is sent or said: its name, what it is, whether it must be there, and what there is to say."""

    name: str
    kind: str
    is_required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    parameters: list[Field]
    takes: str
    answers: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of object, field by field."""

    name: str
    about: str
    fields: list[Field]


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show what can be asked, what is sent, and what is said."""
    described = api.get_openapi_schema()
    operations = list(_operations(described))
    context = {
        "title": described["info"]["title"],
        "about": described["info"]["description"],
        "operations": operations,
        "shapes": sorted(_shapes(described), key=lambda shape: shape.name),
    }
    return render(request, "config/reference.html", context)


def _operations(described: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in described["paths"].items():
        for method in METHODS:
            if method in methods:
                yield _operation(path, method, methods[method])


def _operation(path: str, method: str, said: dict[str, Any]) -> Operation:
    body = said.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema")
    return Operation(
        id=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said["summary"],
        about=said.get("description", ""),
        parameters=[
            Field(each["name"], _kind(each["schema"]), each["required"], each.get("description", ""))
            for each in said["parameters"]
        ],
        takes=_kind(body) if body else "",
        answers=[
            (str(int(status)), answer["description"], _answered(answer))
            for status, answer in sorted(said["responses"].items(), key=lambda pair: int(pair[0]))
        ],
    )


def _answered(answer: dict[str, Any]) -> str:
    return " or ".join(_kind(content["schema"]) for content in answer.get("content", {}).values())


def _shapes(described: dict[str, Any]) -> Iterator[Shape]:
    for name, shape in described["components"]["schemas"].items():
        required = shape.get("required", [])
        fields = [
            Field(field, _kind(said), field in required, said.get("description", ""))
            for field, said in shape.get("properties", {}).items()
        ]
        yield Shape(name, shape.get("description", ""), fields)


def _kind(said: dict[str, Any]) -> str:
    """Name a kind of value in a few words: ``text, at most 60``, ``list of EventSaid``, ``number or null``."""
    if "$ref" in said:
        return str(said["$ref"]).rsplit("/", 1)[-1]
    for several in ("anyOf", "oneOf"):
        if several in said:
            return " or ".join(_kind(each) for each in said[several])
    if "const" in said:
        return str(said["const"])
    if "enum" in said:
        return " | ".join(str(each) for each in said["enum"])
    if said.get("type") == "array":
        return f"list of {_kind(said['items'])}"
    words = {"string": "text", "null": "null", "integer": "whole number", "boolean": "true or false"}
    kind = said.get("format") or words.get(said.get("type", ""), said.get("type", "anything"))
    bounds = [f"at most {said[key]}" for key in ("maxLength", "maximum") if key in said]
    return ", ".join([str(kind), *bounds])
