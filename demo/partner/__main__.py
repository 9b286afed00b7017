"""Run the partner: ``python -m demo.partner --tells FILE --hook URL --speed NUMBER``, until it is told to stop.

It chooses its port, its key and its secret itself, and writes them to the file once it can be called.
"""

import argparse
import json
import secrets
import signal
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import Final

from demo.partner.journeys import Journeys
from demo.partner.server import Partner

CARRIER: Final = "Revontuli"
LOOK_SECONDS: Final = 0.5


def main(tells: Path, hook: str, speed: float) -> None:
    """Serve, and let parcels travel."""
    is_over = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        is_over.set()

    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, end)
    terms = {"api_key": f"EZAK{secrets.token_hex(16)}", "secret": secrets.token_urlsafe(24)}
    with Partner(CARRIER, api_key=terms["api_key"]) as partner:
        journeys = Journeys(partner.books, hook=hook, secret=terms["secret"], speed=speed)
        Thread(target=partner.serve_forever, daemon=True).start()
        _write(tells, {"api_url": partner.url, **terms})
        while not is_over.wait(LOOK_SECONDS):
            journeys.go_on(at=datetime.now(UTC))
        partner.shutdown()


def _write(path: Path, terms: dict[str, str]) -> None:
    """Write a file that only its owner may read, in one step."""
    unfinished = path.with_suffix(".part")
    unfinished.touch(mode=0o600, exist_ok=False)
    unfinished.write_text(json.dumps(terms), encoding="utf-8")
    unfinished.replace(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m demo.partner")
    parser.add_argument("--tells", type=Path, required=True)
    parser.add_argument("--hook", required=True)
    parser.add_argument("--speed", type=float, required=True)
    chosen = parser.parse_args()
    main(chosen.tells, chosen.hook, chosen.speed)
