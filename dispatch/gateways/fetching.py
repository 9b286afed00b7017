"""Asking a web server for JSON, in time."""

import time
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from notifications.gateways.connection import Broken, Connection, NothingSent

CALL_SECONDS: Final = 5.0

_OK: Final = 200


class Unavailable(Exception):
    """The server gave no usable answer; asking again later is safe."""


def get(url: str) -> Any:
    """Fetch what is at an address and read it as JSON, within ``CALL_SECONDS``.

    Raises ``Unavailable``, without the address, which may hold a key.
    """
    place = urlsplit(url)
    connection = Connection(f"{place.scheme}://{place.netloc}")
    target = place._replace(scheme="", netloc="").geturl() or "/"
    deadline = time.monotonic() + CALL_SECONDS
    try:
        reply = connection.exchange("GET", target, headers={"Accept": "application/json"}, body=None, deadline=deadline)
        if reply.status != _OK:
            raise Unavailable(f"It answers {reply.status}.")
        return orjson.loads(reply.body)
    except (NothingSent, Broken) as reason:
        raise Unavailable(str(reason)) from reason
    except orjson.JSONDecodeError as reason:
        raise Unavailable("Its answer is no JSON.") from reason
    finally:
        connection.close()
