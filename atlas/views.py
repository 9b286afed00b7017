"""Map tiles over HTTP."""

import gzip
from typing import Final

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from atlas import areas
from atlas.drawing import tiles
from atlas.drawing.shelf import Picture, Shelf
from atlas.drawing.style import Theme

CACHE_CONTROL: Final = "public, max-age=86400, stale-while-revalidate=2592000"
SHELF_BYTES: Final = 32 << 20

shelf = Shelf(SHELF_BYTES)


@require_safe
async def tile(request: HttpRequest, zoom: int, column: int, row: int) -> HttpResponseBase:
    """Answer with a map tile, for day or (``?theme=dark``) night; where there is no area it is plain ground."""
    theme = request.GET.get("theme", Theme.LIGHT)
    if theme not in tuple(Theme) or not tiles.is_address(zoom, column, row):
        raise Http404("There is no such tile.")
    picture = await sync_to_async(_picture, thread_sensitive=False)(zoom, column, row, Theme(theme))
    response = _answer(picture, takes_gzip="gzip" in request.headers.get("Accept-Encoding", ""))
    return get_conditional_response(request, etag=picture.etag, response=response) or response


def _answer(picture: Picture, *, takes_gzip: bool) -> HttpResponse:
    """Answer with a picture, compressed once and for all instead of once a request."""
    response = HttpResponse(
        picture.compressed if takes_gzip else gzip.decompress(picture.compressed),
        content_type="image/svg+xml",
        headers={"Cache-Control": CACHE_CONTROL, "ETag": picture.etag, "Vary": "Accept-Encoding"},
    )
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _picture(zoom: int, column: int, row: int, theme: Theme) -> Picture:
    """Draw a tile from the areas that reach into it, the smallest on top, or take it from the shelf."""
    box = tiles.box_of(zoom, column, row)
    sheets = tuple(area.sheet for area in reversed(areas.loaded()) if area.sheet.box.meets(box))
    key = (sheets, theme, (zoom, column, row) if sheets else None)
    return shelf.take(key, lambda: tiles.draw(sheets, zoom, column, row, theme))
