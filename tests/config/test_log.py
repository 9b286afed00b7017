import json
import logging
import subprocess
import sys

import pytest

from config import log

TOKEN = "c2VjcmV0LXRva2VuLW9mLTEyOA"


def record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("doorstep", logging.WARNING, "file.py", 1, message, arguments, None)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        (f"/t/{TOKEN}/", "/t/c2Vj…/"),
        (f"/t/{TOKEN}.json", "/t/c2Vj….json"),
        (f"/ws/t/{TOKEN}/", "/ws/t/c2Vj…/"),
        (f"/gps/{TOKEN}/?id=7&lat=60.17&lon=24.94", "/gps/c2Vj…/"),
        (f"'/gps/{TOKEN}?lat=60.17'", "'/gps/c2Vj…'"),
        (f"/t/{TOKEN}/unlock/", "/t/c2Vj…/unlock/"),
        (f"/drive/{TOKEN}/", "/drive/c2Vj…/"),
        (f"/unsubscribe/{TOKEN}==/", "/unsubscribe/c2Vj…==/"),
        ("/tiles/14/9328/4742.svg?theme=dark", "/tiles/14/9328/4742.svg?theme=dark"),
    ],
)
def test_a_secret_address_is_cut(address: str, kept: str) -> None:
    assert log.redact(f"Not Found: {address} from 127.0.0.1") == f"Not Found: {kept} from 127.0.0.1"


def test_a_line_for_machines_is_one_json_object() -> None:
    entry = record("Not Found: %s", f"/t/{TOKEN}/\n")
    entry.created = 1_795_341_600.25
    entry.process = 7

    line = log.JsonLines().format(entry)

    assert "\n" not in line
    assert json.loads(line) == {
        "at": "2026-11-22T10:00:00.250+00:00",
        "level": "warning",
        "logger": "doorstep",
        "message": "Not Found: /t/c2Vj…/\n",
        "process": 7,
    }


def test_a_quoted_address_leaves_a_line_that_a_machine_can_read() -> None:
    line = log.JsonLines().format(record('refused "%s"\n%s', f"/gps/{TOKEN}/?lat=60.17", f"/t/{TOKEN}/?x=\n1"))

    assert json.loads(line)["message"] == 'refused "/gps/c2Vj…/"\n/t/c2Vj…/\n1'


@pytest.mark.parametrize("formatter", [log.Lines(), log.JsonLines()])
def test_a_traceback_gives_no_secret_away(formatter: logging.Formatter) -> None:
    entry = record("failed")
    entry.exc_info = (ValueError, ValueError(f"https://track.example/t/{TOKEN}/"), None)

    line = formatter.format(entry)

    assert TOKEN not in line
    assert "ValueError: https://track.example/t/c2Vj…/" in line


def test_libraries_do_not_tell_of_whom_they_write_to() -> None:
    script = """
import logging.config
from config import log
logging.config.dictConfig(log.configuration(is_for_people=False))
for name in ("twilio.http_client", "urllib3.connectionpool", "doorstep"):
    logging.getLogger(name).debug("POST /Messages.json?To=+358401234567")
    logging.getLogger(name).info("%s speaks", name)
    logging.getLogger(name).warning("%s warns", name)
"""

    said = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stderr

    assert [json.loads(line)["message"] for line in said.splitlines()] == [
        "twilio.http_client warns",
        "urllib3.connectionpool warns",
        "doorstep speaks",
        "doorstep warns",
    ]
