"""The addresses of WebSockets, as ``config.asgi`` serves them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable

from tracking import consumers

PAGE: Final = re.compile(r"/ws/t/(?P<token>[^/]+)/")


async def application(scope: Mapping[str, Any], receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Lead a WebSocket to the page it is for."""
    page = PAGE.fullmatch(scope["path"].removeprefix(scope.get("root_path", "")))
    if page:
        await consumers.follow(page["token"], scope, receive, send)
    else:
        await consumers.refuse(send)
