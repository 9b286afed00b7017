"""A delivery on a page of its shop: who may frame it, what it says, and what it asks of a browser."""

import gzip
import re
from pathlib import Path
from typing import Any, Final

import pytest
from django.apps import apps
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from tests import reading
from tests.factories import make_brand, make_link, make_route, make_shipment
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

SHOPS: Final = ["https://shop.example", "https://www.shop.example:8443"]
MOST_BYTES: Final = 15_000

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def make_framed(status: Status = Status.PLANNED, **fields: object) -> TrackingLink:
    at = timezone.now()
    brand = make_brand(**{"widget_origins": SHOPS, **fields})
    return make_link(make_shipment(status=status, brand=brand, at=at), at=at)


def make_on_its_way() -> TrackingLink:
    at = timezone.now()
    route = make_route([(60.1689, 24.9455), (60.1722, 24.9455)], brand=make_brand(widget_origins=SHOPS), at=at)
    return make_link(Shipment.objects.get(stop__route=route, stop__sequence=2), at=at)


def widget(link: TrackingLink) -> str:
    return f"/t/{link.token}/widget/"


def policy_of(response: Any) -> dict[str, str]:
    directives = (directive.strip() for directive in response["Content-Security-Policy"].split(";"))
    return dict(directive.split(" ", 1) for directive in directives)


def test_the_origins_that_a_brand_has_named_may_frame_it_and_nobody_else(client: Client) -> None:
    link = make_framed()

    frame, page = client.get(widget(link)), client.get(f"/t/{link.token}/")

    assert policy_of(frame) == {**policy_of(page), "frame-ancestors": " ".join(SHOPS)}
    assert policy_of(page)["frame-ancestors"] == "'none'"
    assert "X-Frame-Options" not in frame
    assert page["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("beside", ["options/", "messages/", "case/", "options/wishes/", "unlock/"])
def test_no_other_page_of_the_delivery_may_be_framed(client: Client, beside: str) -> None:
    response = client.get(f"/t/{make_framed().token}/{beside}")

    assert policy_of(response)["frame-ancestors"] == "'none'"
    assert response["X-Frame-Options"] == "DENY"


def test_a_brand_that_has_named_nobody_has_no_widget_and_says_so(client: Client) -> None:
    response = client.get(widget(make_framed(widget_origins=[])))

    assert response.status_code == 404
    assert response.content.decode() == "This shop shows no deliveries on its own pages.\n"
    assert policy_of(response)["frame-ancestors"] == "'none'"
    assert response["X-Frame-Options"] == "DENY"


def test_a_wrong_and_an_old_token_get_the_page_that_every_wrong_token_gets(client: Client) -> None:
    link = make_framed()
    links.revoke(link, at=timezone.now())

    revoked, unknown = client.get(widget(link)), client.get("/t/never-there/widget/")

    assert revoked.status_code == unknown.status_code == 404
    assert revoked.content == unknown.content == client.get("/t/never-there/").content
    assert policy_of(revoked)["frame-ancestors"] == "'none'"


def test_it_says_what_the_page_says_first(client: Client) -> None:
    link = make_on_its_way()

    frame, page = (client.get(address).content.decode() for address in (widget(link), f"/t/{link.token}/"))

    assert reading.page_answer(frame) == reading.page_answer(page)
    assert "1 stop before you." in frame
    assert frame.count("<h1") == frame.count("<main") == 1
    assert f'<a href="/t/{link.token}/" target="_blank" rel="noopener noreferrer">' in frame


@pytest.mark.parametrize("status", Status)
def test_it_has_an_answer_for_every_status(client: Client, status: Status) -> None:
    link = make_framed(status)

    frame = client.get(widget(link)).content.decode()

    assert f'data-status="{status}"' in frame
    assert reading.page_answer(frame) == reading.page_answer(client.get(f"/t/{link.token}/").content.decode())


def test_it_takes_no_cookie_and_gives_none(client: Client) -> None:
    link = make_on_its_way()
    client.post(f"/t/{link.token}/unlock/", {"postcode": "00100"})
    stranger = Client()

    opened, fresh = client.get(widget(link)), stranger.get(widget(link))

    assert client.cookies
    assert not opened.cookies
    assert not stranger.cookies
    assert re.sub(r"\d\d:\d\d(:[\d.+:]+)?", "", opened.content.decode()) == re.sub(
        r"\d\d:\d\d(:[\d.+:]+)?", "", fresh.content.decode()
    )
    assert "Cookie" not in opened["Vary"]


def test_the_pin_and_the_address_stay_on_the_page(client: Client) -> None:
    at = timezone.now()
    brand = make_brand(widget_origins=SHOPS, asks_for_pin=True)
    route = make_route([(60.1689, 24.9455)], brand=brand, at=at)
    link = make_link(Shipment.objects.get(stop__route=route), at=at)

    frame = client.get(widget(link)).content.decode()

    assert "Your PIN for the door" in client.get(f"/t/{link.token}/").content.decode()
    secrets = ["PIN", "Aleksanterinkatu", "00100", "Meikäläinen", "maija@example.org", "401234567", "4711B", "60.16"]
    assert [secret for secret in secrets if secret in frame] == []


def test_a_look_changes_nothing(client: Client) -> None:
    link = make_on_its_way()

    def rows() -> list[list[Any]]:
        return [list(model._default_manager.order_by("pk").values()) for model in apps.get_models()]

    before = rows()
    client.get(widget(link))
    client.head(widget(link))

    assert rows() == before
    assert client.post(widget(link)).status_code == 405


def test_it_is_kept_out_of_caches_search_engines_and_other_sites_logs(client: Client) -> None:
    response = client.get(widget(make_framed()))

    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_the_script_is_ours_to_mend_within_the_hour_and_anybodys_to_fetch(client: Client) -> None:
    response = client.get("/widget.js")

    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=3600"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not response.cookies
    assert "document.cookie" not in response.content.decode()
    assert "localStorage" not in response.content.decode()


def test_script_and_frame_are_light(client: Client) -> None:
    link = make_on_its_way()
    frame = client.get(widget(link)).content
    style = re.findall(r'href="(/colours/[^"]+)"', frame.decode())
    kept = re.findall(r'(?:href|src)="/static/([^"]+)"', frame.decode())

    parts = {
        "widget.js": client.get("/widget.js").content,
        "frame": frame,
        **{address: client.get(address).content for address in style},
        **{name: file(name) for name in kept},
    }
    weight = sum(len(gzip.compress(part, 6)) for part in parts.values())

    assert sorted(kept) == ["css/widget.css", "js/frame.js", "js/tracking.js"]
    assert len(style) == 1
    assert weight <= MOST_BYTES


def file(name: str) -> bytes:
    path = finders.find(name)
    assert path is not None
    return Path(path).read_bytes()
