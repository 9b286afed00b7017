import threading

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, AsyncRequestFactory, Client
from django.utils.deprecation import MiddlewareMixin
from django.utils.module_loading import import_string
from pytest_django import Settings

from config import middleware
from config import settings as installation


async def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class Witness(middleware.OnTheLoop):
    """Notes the thread in which each of its steps is taken."""

    threads: list[int]

    def process_request(self, request: HttpRequest) -> None:
        self.threads = [threading.get_ident()]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        self.threads.append(threading.get_ident())
        return response


class Doorkeeper(middleware.OnTheLoop):
    """Lets nobody in."""

    def process_request(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=418)


async def test_steps_are_taken_on_the_loop() -> None:
    witness = Witness(empty)

    await witness.__acall__(AsyncRequestFactory().get("/"))

    assert witness.threads == [threading.get_ident()] * 2


async def test_a_step_may_answer_for_the_view() -> None:
    async def never(request: HttpRequest) -> HttpResponse:
        raise AssertionError

    response = await Doorkeeper(never).__acall__(AsyncRequestFactory().get("/"))

    assert response.status_code == 418


@pytest.mark.parametrize("path", installation.MIDDLEWARE)
def test_every_middleware_knows_how_to_stay_on_the_loop(path: str) -> None:
    kind = import_string(path)

    assert issubclass(kind, middleware.OnTheLoop) or not issubclass(kind, MiddlewareMixin)


@pytest.mark.parametrize(
    "name",
    ["security.SecurityMiddleware", "clickjacking.XFrameOptionsMiddleware", "csrf.CsrfViewMiddleware"],
)
def test_what_django_looks_for_by_name_is_there(name: str) -> None:
    wanted = import_string(f"django.middleware.{name}")

    assert any(issubclass(import_string(path), wanted) for path in installation.MIDDLEWARE)


async def test_an_answer_carries_every_protection(async_client: AsyncClient, settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000

    response = await async_client.get("/health/live", secure=True)

    assert response["Strict-Transport-Security"] == "max-age=31536000"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = dict(directive.split(" ", 1) for directive in response["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "connect-src": "'self' ws://127.0.0.1:8000",
        "font-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "img-src": "'self'",
        "manifest-src": "'self'",
        "object-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "worker-src": "'self'",
    }


def test_a_page_is_kept_for_its_language_and_a_tile_for_everybody(client: Client) -> None:
    address = "/tiles/14/9328/4742.svg"
    tile = client.get(address)
    known = client.get(address, headers={"If-None-Match": tile["ETag"]})

    assert client.get("/health/live")["Vary"] == "Accept-Language"
    assert (tile["Vary"], known["Vary"]) == ("Accept-Encoding", "Accept-Encoding")
    assert "Content-Language" not in tile


async def test_a_method_that_an_address_does_not_know_is_refused_in_words(async_client: AsyncClient) -> None:
    response = await async_client.delete("/health/live")

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert response.json() == {"error": "This address takes GET, HEAD."}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_the_api_says_it_as_a_problem(client: Client, method: str) -> None:
    response = client.generic(method, "/api/v1/webhooks")

    assert (response.status_code, {*response["Allow"].split(", ")}) == (405, {"GET", "POST"})
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["title"]) == (405, "Method Not Allowed")
    assert problem["detail"] == f"This address takes {response['Allow']}."


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
async def test_staff_can_sign_in(async_client: AsyncClient) -> None:
    await User.objects.acreate_superuser("sari", password="a-long-password")

    response = await async_client.post(
        "/admin/login/?next=/admin/", {"username": "sari", "password": "a-long-password"}
    )

    assert (response.status_code, response["Location"]) == (302, "/admin/")
    assert await Session.objects.acount() == 1
    assert (await async_client.get("/admin/enrol/")).status_code == 200


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
async def test_a_visitor_without_a_session_gets_none(async_client: AsyncClient) -> None:
    response = await async_client.get("/health/ready")

    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
async def test_a_form_from_elsewhere_is_refused() -> None:
    client = AsyncClient(enforce_csrf_checks=True)

    response = await client.post("/admin/login/", {"username": "sari", "password": "a-long-password"})

    assert response.status_code == 403


@pytest.mark.sqlite
@pytest.mark.django_db
def test_the_same_middleware_serves_threads(client: Client) -> None:
    response = client.get("/admin/login/", headers={"Accept-Encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip"
    assert response["Referrer-Policy"] == "same-origin"
