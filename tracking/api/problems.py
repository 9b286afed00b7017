"""What the API answers when it cannot do what it was asked: a problem of RFC 9457."""

from http import HTTPStatus
from typing import Final

from django.http import HttpResponse
from ninja import Schema

CONTENT_TYPE: Final = "application/problem+json"


class Mistake(Schema):
    """One thing that is wrong in a request: where, from ``body``, ``query``, ``path`` or ``header`` on, and what."""

    where: list[str | int]
    what: str


class ProblemSaid(Schema):
    """Why a request was not done. Nothing was stored, and nothing was lost."""

    type: str
    title: str
    status: int
    detail: str
    mistakes: list[Mistake] = []


class Problem(Exception):
    """Why a request was not done; the answer follows from it."""

    def __init__(
        self, status: HTTPStatus, detail: str, *, mistakes: list[Mistake] | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.mistakes = mistakes or []
        self.retry_after = retry_after

    def said(self) -> ProblemSaid:
        """Put it into words."""
        return ProblemSaid(
            type="about:blank",
            title=self.status.phrase,
            status=self.status,
            detail=self.detail,
            mistakes=self.mistakes,
        )

    def response(self) -> HttpResponse:
        """Answer with it."""
        response = HttpResponse(self.said().model_dump_json(), status=self.status, content_type=CONTENT_TYPE)
        if self.retry_after is not None:
            response["Retry-After"] = str(self.retry_after)
        if self.status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = "Bearer"
        return response


def missing(what: str) -> Problem:
    """Say that there is no such thing, or that it is not for this key: nobody learns which."""
    return Problem(HTTPStatus.NOT_FOUND, f"There is no such {what}.")
