"""Django's own middleware, run where the request is instead of in a thread.

Under ASGI, Django takes every ``process_request`` and ``process_response`` of a synchronous middleware to a
thread, because it might block. These only look at headers and set some. What does block, the session's row and
a form's body, still leaves the event loop. Decision 0003 has the figures.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from asgiref.sync import sync_to_async
from csp import middleware as csp
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.middleware import clickjacking, common, csrf, gzip, locale, security
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from tracking.api.problems import Problem

API: Final = "api"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


class OnTheLoop(MiddlewareMixin):
    """A middleware whose steps never block, so that the event loop takes them itself."""

    get_response: Any

    async def __acall__(self, request: HttpRequest) -> Any:
        process_request = getattr(self, "process_request", None)
        process_response = getattr(self, "process_response", None)
        response = process_request(request) if process_request else None
        response = response or await self.get_response(request)
        return process_response(request, response) if process_response else response


class SecurityMiddleware(OnTheLoop, security.SecurityMiddleware):
    """HTTPS, HSTS, and who is told where a visitor came from."""


class CSPMiddleware(OnTheLoop, csp.CSPMiddleware):
    """What a page may load."""


class XFrameOptionsMiddleware(OnTheLoop, clickjacking.XFrameOptionsMiddleware):
    """No frames, for browsers that do not know the policy above."""


class GZipMiddleware(OnTheLoop, gzip.GZipMiddleware):
    """Compressed answers, their length blurred against BREACH."""


class SessionMiddleware(OnTheLoop, sessions.SessionMiddleware):
    """Staff's sessions. Whoever has none, which is every shopper and driver, pays for none."""

    async def __acall__(self, request: HttpRequest) -> Any:
        self.process_request(request)
        response = await self.get_response(request)
        if request.session.accessed or request.session.modified:
            return await sync_to_async(self.process_response)(request, response)
        return self.process_response(request, response)


class LocaleMiddleware(OnTheLoop, locale.LocaleMiddleware):
    """The reader's language. The map has none, so that a cache keeps one of each tile for everybody."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.resolver_match and request.resolver_match.app_name == "atlas":
            return response
        return super().process_response(request, response)


class CommonMiddleware(OnTheLoop, common.CommonMiddleware):
    """The slash at the end of an address, the length of an answer, and a word where Django refuses without one."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if isinstance(response, HttpResponseNotAllowed):
            _say_what_is_taken(request, response)
        return super().process_response(request, response)


def _say_what_is_taken(request: HttpRequest, response: HttpResponseNotAllowed) -> None:
    told = _("This address takes %(methods)s.") % {"methods": response["Allow"]}
    if request.resolver_match and request.resolver_match.namespace == API:
        problem = Problem(HTTPStatus.METHOD_NOT_ALLOWED, told).response()
        response.content, response["Content-Type"] = problem.content, problem["Content-Type"]
    elif not response.content:
        response.content = json.dumps({"error": told}, ensure_ascii=False)
        response["Content-Type"] = "application/json"


class CsrfViewMiddleware(OnTheLoop, csrf.CsrfViewMiddleware):
    """Forms that only our own pages can send."""

    process_view: Any

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        if self.async_mode:
            self.process_view = self._aprocess_view

    async def _aprocess_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Judge as ``process_view`` does; a form that must be parsed for it is parsed off the loop."""
        process_view = super().process_view
        if request.method in SAFE_METHODS or getattr(view, "csrf_exempt", False):
            return process_view(request, view, args, kwargs)
        return await sync_to_async(process_view)(request, view, args, kwargs)


class AuthenticationMiddleware(OnTheLoop, auth.AuthenticationMiddleware):
    """Who is asking: found out when somebody wants to know."""


class MessageMiddleware(OnTheLoop, messages.MessageMiddleware):
    """Messages for the next page, kept in a signed cookie and so never in the database."""
