"""Take the README's pictures of a demo that runs: ``make demo`` in one terminal, ``make screenshots`` in another.

``python -m docs.screenshots FOLDER`` looks for ``demo.json`` in another folder than ``var``.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
from playwright.sync_api import Browser, sync_playwright

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs" / "screenshots"
CHROMIUM: Final = Path("/usr/bin/chromium")
SETTLED_MS: Final = 1500


class Picture(NamedTuple):
    """One picture: which page, on which screen, by day or by night."""

    name: str
    path: str
    width: int
    height: int
    scheme: str
    sharpness: int = 2


def main() -> None:
    """Take every picture, in place of the last ones."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "var"
    demo = json.loads((folder / "demo.json").read_text())
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        path = CHROMIUM if CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for picture in _pictures(demo):
            _take(browser, demo["base_url"], picture)
            sys.stdout.write(f"docs/screenshots/{picture.name}.png\n")
        browser.close()


def _pictures(demo: dict[str, Any]) -> Iterator[Picture]:
    seen = f"/t/{_with_a_driver_in_sight(demo)}/"
    yield Picture("page", seen, 390, 844, "light")
    yield Picture("page-by-night", seen, 390, 844, "dark")
    yield Picture("page-on-a-desktop", seen, 1280, 800, "light", sharpness=1)
    for status in ("planned", "delivered", "attempted"):
        token = next(shipment["token"] for shipment in demo["shipments"] if shipment["status"] == status)
        yield Picture(status.replace("_", "-"), f"/t/{token}/", 390, 844, "light")
    messages = f"/t/{_who_was_told_most(demo)}/messages/"
    yield Picture("messages", messages, 390, 844, "light")
    yield Picture("messages-by-night", messages, 390, 844, "dark")
    yield Picture("find", "/", 390, 844, "light")


def _with_a_driver_in_sight(demo: dict[str, Any]) -> str:
    """Find the shopper who sees their driver, with as few stops before them as there are, but not none."""
    found = []
    for shipment in demo["shipments"]:
        known = httpx.get(f"{demo['base_url']}/t/{shipment['token']}.json").json()
        if (known.get("driver") or {}).get("position") and known["stops_before"]:
            found.append((known["stops_before"], shipment["token"]))
    if not found:
        sys.exit("Nobody in the demo sees their driver at this moment. Try again in a minute.")
    return str(min(found)[1])


def _who_was_told_most(demo: dict[str, Any]) -> str:
    """Find the shopper who was sent the most messages in the language of the README."""
    told = []
    for shipment in demo["shipments"]:
        page = httpx.get(f"{demo['base_url']}/t/{shipment['token']}/messages/").text
        told.append((page.count('<blockquote lang="en"'), shipment["token"]))
    return str(max(told)[1])


def _take(browser: Browser, base_url: str, picture: Picture) -> None:
    context = browser.new_context(
        base_url=base_url,
        viewport={"width": picture.width, "height": picture.height},
        device_scale_factor=picture.sharpness,
        color_scheme="dark" if picture.scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(picture.path)
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    context.close()


if __name__ == "__main__":
    main()
