"""Asking twice does once: a request that carries ``Idempotency-Key`` is answered as it was the first time."""

import hashlib
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, Final, ParamSpec

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema, Status
from ninja.params import functions as sources
from ninja.utils import contribute_operation_args

from tracking.api import access
from tracking.api.access import Keyed
from tracking.api.problems import Problem
from tracking.keys import services as keys
from tracking.keys.services import Named, OtherRequest

P = ParamSpec("P")

REPEATED: Final = "Idempotent-Replayed"


def once(
    operation: Callable[Concatenate[Keyed, P], Status[Any]],
) -> Callable[..., Status[Any] | HttpResponse]:
    """Let an operation be asked again and again under one name, for a day, and be done once.

    It answers with a ``Status`` of a schema, or raises ``Problem``: then nothing has happened, and the name is free.
    """

    @wraps(operation)
    def repeated(request: Keyed, *args: P.args, **kwargs: P.kwargs) -> Status[Any] | HttpResponse:
        name = str(kwargs.pop("idempotency_key", ""))
        if not name:
            return operation(request, *args, **kwargs)
        fingerprint = hashlib.sha256(b"\n".join([(request.method or "").encode(), request.path.encode(), request.body]))

        def answer() -> tuple[int, str]:
            status = operation(request, *args, **kwargs)
            said: Schema = status.value
            return status.status_code, said.model_dump_json()

        try:
            named = Named(name, fingerprint.hexdigest(), access.secret_of(request))
            code, body, is_repeated = keys.answer_once(request.auth, named, at=timezone.now(), answer=answer)
        except OtherRequest as error:
            detail = "This Idempotency-Key was given to another request."
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail) from error
        response = HttpResponse(body, status=code, content_type="application/json")
        if is_repeated:
            response[REPEATED] = "true"
        return response

    header = sources.Header(
        "",
        alias="Idempotency-Key",
        max_length=255,
        pattern=r"^[\x21-\x7e]*$",
        description="A name of your own for this request, new for each.",
    )
    contribute_operation_args(repeated, "idempotency_key", str, header)
    return repeated
