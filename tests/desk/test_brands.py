"""How a brand looks, chosen and shown at the desk."""

import re
from html import unescape
from io import BytesIO
from typing import Any, Final

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from desk.brands import scenes
from desk.brands.scenes import SCENES
from desk.models import Deed, Look, Role
from notifications import texts
from notifications.rules.calling import BY_STATUS
from notifications.triggers import Channel, Trigger
from tests.factories import NOON, make_brand, make_member, make_policy, make_rule
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand

CHOSEN: Final = {
    "name": "Kauppa",
    "colour": "#0b6e5f",
    "ink": "",
    "night_colour": "",
    "night_ink": "",
    "font": "plain",
    "scene": "out_for_delivery",
    "language": "en",
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def brand() -> Brand:
    return make_brand()


def address(brand: Brand, part: str = "brand") -> str:
    return reverse(f"desk:{part}", args=[brand.id])


def read(client: Client, path: str, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def picture(ink: tuple[int, int, int, int] = (11, 110, 95, 255), kind: str = "PNG") -> SimpleUploadedFile:
    made = BytesIO()
    Image.new("RGBA", (200, 60), ink).save(made, kind)
    return SimpleUploadedFile("logo.png", made.getvalue())


def keep(client: Client, brand: Brand, **changes: Any) -> Any:
    return client.post(address(brand), {**CHOSEN, "keep": "yes", **changes})


def test_a_lead_of_one_brand_finds_its_look_on_the_first_page_and_others_by_the_list(
    client: Client, brand: Brand
) -> None:
    link = f'<a href="{address(brand)}">How the brand looks</a>'

    client.force_login(make_member(Role.LEAD, brand=brand))
    assert link in read(client, "/admin/")
    client.force_login(make_member(Role.AGENT, brand=brand))
    assert "How the brand looks" not in read(client, "/admin/")
    client.force_login(make_member(Role.LEAD))
    assert "How the brand looks" not in read(client, "/admin/")


@pytest.mark.parametrize("name", SCENES)
def test_every_status_and_every_condition_is_shown(admin_client: Client, brand: Brand, name: str) -> None:
    shown = read(admin_client, address(brand, "brand_page"), scene=name)

    scene = SCENES[name]
    assert f'data-status="{scene.status}"' in shown
    assert shown.count("<h1") == 1
    assert "Kauppa" in shown
    mail = admin_client.get(address(brand, "brand_mail"), {"scene": name})
    assert mail.status_code == (404 if scene.trigger is None else 200)


def test_the_scenes_are_those_of_the_contract_and_each_is_what_it_says(brand: Brand) -> None:
    conditions = ["delayed", "next", "arriving", "stale"]
    place = None

    assert list(SCENES) == [*Status, *conditions]
    for name, scene in SCENES.items():
        shown = scenes.play(scene, brand, near=place, timezone="Europe/Helsinki", at=NOON)
        assert shown.facts.status == scene.status
        assert (name in shown.facts.conditions) is (name in {"delayed", "next", "arriving"})


def test_what_is_sent_because_of_a_status_is_what_the_rules_call_for() -> None:
    assert {name: scene.trigger for name, scene in SCENES.items() if name in BY_STATUS} == BY_STATUS
    assert SCENES["planned"].trigger == Trigger.PLANNED
    assert {SCENES[name].trigger for name in ("on_hold", "returning", "damaged", "lost")} == {None}


def test_the_page_is_that_of_shoppers_in_the_look_that_was_chosen(admin_client: Client, brand: Brand) -> None:
    chosen = {**CHOSEN, "name": "Uusi", "colour": "#b3261e", "font": "bookish"}

    shown = read(admin_client, address(brand, "brand_page"), **chosen)

    assert '<p class="brand">Uusi</p>' in shown
    assert re.search(r'href="/colours/b3261e\.css\?font=bookish', unescape(shown))
    assert "<script" not in shown.replace('<script id="phrases" type="application/json">', "")
    assert Brand.objects.get().name == "Kauppa"


def test_frames_are_for_the_desk_alone_and_run_nothing(admin_client: Client, brand: Brand) -> None:
    outside, page = (admin_client.get(address(brand, part)) for part in ("brand", "brand_page"))
    mail = admin_client.get(address(brand, "brand_mail"))

    assert "frame-src 'self'" in outside["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in outside["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert "script-src 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == mail["X-Frame-Options"] == "SAMEORIGIN"
    assert mail["Content-Security-Policy"].endswith("frame-ancestors 'self'; sandbox")
    assert len(re.findall(r"<iframe[^>]* sandbox ", outside.content.decode())) == 2


def test_the_messages_are_in_the_brands_own_words_colours_and_name(admin_client: Client, brand: Brand) -> None:
    make_policy(brand, sms_sender="KAUPPA", email_sender="Kauppa Oy")
    apps.get_model("notifications", "Template").objects.create(
        brand=brand, trigger=Trigger.ON_THE_WAY, channel=Channel.SMS, language="fi", text="Oma teksti {brand} {link}"
    )
    chosen = {**CHOSEN, "name": "Uusi", "colour": "#b3261e", "language": "fi"}

    shown = read(admin_client, address(brand), **chosen)
    mail = read(admin_client, address(brand, "brand_mail"), **chosen)

    assert "Oma teksti Uusi" in shown
    assert "From KAUPPA." in shown
    assert "From Kauppa Oy:" in shown
    assert "#b3261e" in mail
    assert texts.look_up("fi").words["unsubscribe"] in mail


def test_what_a_brand_does_not_send_is_said(admin_client: Client, brand: Brand) -> None:
    make_rule(brand, Trigger.ON_THE_WAY, Channel.SMS, is_on=False)

    told = read(admin_client, address(brand), scene="out_for_delivery")
    nothing = read(admin_client, address(brand), scene="lost")

    assert "this brand does not send it by SMS." in told
    assert nothing.count("Nothing is sent because of this.") == 2


def test_a_look_is_kept_once_somebody_says_so(admin_client: Client, brand: Brand) -> None:
    chosen = {"name": "Uusi", "colour": "#8a2452", "ink": "#5c1436", "night_colour": "#d06a98", "night_ink": "#f0b8d0"}

    previewed = admin_client.post(address(brand), {**CHOSEN, **chosen})
    before = Brand.objects.values().get()
    kept = keep(admin_client, brand, **chosen, font="rounded")

    assert (previewed.status_code, before["name"], kept.status_code) == (200, "Kauppa", 302)
    after = Brand.objects.values().get()
    assert after == {**before, **chosen, "font": "rounded"}
    assert Look.objects.get(deed=Deed.ACTED).details == {"brand": brand.id}


@pytest.mark.parametrize(
    ("field", "colour", "told"),
    [
        (
            "colour",
            "#ffd400",
            "The contrast on a light page is 1.2 to 1 and must be 3.0. The nearest is #a38800.",
        ),
        (
            "ink",
            "#888888",
            "The contrast on a light page is 3.1 to 1 and must be 5.2. The nearest is #626262.",
        ),
        (
            "night_colour",
            "#333333",
            "The contrast on a dark page is 1.2 to 1 and must be 3.0. The nearest is #6c6c6c.",
        ),
        (
            "night_ink",
            "#0b6e5f",
            "The contrast on a dark page is 2.6 to 1 and must be 5.2. The nearest is #5e9f95.",
        ),
    ],
)
def test_a_colour_that_could_not_be_read_is_refused_with_the_nearest_that_can(
    admin_client: Client, brand: Brand, field: str, colour: str, told: str
) -> None:
    before = Brand.objects.values().get()

    response = keep(admin_client, brand, **{field: colour})

    assert response.status_code == 422
    assert told in unescape(response.content.decode())
    nearest = told.rsplit(maxsplit=1)[-1].rstrip(".")
    assert Brand.objects.values().get() == before
    assert keep(admin_client, brand, **{field: nearest}).status_code == 302


@pytest.mark.parametrize("colour", ["", "red", "#0B6E5F", "#0b6e5f;}", "0b6e5f"])
def test_what_is_no_colour_is_refused(admin_client: Client, brand: Brand, colour: str) -> None:
    assert keep(admin_client, brand, colour=colour).status_code == 422
    assert Brand.objects.get().colour == "#0b6e5f"


def test_a_logo_is_made_anew_replaced_and_taken_away(admin_client: Client, brand: Brand) -> None:
    keep(admin_client, brand, logo=picture())
    first = Brand.objects.get()
    keep(admin_client, brand, logo=picture(kind="WEBP"))
    second = Brand.objects.get()
    keep(admin_client, brand, name="Uusi")
    still = Brand.objects.get()
    keep(admin_client, brand, removes_logo="on")
    none = Brand.objects.get()

    assert (first.logo_width, first.logo_height) == (200, 60)
    assert first.logo != second.logo == still.logo
    assert (none.logo, none.logo_width, none.logo_height) == ("", 0, 0)
    assert not default_storage.exists(f"logos/{first.logo}")
    assert not default_storage.exists(f"logos/{second.logo}")


@pytest.mark.parametrize(
    ("logo", "told"),
    [
        (
            SimpleUploadedFile("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            "This is no picture that we can read",
        ),
        (SimpleUploadedFile("logo.png", b"\x89PNG\r\n\x1a\n"), "This is no picture that we can read"),
        (SimpleUploadedFile("logo.png", b"0" * (2 * 1024 * 1024 + 1)), "A logo is at most 2 MB."),
        (picture((255, 255, 255, 255)), "Nobody would see this logo on a light page"),
    ],
)
def test_what_is_no_logo_is_refused_and_nothing_is_stored(
    admin_client: Client, brand: Brand, logo: SimpleUploadedFile, told: str
) -> None:
    logo.seek(0)

    response = keep(admin_client, brand, logo=logo)

    assert response.status_code == 422
    assert told in response.content.decode()
    assert Brand.objects.get().logo == ""


def test_who_works_for_another_brand_sees_nothing_of_this_one(client: Client, brand: Brand) -> None:
    client.force_login(make_member(Role.LEAD, brand=make_brand()))

    for part in ("brand", "brand_page", "brand_mail"):
        assert client.get(address(brand, part)).status_code == 404
    assert keep(client, brand).status_code == 404


def test_a_look_at_it_changes_nothing(admin_client: Client, brand: Brand) -> None:
    before = Brand.objects.values().get()

    read(admin_client, address(brand), **{**CHOSEN, "name": "Uusi"})
    read(admin_client, address(brand, "brand_page"), **{**CHOSEN, "name": "Uusi"})

    assert Brand.objects.values().get() == before


@pytest.mark.parametrize("field", ["colour", "ink", "night_colour", "night_ink", "font", "name", "language"])
@pytest.mark.parametrize("value", ["", "red", "\x00", "#0b6e5f;}", "x" * 300])
def test_what_cannot_be_read_is_not_shown(admin_client: Client, brand: Brand, field: str, value: str) -> None:
    chosen = {**CHOSEN, field: value}

    assert "/colours/0b6e5f.css" in read(admin_client, address(brand, "brand_page"), **chosen)
    assert "#0b6e5f" in read(admin_client, address(brand, "brand_mail"), **chosen)
    assert read(admin_client, address(brand), **chosen)


@pytest.mark.parametrize("scene", ["", "nonsense", "\x00", "delivered\n"])
def test_what_is_no_scene_shows_the_usual_one(admin_client: Client, brand: Brand, scene: str) -> None:
    assert 'data-status="out_for_delivery"' in read(admin_client, address(brand, "brand_page"), scene=scene)
