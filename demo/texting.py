"""Texts that come in: posted and signed as Twilio does, with the token of the demo that runs."""

import base64
import hashlib
import hmac
import http.client
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from demo.access import Access

INBOUND: Final = "/hooks/twilio/inbound/"
PATIENCE_SECONDS: Final = 10.0


class NotTaken(Exception):
    """The demo refused a text; the message says why."""


def text_in(access: Access, sender: str, body: str) -> None:
    """Let a number text a demo that runs.

    Raises ``NotTaken`` where the demo does not want the text, and ``OSError`` where none runs.
    """
    url = f"{access['base_url']}{INBOUND}"
    form = {"MessageSid": f"SM{uuid4().hex}", "From": sender, "To": "+358400000000", "Body": body}
    signature = sign(url, form, token=access["twilio_auth_token"])
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_SECONDS)
    connection.request("POST", INBOUND, urlencode(form), headers)
    answer = connection.getresponse()
    said = answer.read().decode()
    connection.close()
    if answer.status != HTTPStatus.OK:
        raise NotTaken(said)


def sign(url: str, form: Mapping[str, str], *, token: str) -> str:
    """Sign a form as Twilio does: the address and every field with its value, by name, under the account's token.

    See https://www.twilio.com/docs/usage/security#validating-requests.
    """
    signed = url + "".join(f"{name}{value}" for name, value in sorted(form.items()))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), hashlib.sha1)).decode()
