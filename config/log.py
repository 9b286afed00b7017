"""How every process logs: one line an event, no secret in it.

An address that is somebody's secret (a link in a message, a driver's page, a device's key) is cut to its first
characters wherever it stands: in the message, its arguments or a traceback. What is asked of it, which may be where
somebody is, goes altogether.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

_SECRET_ADDRESS: Final = re.compile(r"(/(?:t|gps|drive|unsubscribe)/[\w%-]{4})[\w%-]+([^\s?\"']*)(?:\?[^\s\"']*)?")


def redact(text: str) -> str:
    """Cut the secret addresses in a text to their first four characters, and drop their queries."""
    return _SECRET_ADDRESS.sub(r"\1…\2", text)


class Lines(logging.Formatter):
    """Lines for a person to read, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line, for a machine to read, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
            "process": record.process,
        }
        if record.exc_info:
            line["traceback"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def configuration(*, is_for_people: bool) -> dict[str, Any]:
    """Describe the logging of every process to ``logging.config.dictConfig``.

    Access logs are silent, because a server writes its own past us, each address in full; the proxy in front keeps
    one. So is the coming and going of sockets and tasks, and what the libraries that speak to providers tell of each
    request: whom it is for.
    """
    formatter = {"()": "config.log.Lines", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter if is_for_people else {"()": "config.log.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {
            name: {"level": level, "handlers": [], "propagate": True}
            for name, level in {
                "django": "INFO",
                "django.server": "WARNING",
                "uvicorn": "WARNING",
                "uvicorn.access": "WARNING",
                "uvicorn.error": "WARNING",
                "celery.beat": "WARNING",
                "celery.worker.strategy": "WARNING",
                "celery.app.trace": "WARNING",
                "twilio": "WARNING",
                "urllib3": "WARNING",
                "fontTools": "WARNING",
            }.items()
        },
    }
