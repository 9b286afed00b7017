"""The origins of web sites, as browsers write them. Pure."""

import re
from typing import Final
from urllib.parse import urlsplit

USUAL_PORTS: Final = {"https": 443, "http": 80}
LONGEST: Final = 255

_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


class NoOrigin(Exception):
    """This names no one web site over HTTPS, or it says more than which one."""


def read(written: str) -> str:
    """Read an origin like https://shop.example, as somebody wrote it, into what a browser says.

    A port that is usual goes, a name in other letters becomes what the network calls it. ``http`` is taken for this
    very machine alone, where shops are made.

    Raises ``NoOrigin``.
    """
    try:
        address = urlsplit(written.strip().rstrip("/"))
        host = (address.hostname or "").encode("idna").decode()
        port = address.port
    except ValueError as error:
        raise NoOrigin from error
    is_alone = not (address.path or address.query or address.fragment or "@" in address.netloc)
    if not is_alone or not _HOST.fullmatch(host) or len(host) > LONGEST or not _is_safe(address.scheme, host):
        raise NoOrigin
    return f"{address.scheme}://{host}" + ("" if port in {None, USUAL_PORTS[address.scheme]} else f":{port}")


def _is_safe(scheme: str, host: str) -> bool:
    is_here = host in {"localhost", "127.0.0.1"} or host.endswith(".localhost")
    return scheme == "https" or (scheme == "http" and is_here)
