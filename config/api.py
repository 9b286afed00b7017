"""The API of the installation: each app's part, one way to refuse, and a description that says all of it."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from ninja.renderers import BaseRenderer
from pydantic_core import to_json

from config.examples import EXAMPLES
from dispatch import api as dispatch
from feedback import api as feedback
from notifications import api as notifications
from tracking.api import caching, fields, fleet, options, shipments
from tracking.api.access import AsyncBearer, Bearer
from tracking.api.problems import CONTENT_TYPE, Mistake, Problem, ProblemSaid

DESCRIPTION: Final = """\
Orders in, news out. Each request shows a key, which the desk makes for it: `Authorization: Bearer <key>`.

- **Errors** are problems of RFC 9457 (`application/problem+json`); `mistakes` say what is wrong and where, from `body`,
  `query`, `path` or `header` on. Nothing was stored, and nothing was lost.
- **Lists** come in pieces: pass the `next` of one as `cursor` to get the one after it.
- **Twice is once**: send `Idempotency-Key` with a POST, and asking again within a day is answered as it was the first
  time, with `Idempotent-Replayed: true`.
- **Unchanged** things are not said again: what is read has an `ETag`; send it as `If-None-Match`, and get 304.
- **Too often** is 429, with `Retry-After`.
"""

JSON: Final = "application/json"
BEARER: Final = "Bearer"
SCHEME: Final = {"type": "http", "scheme": "bearer", "description": "A key that the desk has made."}
REFUSALS: Final[dict[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "The body is not JSON.",
    HTTPStatus.UNAUTHORIZED: "There is no good key.",
    HTTPStatus.FORBIDDEN: "The key may not do this.",
    HTTPStatus.NOT_FOUND: "There is no such thing, or it is not for this key.",
    HTTPStatus.CONFLICT: "What is there already does not allow it.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something in the request is wrong; `mistakes` say what and where.",
    HTTPStatus.TOO_MANY_REQUESTS: "This key, or this address, asks too often.",
}


class Json(BaseRenderer):
    """JSON as the shapes themselves write it, to the microsecond, wherever it is made."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return to_json(data)


class Api(NinjaAPI):
    """The API, whose description names each refusal that may come, and which says nothing twice that is unchanged."""

    def create_response(
        self,
        request: HttpRequest,
        data: Any,
        *,
        status: int | None = None,
        temporal_response: HttpResponse | None = None,
    ) -> HttpResponse:
        response = super().create_response(request, data, status=status, temporal_response=temporal_response)
        return caching.tagged(request, response) if request.method == "GET" else response

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"].update(_definitions())
        schema["paths"] = _with_shapes(schema["paths"])
        schema["components"] = _with_shapes(schema["components"]) | {"securitySchemes": {BEARER: SCHEME}}
        for path, method, operation in _operations(schema):
            _name_refusals(path, method, operation)
            operation["security"] = [{BEARER: [_scopes()[operation["operationId"]]]}]
            if "requestBody" in operation:
                operation["requestBody"]["content"][JSON]["example"] = EXAMPLES[operation["operationId"]]
        return schema


api = Api(
    title="Doorstep",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
    renderer=Json(),
)
ROUTERS: Final = (
    shipments.router,
    options.router,
    dispatch.router,
    fleet.router,
    feedback.router,
    notifications.router,
)
for router in ROUTERS:
    api.add_router("", router)


@api.exception_handler(Problem)
def _refuse(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem.response()


@api.exception_handler(ValidationError)
def _point_out(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Say what is wrong and where; never repeat what was sent."""
    mistakes = [Mistake(where=_place(mistake["loc"]), what=mistake["msg"]) for mistake in error.errors]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Something in the request is wrong.", mistakes=mistakes).response()


def _place(found: tuple[str | int, ...]) -> list[str | int]:
    """Say where a mistake is; what we call a body among ourselves says nothing to others."""
    return [place for number, place in enumerate(found) if (number, found[0]) != (1, "body")]


@api.exception_handler(HttpError)
def _refuse_unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return Problem(HTTPStatus(error.status_code), error.message).response()


def refuse_unknown(request: HttpRequest) -> HttpResponse:
    """Answer for all addresses below the API's own at which there is nothing."""
    return Problem(HTTPStatus.NOT_FOUND, "There is nothing at this address.").response()


@api.exception_handler(RequestDataTooBig)
def _refuse_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {most} kB.").response()


def described() -> str:
    """Write down what can be asked, as a file of OpenAPI 3.1."""
    return json.dumps(api.get_openapi_schema(), indent=1, default=str, ensure_ascii=False) + "\n"


def _scopes() -> dict[str, str]:
    """Say of each operation which scope a key needs for it."""
    return {
        operation.operation_id or "": auth.scope.value
        for router in ROUTERS
        for view in router.path_operations.values()
        for operation in view.operations
        for auth in operation.auth_callbacks
        if isinstance(auth, Bearer | AsyncBearer)
    }


def _operations(schema: OpenAPISchema) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _name_refusals(path: str, method: str, operation: dict[str, Any]) -> None:
    """Name the refusals that an operation may answer with, besides those that it names itself."""
    named = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
    if "requestBody" in operation:
        named |= {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
    if operation["parameters"]:
        named.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    if "{" in path:
        named.add(HTTPStatus.NOT_FOUND)
    said = {"schema": {"$ref": REF_TEMPLATE.format(model=ProblemSaid.__name__)}}
    responses = operation["responses"]
    for status in sorted(named | ({HTTPStatus.CONFLICT} & responses.keys())):
        kept = responses.get(status, {}).get("content", {})
        responses[status] = {"description": REFUSALS[status], "content": kept | {CONTENT_TYPE: said}}
    if HTTPStatus.CONFLICT in responses:
        responses[HTTPStatus.CONFLICT]["content"] = {CONTENT_TYPE: said}
    if method == "get":
        responses[HTTPStatus.NOT_MODIFIED] = {"description": "It has not changed."}


def _definitions() -> dict[str, Any]:
    """Describe the shapes that no operation names by itself."""
    found: dict[str, Any] = {}
    shapes: list[type[Schema]] = [ProblemSaid, *fields.judged]
    for shape in shapes:
        schema = shape.model_json_schema(ref_template=REF_TEMPLATE)
        found |= {**schema.pop("$defs", {}), shape.__name__: schema}
    return found


def _with_shapes(said: Any) -> Any:
    """Let what is judged as a shape refer to it."""
    if isinstance(said, dict):
        if fields.SHAPE in said:
            return {"$ref": REF_TEMPLATE.format(model=said[fields.SHAPE])}
        return {key: _with_shapes(value) for key, value in said.items()}
    return [_with_shapes(value) for value in said] if isinstance(said, list) else said
