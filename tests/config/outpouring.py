"""An application that sends more than a slow reader takes, for ``config.daphne`` to be tested with."""

from collections import Counter

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope

FRAMES = 300
KILOBYTE = 1024

counts = Counter(sent=0, ended=0)


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Send numbered frames, text and bytes by turns; answer HTTP with how many were sent and how many sockets ended."""
    await receive()
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": False})
        await send(
            {"type": "http.response.body", "body": f"{counts['sent']} {counts['ended']}".encode(), "more_body": False}
        )
        return
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    try:
        for number in range(FRAMES):
            said = frame(number)
            await send(
                {
                    "type": "websocket.send",
                    "text": said if isinstance(said, str) else None,
                    "bytes": said if isinstance(said, bytes) else None,
                }
            )
            counts["sent"] += 1
        await receive()
    finally:
        counts["ended"] += 1


def frame(number: int) -> str | bytes:
    """Give the frame of this number: from 1 kB to 64 kB, text or bytes."""
    said = f"{number} ".ljust((1 + number % 64) * KILOBYTE, "x")
    return said.encode() if number % 2 else said
