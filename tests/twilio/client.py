"""What tests say to the stand-in, and what it says in its place."""

import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from tests.twilio import signing

ACCOUNT = f"AC{'0' * 32}"
TOKEN = "the-token-of-the-stand-in"
SENDER = "+15005550006"


@dataclass(frozen=True)
class Twilio:
    """A running stand-in. ``url`` is its ``TWILIO_API_BASE``."""

    url: str
    account: str = ACCOUNT
    token: str = TOKEN

    @property
    def settings(self) -> dict[str, str]:
        """The environment of an installation that sends through it."""
        return {
            "TWILIO_API_BASE": self.url,
            "TWILIO_ACCOUNT_SID": self.account,
            "TWILIO_AUTH_TOKEN": self.token,
            "TWILIO_FROM": SENDER,
        }

    def ledger(self) -> list[dict[str, Any]]:
        """Every message taken, in order: ``sid``, ``at``, ``to``, ``body``, ``callback``, ``form``, ``status``, …."""
        return self._get("ledger")

    def calls(self) -> list[dict[str, Any]]:
        """Every attempt to send: ``at``, ``to``, ``status`` (zero: no answer, for ``lasted_s``), Twilio's ``code``."""
        return self._get("calls")

    def reports(self) -> list[dict[str, Any]]:
        """Every status callback: ``sid``, ``status`` and the HTTP ``answer`` it got (zero: none)."""
        return self._get("reports")

    def faults(self, **faults: object) -> None:
        """Behave like this from now on, and otherwise well; see ``faults.Faults``."""
        httpx.post(f"{self.url}/faults", json=faults).raise_for_status()

    def forget(self) -> None:
        """Empty the ledger and behave well again."""
        httpx.post(f"{self.url}/forget").raise_for_status()

    def inbound(self, site: str, *, sender: str, body: str, **fields: str) -> httpx.Response:
        """Post a message from a phone, signed, to the installation at ``site``; ``fields`` overrule what is posted."""
        sid = f"SM{secrets.token_hex(16)}"
        form = {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": sender,
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": SENDER,
            **fields,
        }
        return self.post(f"{site}/hooks/twilio/inbound/", form)

    def post(self, url: str, form: dict[str, str]) -> httpx.Response:
        """Post any form, signed as Twilio does."""
        return httpx.post(url, data=form, headers={"X-Twilio-Signature": signing.sign(self.token, url, form)})

    def _get(self, place: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.url}/{place}", timeout=30).raise_for_status()
        rows: list[dict[str, Any]] = answer.json()
        return rows
