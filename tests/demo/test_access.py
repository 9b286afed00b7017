import json
from datetime import timedelta
from pathlib import Path

import pytest

from demo import access
from driving.services import links as drive_links
from tests.factories import NOON, make_device, make_link, make_shipment
from tracking.keys import services as keys
from tracking.keys.models import Scope
from tracking.rounds import services as rounds
from tracking.shipments.lifecycle import Status

FOUND: access.Access = {
    "base_url": "http://127.0.0.1:8000",
    "shipments": [{"token": "one", "reference": "KA-10482", "status": "created", "postcode": "00100"}],
    "drivers": [
        {"name": "Aino", "gps_url": "http://127.0.0.1:8000/gps/key/", "drive_token": "aino"},
        {"name": "Leo", "gps_url": "http://127.0.0.1:8000/gps/leo/", "drive_token": "leo"},
    ],
    "staff": {"username": "demo", "password": "secret", "recovery_codes": ["c0de1", "c0de2"]},
    "api_key": "door_key",
    "outbox_url": "http://127.0.0.1:8000/admin/notifications/notification/local/",
    "offers": [
        {
            "name": "Kaapo",
            "url": "http://127.0.0.1:8000/offer/errand/",
            "courier_url": "http://127.0.0.1:8000/courier/kaapo/",
        }
    ],
    "highlights": [{"about": "Just ordered", "token": "one"}, {"about": "Lost", "token": "two"}],
}


@pytest.mark.django_db
def test_every_shipment_and_every_driver_can_be_reached() -> None:
    shipment = make_shipment(status=Status.AT_HUB)
    link = make_link(shipment)
    device = make_device()
    shift = rounds.plan_shift(device.driver, starts_at=NOON, ends_at=NOON + timedelta(hours=8))
    drive_link = drive_links.issue(shift, at=NOON)
    tomorrow = rounds.plan_shift(device.driver, starts_at=NOON + timedelta(days=1), ends_at=NOON + timedelta(days=2))
    drive_links.issue(tomorrow, at=NOON)

    found = access.collect([("At the hub", shipment)], staff={"username": "demo", "password": "secret"}, at=NOON)

    assert found == {
        "base_url": "http://testserver",
        "shipments": [
            {"token": link.token, "reference": shipment.reference, "status": "at_hub", "postcode": "00100"},
        ],
        "drivers": [
            {"name": "Aino", "gps_url": f"http://testserver/gps/{device.key}/", "drive_token": drive_link.token}
        ],
        "staff": {"username": "demo", "password": "secret"},
        "api_key": found["api_key"],
        "outbox_url": "http://testserver/admin/notifications/notification/local/",
        "offers": [],
        "highlights": [{"about": "At the hub", "token": link.token}],
    }
    key = keys.find(found["api_key"], at=NOON)
    assert key.brand == shipment.brand
    assert all(key.may(scope) for scope in Scope)


def test_the_ways_in_are_their_owners_alone_and_go_when_they_close(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"

    with access.published(FOUND, path):
        assert json.loads(path.read_text()) == access.read(path) == FOUND
        assert path.stat().st_mode & 0o777 == 0o600

    assert not list(tmp_path.iterdir())


def test_what_is_printed_is_aligned_and_complete() -> None:
    lines = access.describe(FOUND).splitlines()

    assert "  Just ordered  http://127.0.0.1:8000/t/one/" in lines
    assert "  Lost          http://127.0.0.1:8000/t/two/" in lines
    assert "  Aino  http://127.0.0.1:8000/gps/key/" in lines
    assert "  Leo  http://127.0.0.1:8000/drive/leo/" in lines
    assert "  Kaapo's offer  http://127.0.0.1:8000/offer/errand/" in lines
    assert "  Kaapo's page  http://127.0.0.1:8000/courier/kaapo/" in lines
    assert "Without a link: http://127.0.0.1:8000/ with KA-10482 and 00100." in lines
    assert "Their texts and mails land in http://127.0.0.1:8000/admin/notifications/notification/local/" in lines
    assert "The desk: http://127.0.0.1:8000/admin/ as demo with secret" in lines
    assert "Programs: http://127.0.0.1:8000/api/v1/docs with the key door_key" in lines
    assert "and then a code, of which each counts once: c0de1 c0de2" in lines
