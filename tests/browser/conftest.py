"""A real browser, and what must hold on every page that a test opens in it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize, expect, sync_playwright

from tests.servers import Server

CHROMIUM: Final = Path("/usr/bin/chromium")
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}

Post = Callable[..., None]

# A busy machine takes longer to answer than the five seconds that are usual.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start a browser; not for longer than a module, because its event loop is in the way of async tests."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # That loop runs in the test's own thread, and Django would take what the test asks for an async view.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        path = CHROMIUM if CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, daphne: Server) -> Iterator[BrowserContext]:
    """Open a phone's browser."""
    context = chromium.new_context(base_url=daphne.url, viewport=PHONE)
    yield context
    context.close()


@pytest.fixture
def problems() -> list[str]:
    """List what a browser complained about; a test that provokes something takes it out."""
    return []


@pytest.fixture
def page(context: BrowserContext, daphne: Server, problems: list[str]) -> Iterator[Page]:
    """Open a tab in which no error may show and no third party may be asked."""

    def watch(request: Request) -> None:
        if not request.url.startswith((daphne.url, "blob:")):
            problems.append(f"asked {request.url}")

    page = context.new_page()
    page.on("request", watch)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield page
    assert problems == []


@pytest.fixture
def post(daphne: Server) -> Post:
    """Post a position as a phone does."""

    def post(key: str, place: tuple[float, float], *, age_seconds: float = 0, bearing: int = 91) -> None:
        query = {"lat": place[0], "lon": place[1], "timestamp": time.time() - age_seconds, "bearing": bearing}
        httpx.get(f"{daphne.url}/gps/{key}/", params=query).raise_for_status()

    return post
