"""The peer: an empty view of the same kind as the page's, behind the same middleware, under the same server."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def nothing(_request: HttpRequest, token: str) -> HttpResponse:
    """Answer nothing, whatever the token."""
    return HttpResponse(headers={"X-Token-Length": str(len(token))})


urlpatterns = [path("t/<str:token>/", nothing)]
