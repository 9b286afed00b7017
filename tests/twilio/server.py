"""The stand-in itself: connections, addresses, and how a call to send ends."""

import asyncio
import json
import time
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


@dataclass(frozen=True)
class Call:
    """An attempt to send, taken or not; ``status`` is zero where it got no answer."""

    at: float
    to: str
    status: int
    code: int = 0


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
                if answer is None:
                    break
                writer.write(answer.encode())
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()

    async def _answer(self, request: Request) -> Answer | None:
        """Answer a request; ``None`` drops the connection."""
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

    async def _send(self, form: dict[str, str]) -> Answer | None:
        """Take a message, or not, and end the call as the faults say."""
        temper = self.temper
        to = form.get("To", "")
        begun_at = time.time()
        await asyncio.sleep(temper.faults.slow_ms / 1000)
        if refusal := _incomplete(form) or temper.refuse(to):
            self.calls.append(Call(begun_at, to, refusal.status, refusal.code))
            return _refused(refusal, retry_after_s=temper.faults.retry_after_s)
        ending, is_taken = temper.ending()
        message = Message(self.account, form)
        shown = Answer(message.as_json(), HTTPStatus.CREATED)
        if is_taken:
            await self._take(message, temper)
        self.calls.append(Call(begun_at, to, _STATUS[ending]))
        if ending is Ending.HUNG:
            await asyncio.sleep(temper.faults.hang_seconds)
        if ending is Ending.FAILED:
            return _refused(Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, 20500, "Internal Server Error"))
        return shown if ending is Ending.ANSWERED else None

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


_STATUS = {
    Ending.ANSWERED: HTTPStatus.CREATED,
    Ending.FAILED: HTTPStatus.INTERNAL_SERVER_ERROR,
    Ending.DROPPED: 0,
    Ending.HUNG: 0,
}


def _incomplete(form: dict[str, str]) -> Refusal | None:
    for names, code, message in REQUIRED:
        if not any(form.get(name) for name in names):
            return Refusal(HTTPStatus.BAD_REQUEST, code, message)
    return None


def _refused(refusal: Refusal, *, retry_after_s: int | None = None) -> Answer:
    content = {
        "code": refusal.code,
        "message": refusal.message,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }
    answer = Answer(content, refusal.status)
    return replace(answer, retry_after_s=retry_after_s) if refusal.code == 20429 else answer
