"""Saying again only what has changed: what is read carries an ``ETag``, and who has it still gets 304."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from ninja import Schema


def tagged(request: HttpRequest, said: Schema) -> HttpResponse:
    """Say something with an ``ETag`` of what is said, or that it has not changed."""
    response = HttpResponse(said.model_dump_json(), content_type="application/json")
    response["ETag"] = f'"{sha256(response.content).hexdigest()[:32]}"'
    return get_conditional_response(request, etag=response["ETag"], response=response) or response
