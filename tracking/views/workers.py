"""Service workers: scripts that have an address beside the pages they look after, and not among the static files."""

from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpResponse


def serve(name: str) -> HttpResponse:
    """Answer with the script that has this name among the static files; a browser asks each time whether it is new."""
    response = HttpResponse(_read(name), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@cache
def _read(name: str) -> bytes:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(name)
    return Path(path).read_bytes()
