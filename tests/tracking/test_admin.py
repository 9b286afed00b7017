"""The stock admin: staff find what they look for, change nothing that services write, and read no secret."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from tests.factories import NOON, make_brand, make_device, make_link, make_route, make_shipment
from tracking.figures.models import CarrierScore, DriverScore, StopHint
from tracking.keys import services as keys
from tracking.keys.models import ApiKey
from tracking.keys.services import UnknownKey
from tracking.links import services as links
from tracking.links.models import LinkUse, TrackingLink
from tracking.rounds import services as rounds
from tracking.rounds.models import Carrier, Device, Driver, Place, Position, Route, Shift
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment, StatusEvent
from tracking.shipments.services import Report
from tracking.shipments.window import Cause, Window

DOORS = [(60.1689, 24.9455), (60.1660, 24.9400), (60.1640, 24.9300)]
KEPT: list[type[Model]] = [Brand, Carrier, Place, Driver]
MADE: list[type[Model]] = [ApiKey]
SHOWN: list[type[Model]] = [
    CarrierScore,
    Device,
    DriverScore,
    LinkUse,
    Position,
    Route,
    Shift,
    Shipment,
    StatusEvent,
    StopHint,
    TrackingLink,
]

pytestmark = pytest.mark.django_db


@pytest.fixture
def everything() -> Shipment:
    """Make a row of every table; gives a shipment that has some of all."""
    route = make_route(DOORS)
    first = Shipment.objects.get(stop__route=route, stop__sequence=1)
    services.promise(first, start=NOON, end=NOON + timedelta(hours=1), at=NOON)
    found = Window(NOON.date(), NOON + timedelta(minutes=5), NOON + timedelta(minutes=25))
    services.estimate(first, found, cause=Cause.ON_THE_ROAD, at=NOON)
    links.unlock(make_link(first), postcode="00100", at=NOON)
    make_device(route.shift.driver)
    position = Position(
        driver=route.shift.driver, recorded_at=NOON, received_at=NOON, latitude=60.168, longitude=24.9455
    )
    rounds.keep_positions([position])
    CarrierScore.objects.create(carrier=route.shift.driver.carrier, since=NOON.date(), until=NOON.date())
    past = {"since": NOON.date(), "until": NOON.date()}
    DriverScore.objects.create(driver=route.shift.driver, stars=4.5, stars_n=2, **past)
    StopHint.objects.create(block="8a1126d33ac7fff", seconds=120, n=3)
    return first


def list_address(model: type[Model]) -> str:
    return reverse(f"admin:tracking_{model._meta.model_name}_changelist")


def address(row: Model) -> str:
    return reverse(f"admin:tracking_{row._meta.model_name}_change", args=[row.pk])


def read(client: Client, path: str, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def test_every_table_is_either_kept_or_shown() -> None:
    registered = {model for model in admin.site._registry if model._meta.app_label == "tracking"}

    assert registered == {*KEPT, *MADE, *SHOWN}


@pytest.mark.parametrize("model", [*KEPT, *SHOWN])
@pytest.mark.usefixtures("everything")
def test_each_list_and_each_row_can_be_read(admin_client: Client, model: type[Model]) -> None:
    row = model._default_manager.all()[0]

    assert "Select" in read(admin_client, list_address(model))
    assert read(admin_client, address(row))


@pytest.mark.parametrize("model", SHOWN)
@pytest.mark.usefixtures("everything")
def test_what_services_write_can_be_neither_added_nor_changed_nor_deleted(
    admin_client: Client, model: type[Model]
) -> None:
    row = model._default_manager.all()[0]
    before = list(model._default_manager.order_by("pk").values())
    name = f"admin:tracking_{model._meta.model_name}"
    delete_all = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}

    assert admin_client.post(reverse(f"{name}_add"), {}).status_code == 403
    assert admin_client.post(address(row), {"status": "delivered", "state": "ended"}).status_code == 403
    assert admin_client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    admin_client.post(list_address(model), delete_all)

    assert list(model._default_manager.order_by("pk").values()) == before


@pytest.mark.usefixtures("everything")
def test_a_driver_cannot_be_deleted_nor_can_a_brand_that_has_shipments(admin_client: Client) -> None:
    for model, may_ask in ((Driver, False), (Carrier, False), (Place, False), (Brand, True)):
        row = model._default_manager.all()[0]
        name = f"admin:tracking_{model._meta.model_name}_delete"

        response = admin_client.post(reverse(name, args=[row.pk]), {"post": "yes"})

        assert response.status_code == (200 if may_ask else 403)
        assert model._default_manager.filter(pk=row.pk).exists()


@pytest.mark.usefixtures("everything")
def test_a_brands_rules_can_be_changed(admin_client: Client) -> None:
    brand = Brand.objects.all()[0]
    fields = {
        "slug": brand.slug,
        "name": "Uusi",
        "language": "fi",
        "timezone": "Europe/Helsinki",
        "shows_driver_from_stops": 3,
        "shows_driver_from_minutes": 10,
        "link_days": 7,
    }

    before = Brand.objects.values().get(id=brand.id)
    lists = {"languages": "fi SV en fi", "widget_origins": "https://Shop.example/\n\nhttps://kauppa.example:443"}

    assert admin_client.post(address(brand), {**fields, "timezone": "Europe/Nowhere"}).status_code == 200
    assert Brand.objects.values().get(id=brand.id) == before
    assert admin_client.post(address(brand), {**fields, **lists}).status_code == 302

    kept = {"languages": ["fi", "sv", "en"], "widget_origins": ["https://shop.example", "https://kauppa.example"]}
    assert Brand.objects.values().get(id=brand.id) == {**before, **fields, **kept}


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("language", "English", "Enter a valid value."),
        ("languages", "en fi", "The brand&#x27;s own language is among those it offers."),
        ("languages", "sv <b>", "&lt;b&gt; is no language."),
        ("widget_origins", "shop.example", "shop.example is no origin."),
        ("widget_origins", "https://*.example", "https://*.example is no origin."),
        ("widget_origins", "https://shop.example/order", "https://shop.example/order is no origin."),
        ("widget_origins", "\n".join(f"https://{n}.example" for n in range(21)), "More than 20 origins are too many."),
    ],
)
@pytest.mark.usefixtures("everything")
def test_what_a_brand_cannot_be_is_refused_and_said(admin_client: Client, field: str, value: str, told: str) -> None:
    brand = Brand.objects.all()[0]
    before = Brand.objects.values().get(id=brand.id)
    rules = {"shows_driver_from_stops": 3, "shows_driver_from_minutes": 10, "link_days": 7}
    fields = {"slug": brand.slug, "name": "Uusi", "language": "sv", **rules, field: value}

    page = admin_client.post(address(brand), fields).content.decode()

    assert told in page
    assert Brand.objects.values().get(id=brand.id) == before


@pytest.mark.usefixtures("everything")
def test_a_brand_comes_with_what_its_shop_copies_and_the_way_to_its_look(admin_client: Client) -> None:
    brand = Brand.objects.all()[0]

    page = read(admin_client, address(brand))

    script = f"&lt;script src=&quot;{settings.BASE_URL}/widget.js&quot; data-token=&quot;TOKEN&quot; async&gt;"
    assert script in page
    assert f'href="/admin/desk/brands/{brand.pk}/"' in page
    assert "widget.js" not in read(admin_client, reverse("admin:tracking_brand_add"))


@pytest.mark.parametrize("by", ["reference", "lower", "parcel", "token", "address", "spaces"])
def test_a_shipment_is_found_by_any_of_its_numbers_and_links(admin_client: Client, by: str) -> None:
    shipment, other = make_shipment(parcel_numbers=["JJFI-7"]), make_shipment()
    link = make_link(shipment)
    terms = {
        "reference": shipment.reference,
        "lower": shipment.reference.lower(),
        "parcel": "jjfi-7",
        "token": link.token,
        "address": f"http://testserver/t/{link.token}/",
        "spaces": f"  {shipment.reference} ",
    }

    page = read(admin_client, list_address(Shipment), q=terms[by])

    assert address(shipment) in page
    assert address(other) not in page


@pytest.mark.parametrize("term", ["nothing", "%", "'", "\0", "x" * 5000, "http://testserver/t//"])
def test_a_search_for_nonsense_finds_nothing_or_says_so(admin_client: Client, term: str) -> None:
    shipment = make_shipment()

    response = admin_client.get(list_address(Shipment), {"q": term})

    assert response.status_code == 200
    assert (address(shipment) in response.content.decode()) is (term == "\0")


def test_staff_see_times_by_the_clock_of_the_destination(admin_client: Client, everything: Shipment) -> None:
    page = read(admin_client, address(everything))

    assert "Europe/Helsinki" in page
    assert "2026-11-22 12:05–12:25" in page
    assert "2026-11-22 12:00:00 – 2026-11-22 13:00:00" in page
    assert "2026-11-22 12:05–12:25" in read(admin_client, list_address(Shipment))


@pytest.mark.parametrize(("make", "secret"), [(make_link, "token"), (make_device, "key")])
def test_a_secret_is_shown_by_its_beginning_alone(admin_client: Client, make: Callable[[], Model], secret: str) -> None:
    row = make()
    value: str = getattr(row, secret)

    for page in (read(admin_client, list_address(type(row))), read(admin_client, address(row))):
        assert f"{value[:4]}…" in page
        assert value[:5] not in page


@pytest.mark.parametrize("make", [make_link, make_device])
def test_a_secret_is_revoked_by_one_action_which_is_logged(
    admin_client: Client, make: Callable[[], TrackingLink | Device]
) -> None:
    row, twin = make(), make()

    admin_client.post(list_address(type(row)), {"action": "revoke", "_selected_action": [row.pk]})

    row.refresh_from_db()
    twin.refresh_from_db()
    assert row.revoked_at is not None
    assert twin.revoked_at is None
    assert LogEntry.objects.get().get_change_message() == "Revoked."


@pytest.mark.parametrize("make", [make_link, make_device])
def test_whoever_may_only_look_may_not_revoke(client: Client, make: Callable[[], Model]) -> None:
    row = make()
    agent = User.objects.create_user("agent", is_staff=True)
    agent.user_permissions.add(Permission.objects.get(codename=f"view_{row._meta.model_name}"))
    client.force_login(agent)

    page = read(client, list_address(type(row)))
    client.post(list_address(type(row)), {"action": "revoke", "_selected_action": [row.pk]})

    assert "Revoke the selected" not in page
    assert type(row)._default_manager.filter(pk=row.pk, revoked_at=None).exists()


@pytest.mark.parametrize("model", [*KEPT, *SHOWN])
@pytest.mark.usefixtures("everything")
def test_strangers_and_staff_without_a_role_see_nothing(client: Client, model: type[Model]) -> None:
    row = model._default_manager.all()[0]

    for path in (list_address(model), address(row)):
        assert client.get(path).status_code == 302

    client.force_login(User.objects.create_user("agent", is_staff=True))

    for path in (list_address(model), address(row)):
        assert client.get(path).status_code == 403


@pytest.mark.parametrize("model", [*KEPT, *SHOWN])
@pytest.mark.usefixtures("everything")
def test_a_long_list_costs_no_more_questions_than_a_short_one(
    admin_client: Client,
    model: type[Model],
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    read(admin_client, list_address(model))
    with django_assert_max_num_queries(100) as short:
        read(admin_client, list_address(model))
    for minute in range(1, 4):
        route = make_route(DOORS, at=NOON + timedelta(days=minute))
        make_device(route.shift.driver)
        links.unlock(make_link(), postcode="", at=NOON)

    with django_assert_num_queries(len(short)):
        read(admin_client, list_address(model))


def test_a_long_history_costs_no_more_questions_than_a_short_one(
    admin_client: Client,
    everything: Shipment,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    read(admin_client, address(everything))
    with django_assert_max_num_queries(100) as short:
        read(admin_client, address(everything))
    for number in range(30):
        services.ingest(everything, Report("carrier", str(number), NOON, None), at=NOON)

    with django_assert_num_queries(len(short)):
        read(admin_client, address(everything))


@pytest.mark.parametrize("naughty", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</td><h1>"])
def test_nothing_that_others_wrote_runs_on_the_page_of_staff(admin_client: Client, naughty: str) -> None:
    shipment = make_shipment(status=Status.AT_HUB, parcel_numbers=[naughty])
    Shipment.objects.filter(id=shipment.id).update(recipient_name=naughty, street=naughty, reference=naughty)
    report = Report("carrier", naughty, NOON, None, place=naughty, raw_code=naughty)
    services.ingest(shipment, report, at=NOON)

    for path in (address(shipment), list_address(Shipment), list_address(StatusEvent)):
        page = read(admin_client, path)
        assert escape(naughty) in page
        assert naughty not in page


def test_a_key_is_made_and_its_secret_shown_once(admin_client: Client) -> None:
    brand = make_brand()

    made = admin_client.post(
        reverse("admin:tracking_apikey_add"), {"name": "shop", "brand": brand.id, "scopes": ["shipments:read"]}
    )
    listed = admin_client.get(reverse("admin:tracking_apikey_changelist"))

    key = ApiKey.objects.get()
    [secret] = re.findall(r"<code>(door_[\w-]+)</code>", made.content.decode())
    assert keys.find(secret, at=NOON) == key
    assert (key.brand, key.scopes) == (brand, ["shipments:read"])
    assert "no-store" in made["Cache-Control"]
    assert secret not in listed.content.decode()


def test_a_brands_key_gets_nothing_of_the_fleet(admin_client: Client) -> None:
    data = {"name": "shop", "brand": make_brand().id, "scopes": ["positions:write"]}

    refused = admin_client.post(reverse("admin:tracking_apikey_add"), data)

    assert refused.status_code == 422
    assert not ApiKey.objects.exists()


def test_a_key_is_revoked(admin_client: Client) -> None:
    key, secret = keys.issue("shop", scopes=[], brand=None, is_for_all=True, at=NOON)

    admin_client.post(reverse("admin:tracking_apikey_changelist"), {"action": "revoke", "_selected_action": [key.id]})

    with pytest.raises(UnknownKey):
        keys.find(secret, at=NOON)
