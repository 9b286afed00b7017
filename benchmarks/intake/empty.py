"""The peer: an empty asynchronous view, behind the same middleware, under the same server."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


async def nothing(_request: HttpRequest, **_known: str) -> HttpResponse:
    """Answer nothing, whatever the key."""
    return HttpResponse()


urlpatterns = [path("gps/<str:key>/", nothing)]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
settings.ROOT_URLCONF = __name__
application = get_asgi_application()
