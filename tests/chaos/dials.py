"""Imported by a worker to say aloud whom it connects to, as the interpreter itself tells."""

import logging
import sys
from typing import Any

logger = logging.getLogger(__name__)


def _tell(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        logger.info("dials %s", arguments[1][0])


sys.addaudithook(_tell)
