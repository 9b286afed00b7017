"""The stand-in's status callbacks."""

import asyncio
import random
from dataclasses import dataclass, field

import httpx

from tests.twilio import signing
from tests.twilio.faults import Faults
from tests.twilio.ledger import Message

AT_ONCE = 16


@dataclass(frozen=True)
class Report:
    """A callback that was made; ``answer`` is zero where nobody answered."""

    sid: str
    status: str
    answer: int


@dataclass
class Reporter:
    """Posts what became of messages to whoever asked to hear of it, as Twilio does, and as rarely twice."""

    token: str
    made: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._client = httpx.AsyncClient(timeout=15, limits=httpx.Limits(max_connections=AT_ONCE))
        self._places = asyncio.Semaphore(AT_ONCE)
        self._random = random.Random(1)

    async def report(self, message: Message, faults: Faults, *, is_undelivered: bool) -> None:
        """Post a message's statuses, in the order and as often as the faults say."""
        callback = message.form.get("StatusCallback")
        if not callback or not faults.reports:
            return
        statuses = list(faults.reports)
        if is_undelivered:
            statuses[-1] = "undelivered"
            message.error_code = faults.undelivered_code
        message.status = statuses[-1]
        if faults.doubled:
            statuses = [status for status in statuses for _ in range(2)]
        if faults.shuffled:
            self._random.shuffle(statuses)
        await asyncio.sleep(faults.report_after_ms / 1000)
        for status in statuses:
            await self._post(callback, message, status)

    async def _post(self, url: str, message: Message, status: str) -> None:
        form = {
            "AccountSid": message.account,
            "ApiVersion": "2010-04-01",
            "From": message.form.get("From", ""),
            "MessageSid": message.sid,
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "To": message.form["To"],
        }
        if status == "undelivered":
            form["ErrorCode"] = str(message.error_code)
        headers = {"X-Twilio-Signature": signing.sign(self.token, url, form)}
        async with self._places:
            try:
                answer = (await self._client.post(url, data=form, headers=headers)).status_code
            except httpx.HTTPError:
                answer = 0
        self.made.append(Report(message.sid, status, answer))
