"""Whatever a phone or a stranger sends gets a clear answer, and what is no action leaves no trace."""

from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from driving.models import DriverAction
from tests.driving.phones import (
    json_action,
    make_day,
    make_phone,
    statuses,
)
from tracking.shipments.lifecycle import Status

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "deliver"}, "shipment"),
        ({"kind": "deliver", "shipment": "x"}, "shipment"),
        ({"kind": "deliver", "shipment": 10**30}, "shipment"),
        ({"kind": "deliver", "shipment": 1, "handover": "dog"}, "handover"),
        ({"kind": "deliver", "shipment": 1, "latitude": 91, "longitude": 0}, "latitude"),
        ({"kind": "deliver", "shipment": 1, "latitude": "nan", "longitude": 0}, "latitude"),
        ({"kind": "scan"}, "number"),
        ({"kind": "scan", "number": "a\0b"}, "number"),
        ({"kind": "attempt", "shipment": 1}, "reason"),
        ({"kind": "fly"}, "kind"),
        ({"kind": "pause", "key": "1"}, "key"),
        ({"kind": "pause", "occurred_at": "yesterday"}, "occurred_at"),
        ({"kind": "pause", "occurred_at": "9999-99-99T00:00:00Z"}, "occurred_at"),
    ],
)
def test_what_cannot_be_read_is_named_and_nothing_is_kept(said: dict[str, object], field: str) -> None:
    phone = make_phone(make_day()[0])

    status, told = phone.tell_json({"key": str(uuid4()), **said})

    assert status == 422
    assert told["error"].startswith(f"{field}: ")
    assert not DriverAction.objects.exists()


@pytest.mark.parametrize(
    "sent", ["[1]", "{", '"x"', '{"actions": 1}', '{"actions": [1]}', '{"actions": ' + str([{}] * 101) + "}"]
)
def test_what_is_no_action_at_all_is_refused(sent: str) -> None:
    phone = make_phone(make_day()[0])

    assert phone.tell_json(sent) == (422, {"error": "This cannot be read."})


def test_one_bad_item_does_not_spoil_the_others() -> None:
    route, (shipment, *_) = make_day()

    _, told = make_phone(route).tell_json({"actions": [{"kind": "fly"}, json_action("deliver", shipment=shipment.id)]})

    assert "error" in told["actions"][0]
    assert told["actions"][1]["outcome"] == "done"


def test_fifty_megabytes_are_refused_before_they_are_read() -> None:
    route, (shipment, *_) = make_day()
    huge = SimpleUploadedFile("photo.jpg", b"\0" * (50 * 1024 * 1024))

    told = make_phone(route).tell("deliver", shipment=shipment.id, photo=huge, status=413)

    assert told == {"error": "This is more than we take at once. Please send a smaller photo."}
    assert statuses([shipment]) == [Status.OUT_FOR_DELIVERY]
    assert not DriverAction.objects.exists()


def test_a_plain_form_leads_back_to_the_page_which_says_what_became_of_it() -> None:
    route, (shipment, *_) = make_day()
    phone = make_phone(route)
    said = {"key": str(uuid4()), "kind": "deliver", "shipment": shipment.id, "photo": BytesIO()}

    answer = phone.client.post(f"{phone.address}actions/", said, headers={"Accept": "text/html"}, follow=True)

    assert answer.redirect_chain == [(phone.address, 302)]
    assert "Delivered." in answer.content.decode()
