"""What the page shows of a shift, what it costs, and what makes it an app."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from driving.services import links
from tests.driving.phones import DOORS, Phone, make_change, make_day, make_loading_day, make_phone, make_planned, photo
from tests.factories import make_driver, make_route
from tracking.changes import hints
from tracking.changes.models import Action, Change
from tracking.rounds.models import Shift, ShiftState
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

pytestmark = pytest.mark.django_db


class Keys(HTMLParser):
    """Collects the names that the forms of a page have for what is done."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "input" and known.get("name") == "key":
            self.found.append(known.get("value") or "")


def shown(phone: Phone) -> str:
    answer = phone.client.get(phone.address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_stops_come_in_order_with_what_their_shoppers_asked_for() -> None:
    route, shipments = make_day()
    make_change(shipments[0], Action.SAFE_PLACE, key="other", words="Under the stairs")
    make_change(shipments[1], Action.NEEDS, minutes=3, ring="never", words=["Please do not ring"], price="1.00")
    make_change(shipments[1], Action.HOLD, words="Not the driver's business")
    undone = timezone.now()
    Change.objects.filter(action=Action.SAFE_PLACE).update(undone_at=None)
    make_change(shipments[2], Action.INSTRUCTIONS, words="Taken back")
    Change.objects.filter(action=Action.INSTRUCTIONS).update(undone_at=undone)

    page = shown(make_phone(route))

    assert page.index("Under the stairs") < page.index("Please do not ring")
    for absent in ("other", "1.00", "never", "Not the driver's business", "Taken back"):
        assert f"{absent}<" not in page
    assert page.count("4711B") == 3
    assert "3 stops to go" in page


def test_before_the_van_leaves_the_page_says_what_is_ahead_and_no_way_in_yet() -> None:
    route, shipment = make_loading_day()
    make_change(shipment, Action.INSTRUCTIONS, words="The bell is broken")
    services.record(make_planned(route, ["JJ-cancelled"]), Status.CANCELLED, at=timezone.now())
    Shift.objects.update(state=ShiftState.PLANNED, started_at=None)
    phone = make_phone(route)

    before = shown(phone)
    phone.tell("start")
    loading = shown(phone)

    for page in (before, loading):
        assert page.index("What is ahead") < page.index(shipment.street) < page.index("The bell is broken")
        assert shipment.access_code not in page
    phone.tell("scan", number=shipment.parcels.all()[0].number)
    phone.tell("set_off")
    assert "What is ahead" not in shown(phone)


def test_a_break_before_the_van_leaves_puts_nothing_behind_it() -> None:
    route, shipment = make_loading_day()
    phone = make_phone(route)

    phone.tell("pause")
    page = shown(phone)

    assert page.index("You are on a break") < page.index("What is ahead") < page.index(shipment.street)
    assert "Behind you" not in page


def test_a_tap_shows_the_way_in_the_drivers_own_app() -> None:
    page = shown(make_phone(make_day()[0]))

    for address in (
        "https://www.google.com/maps/dir/?api=1&amp;destination=60.168900%2C24.945500",
        "https://maps.apple.com/?daddr=60.168900%2C24.945500",
        "https://waze.com/ul?ll=60.168900%2C24.945500&amp;navigate=yes",
        "geo:60.168900,24.945500?q=60.168900%2C24.945500",
    ):
        assert f'href="{address}"' in page


def test_each_form_has_a_name_of_its_own_for_what_it_does() -> None:
    keys = Keys(shown(make_phone(make_day()[0]))).found

    assert len(keys) == len(set(keys)) == 3 * 3 + 2


def test_what_is_behind_is_said_and_what_was_taken_off_is_not_shown() -> None:
    route, (first, second, _) = make_day()
    phone = make_phone(route)
    phone.tell("attempt", shipment=first.id, reason="nobody")
    services.withdraw(second, at=timezone.now())

    page = shown(phone)

    assert "1 stop to go" in page
    assert "We missed you" in page
    assert f'data-errand="{second.id}"' not in page


def test_what_is_to_be_loaded_comes_last_stop_first() -> None:
    route, shipment = make_loading_day(parcels=2)
    numbers = [parcel.number for parcel in shipment.parcels.all()]
    phone = make_phone(route)
    phone.tell("scan", number=numbers[0])

    page = shown(phone)

    assert "1 of 2 loaded" in page
    assert f'<li data-parcel="{numbers[0]}" data-loaded>' in page
    assert f'<li data-parcel="{numbers[1]}" >' in page


def test_a_page_costs_the_same_however_long_the_round(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    short, long = make_phone(make_route(DOORS[:1])), make_phone(make_route(DOORS * 5))

    for phone in (short, long):
        with django_assert_num_queries(6):
            shown(phone)


def test_a_delivery_costs_the_same_however_long_the_round() -> None:
    counts = []
    for doors in (DOORS[:2], DOORS * 5):
        route = make_route(doors)
        phone = make_phone(route)
        shipment = Shipment.objects.get(stop__route=route, stop__sequence=1)
        with CaptureQueriesContext(connection) as asked:
            phone.tell("deliver", shipment=shipment.id)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_it_can_be_installed() -> None:
    route, _ = make_day()
    phone = make_phone(route)

    manifest = phone.client.get(f"{phone.address}manifest.webmanifest")

    assert manifest["Content-Type"] == "application/manifest+json"
    told = manifest.json()
    assert (told["start_url"], told["scope"], told["display"]) == (phone.address, phone.address, "standalone")
    assert told["icons"][0]["src"].endswith("doorstep.svg")
    assert f'href="{phone.address}manifest.webmanifest"' in shown(phone)


def test_the_worker_may_look_after_drivers_pages_alone() -> None:
    worker = Client().get("/drive/worker.js")

    assert worker.status_code == 200
    assert worker["Content-Type"] == "text/javascript; charset=utf-8"
    assert worker["Cache-Control"] == "no-cache"
    assert "Service-Worker-Allowed" not in worker


@pytest.mark.parametrize("address", ["", "actions/", "positions/", "device/", "manifest.webmanifest"])
def test_the_wrong_method_is_refused(address: str) -> None:
    phone = make_phone(make_day()[0])

    answer = phone.client.put(f"{phone.address}{address}")

    assert answer.status_code == 405


def test_a_shift_without_a_route_has_nothing_to_drive() -> None:
    route, _ = make_day()
    route.shift.routes.all().delete()

    assert "Nothing to drive" in shown(make_phone(route))


def test_no_other_sites_page_can_begin_in_a_drivers_name() -> None:
    route, _ = make_day()
    strict = Client(enforce_csrf_checks=True)

    assert strict.post(f"/drive/{links.issue(route.shift, at=timezone.now()).token}/device/").status_code == 403


def test_a_shipment_that_was_cancelled_is_not_to_be_delivered() -> None:
    route, (first, *_) = make_day()
    services.record(first, Status.CANCELLED, at=timezone.now())

    assert f'data-errand="{first.id}"' not in shown(make_phone(route))


def test_the_photo_of_a_safe_place_is_for_the_phone_that_drives_there_alone(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    route, shipments = make_day()
    other_route = make_route(DOORS[:1], driver=make_driver(given_name="Eero"))
    make_change(shipments[0], Action.SAFE_PLACE, where="Under the stairs", photo=hints.store(photo().read()))
    phone, other_phone = make_phone(route), make_phone(other_route)
    address = f"{phone.address}places/{shipments[0].id}/"

    page = shown(phone)
    seen = phone.client.get(address)

    assert f'src="{address}"' in page
    assert "hints/" not in page
    assert (seen.status_code, seen["Content-Type"]) == (200, "image/jpeg")
    assert Client().get(address).status_code == 403
    assert phone.client.get(f"{phone.address}places/{shipments[1].id}/").status_code == 404
    assert other_phone.client.get(f"{other_phone.address}places/{shipments[0].id}/").status_code == 404
