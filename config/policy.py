"""What a page of ours may load and whom it may tell where it came from."""

import re
from typing import Final
from urllib.parse import urlsplit

NONE: Final = "'none'"
SELF: Final = "'self'"

# A policy knows no wildcard but a whole first part.
_MIRROR: Final = re.compile(r"^[^.]*\{s\}[^.]*")


def content_security(base_url: str, tile_url: str) -> dict[str, list[str]]:
    """Write the content security policy: nothing but our own files, our own sockets and the map's tiles.

    ``tile_url`` is a provider's template, empty where the tiles are our own.
    """
    return {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF, _socket_origin(base_url)],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, _tile_origin(tile_url)] if tile_url else [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "worker-src": [SELF],
    }


def _socket_origin(base_url: str) -> str:
    """Name our sockets outright, for browsers that do not count them as ``'self'``."""
    address = urlsplit(base_url)
    return f"{'wss' if address.scheme == 'https' else 'ws'}://{address.netloc}"


def _tile_origin(tile_url: str) -> str:
    """Name the host of a tile template; the part with ``{s}`` stands for any of its mirrors."""
    address = urlsplit(tile_url)
    return f"{address.scheme}://{_MIRROR.sub('*', address.netloc)}"
