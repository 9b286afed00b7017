"""The partner's API over HTTP: EasyPost's, as far as Doorstep speaks it, and the labels of what was bought."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from demo.partner.books import Books, NotFound, NotPossible

Answer = tuple[HTTPStatus, Mapping[str, Any]]

LABEL: Final = re.compile(r"/labels/(RE\d{9}FI)\.svg")
PLACE: Final = re.compile(r"/v2/(shipments|orders)(?:/([\w-]+))?(?:/(buy|refund))?")
DRAWN: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200"><rect width="400" height="200" fill="#fff"/>'
    '<text x="20" y="110" font-family="monospace" font-size="34">{code}</text></svg>'
)


class Partner(ThreadingHTTPServer):
    """A partner that listens on a port of 127.0.0.1, for whoever has its key."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, carrier: str, *, api_key: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Answering)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.books = Books(carrier, label_url=f"{self.url}/labels")
        self.admits = f"Basic {b64encode(f'{api_key}:'.encode()).decode()}"

    def answer(self, method: str, path: str, said: Mapping[str, Any]) -> Answer | None:
        """Do what is asked; ``None`` where no answer is to be given."""
        place = PLACE.fullmatch(path)
        deed = self._deed(method, place, said) if place else None
        if deed is None:
            return _refusal(HTTPStatus.NOT_FOUND, "NOT_FOUND", "There is no such address.")
        try:
            return (HTTPStatus.CREATED if method == "POST" else HTTPStatus.OK), deed()
        except NotFound:
            return _refusal(HTTPStatus.NOT_FOUND, "NOT_FOUND", "The requested resource could not be found.")
        except NotPossible as reason:
            return _refusal(HTTPStatus.UNPROCESSABLE_ENTITY, reason.code, str(reason))
        except (KeyError, TypeError):
            return _refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "PARAMETER.INVALID", "Something is missing.")

    def _deed(
        self, method: str, place: re.Match[str], said: Mapping[str, Any]
    ) -> Callable[[], Mapping[str, Any]] | None:
        """Find what is asked for, without doing it."""
        books, (kind, name, verb) = self.books, place.groups()
        deeds: dict[tuple[str, bool, str | None], Callable[[], Mapping[str, Any]]] = {
            ("GET", True, None): lambda: books.find(name),
            ("POST", True, "refund"): lambda: books.refund(name),
            ("POST", True, "buy"): lambda: books.buy(
                name, service=said.get("service", ""), rate_id=said.get("rate", {}).get("id", "")
            ),
            ("POST", False, None): lambda: (
                books.make_order(said["order"]) if kind == "orders" else books.make_shipment(said["shipment"])
            ),
        }
        return deeds.get((method, name is not None, verb))


class _Answering(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Partner

    def do_GET(self) -> None:
        label = LABEL.fullmatch(self.path)
        if label:
            self._send(HTTPStatus.OK, "image/svg+xml", DRAWN.format(code=label[1]).encode())
        else:
            self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            said = json.loads(body or b"{}")
        except ValueError:
            said = {}
        answer: Answer | None = _refusal(HTTPStatus.UNAUTHORIZED, "APIKEY.INACTIVE", "This api key is not active.")
        if self.headers.get("Authorization") == self.server.admits:
            answer = self.server.answer(self.command, self.path, said if isinstance(said, dict) else {})
        if answer is None:
            self.close_connection = True
        else:
            self._send(answer[0], "application/json", json.dumps(answer[1]).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing of what was asked."""

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _refusal(status: HTTPStatus, code: str, message: str) -> Answer:
    return status, {"error": {"code": code, "message": message, "errors": []}}
