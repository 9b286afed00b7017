"""Saying again only what has changed: what is read carries an ``ETag``, and who has it still gets 304."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response


def tagged(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Give an answer with an ``ETag`` of what it says, or one that says that this has not changed."""
    response["ETag"] = f'"{sha256(response.content).hexdigest()[:32]}"'
    conditional = get_conditional_response(request, etag=response["ETag"], response=response)
    return conditional if isinstance(conditional, HttpResponse) else response
