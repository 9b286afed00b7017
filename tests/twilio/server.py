"""The stand-in itself: connections, addresses, and how a call to send ends."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from http import HTTPStatus

from tests.twilio import wire
from tests.twilio.faults import Ending, Faults, Refusal, Temper
from tests.twilio.ledger import API, Ledger, Message
from tests.twilio.reports import Reporter
from tests.twilio.wire import Answer, Request

REQUIRED = (
    (("To",), 21604, "A 'To' phone number is required."),
    (("From", "MessagingServiceSid"), 21603, "A 'From' phone number is required."),
    (("Body", "ContentSid"), 21602, "Message body is required."),
)
FAILURE = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, 20500, "Internal Server Error")


@dataclass
class Call:
    """An attempt to send, taken or not; ``status`` is zero where it got no answer."""

    at: float
    to: str
    status: int
    code: int = 0
    lasted_s: float = 0


@dataclass(frozen=True)
class Silence:
    """What a call gets in place of an answer: its socket is dropped then, unless the caller gives up before."""

    call: Call
    seconds: float

    async def last(self, reader: asyncio.StreamReader) -> None:
        """Wait, and note for how long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.read(1), self.seconds)
        self.call.lasted_s = time.time() - self.call.at


@dataclass
class Server:
    """One account at Twilio. Everything runs in one event loop, so that nothing here needs a lock."""

    account: str
    token: str
    temper: Temper = field(default_factory=Temper)
    ledger: Ledger = field(default_factory=Ledger)
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reporter = Reporter(self.token)
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after another until either side has had enough."""
        try:
            while request := await wire.read(reader):
                answer = await self._answer(request)
                if isinstance(answer, Silence):
                    await answer.last(reader)
                    break
                writer.write(answer.encode())
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    async def _answer(self, request: Request) -> Answer | Silence:
        if not request.path.startswith(API):
            return self._aside(request)
        if request.credentials != f"{self.account}:{self.token}":
            return _refused(Refusal(HTTPStatus.UNAUTHORIZED, 20003, "Authenticate"))
        place = request.path.removeprefix(f"{API}/{self.account}/Messages")
        if place == ".json" and request.method == "POST":
            return await self._send(request.form)
        if place == ".json":
            lag_seconds = self.temper.faults.listing_lag_s
            return Answer(self.ledger.page(self.account, request.query, lag_seconds=lag_seconds))
        if message := self.ledger.messages.get(place.removeprefix("/").removesuffix(".json")):
            return Answer(message.as_json())
        return _refused(Refusal(HTTPStatus.NOT_FOUND, 20404, f"The requested resource {request.path} was not found"))

    def _aside(self, request: Request) -> Answer:
        """Answer what only tests ask."""
        match request.method, request.path:
            case "GET", "/ledger":
                return Answer([message.as_row() for message in self.ledger.messages.values()])
            case "GET", "/calls":
                return Answer([asdict(call) for call in self.calls])
            case "GET", "/reports":
                return Answer([asdict(report) for report in self.reporter.made])
            case "POST", "/faults":
                self.temper = Temper(Faults(**json.loads(request.body)))
                return Answer(asdict(self.temper.faults))
            case "POST", "/forget":
                self.temper, self.ledger, self.calls = Temper(), Ledger(), []
                self.reporter.made.clear()
                return Answer({})
        return Answer({}, HTTPStatus.NOT_FOUND)

    async def _send(self, form: dict[str, str]) -> Answer | Silence:
        """Take a message, or not, and end the call as the faults say."""
        temper = self.temper
        call = Call(time.time(), form.get("To", ""), 0)
        self.calls.append(call)
        await asyncio.sleep(temper.faults.slow_ms / 1000)
        if refusal := _incomplete(form) or temper.refuse(call.to):
            return self._refuse(call, refusal)
        ending, is_taken = temper.ending()
        message = Message(self.account, form)
        shown = Answer(message.as_json(), HTTPStatus.CREATED)
        if is_taken:
            await self._take(message, temper)
        match ending:
            case Ending.ANSWERED:
                call.status = shown.status
                return shown
            case Ending.FAILED:
                return self._refuse(call, FAILURE)
            case Ending.HUNG:
                return Silence(call, temper.faults.hang_seconds)
            case Ending.DROPPED:
                return Silence(call, 0)

    def _refuse(self, call: Call, refusal: Refusal) -> Answer:
        call.status, call.code = refusal.status, refusal.code
        is_for_later = refusal.status == HTTPStatus.TOO_MANY_REQUESTS
        return replace(_refused(refusal), retry_after_s=self.temper.faults.retry_after_s if is_for_later else None)

    async def _take(self, message: Message, temper: Temper) -> None:
        """Write a message down and have its statuses reported."""
        number = self.ledger.take(message)
        report = self.reporter.report(message, temper.faults, is_undelivered=temper.is_undelivered(number))
        if temper.faults.early:
            await report
            return
        task = asyncio.create_task(report)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _incomplete(form: dict[str, str]) -> Refusal | None:
    for names, code, message in REQUIRED:
        if not any(form.get(name) for name in names):
            return Refusal(HTTPStatus.BAD_REQUEST, code, message)
    return None


def _refused(refusal: Refusal) -> Answer:
    content = {
        "code": refusal.code,
        "message": refusal.message,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }
    return Answer(content, refusal.status)
