"""The page on which a delivery is changed: what it shows to whom, what it does, and what it refuses."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from tests.factories import make_link, make_shipment
from tracking.changes import keeping, services
from tracking.changes.keeping import Keeper, NoRoom
from tracking.changes.models import Action, Asker, Change, OfferedAction
from tracking.changes.services import LINK, Offer
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status

HOUR = timedelta(hours=1)
SECRETS = ["Aleksanterinkatu", "00100", "Meikäläinen", "maija@example.org", "401234567", "4711B"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at tracking alone, without the apps above that make room for changes."""
    monkeypatch.setattr(keeping, "_keepers", {})


def saturday(key: str = "evening", **fields: Any) -> dict[str, Any]:
    start = datetime(2099, 11, 28, 15, tzinfo=UTC)
    known = {"start": start.isoformat(), "end": (start + 3 * HOUR).isoformat(), "price": "3.90"}
    sums = {"km": 0.9, "kg": 0.19, "km_before": 1.5, "kg_before": 0.31}
    return {"key": key, **known, "kg_co2e": -0.12, "sum": sums, **fields}


def make_offered(*, status: Status = Status.AT_HUB) -> TrackingLink:
    at = timezone.now()
    shipment = make_shipment(status=status, at=at - 20 * HOUR)
    words = (Action.SAFE_PLACE, Action.NEIGHBOUR, Action.INSTRUCTIONS, Action.NEEDS)
    offers = [
        Offer(Action.SLOT, at + 5 * HOUR, [saturday(), saturday("late", price="0.00", kg_co2e=0.001)]),
        *(Offer(action, at + 5 * HOUR) for action in words),
    ]
    services.offer(shipment, offers, at=at)
    return make_link(shipment, at=at)


def opened(client: Client, link: TrackingLink) -> Client:
    client.post(reverse("tracking:unlock", args=[link.token]), {"postcode": "00100"})
    return client


def page(client: Client, link: TrackingLink) -> str:
    return words(client.get(reverse("tracking:options", args=[link.token])))


def words(response: Any) -> str:
    told = re.sub(r"<head>.*?</head>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(told).replace("\u2060", "").split())


def ask(client: Client, link: TrackingLink, action: str = "slot", **answers: Any) -> Any:
    return client.post(reverse("tracking:ask", args=[link.token, action]), answers)


def undo(client: Client, link: TrackingLink, action: str = "slot") -> Any:
    return client.post(reverse("tracking:undo", args=[link.token, action]))


def test_each_way_has_its_window_price_and_co2_with_the_sum(client: Client) -> None:
    told = page(opened(client, link := make_offered()), link)

    assert "28 November, 17:00" in told
    assert "3.90 EUR · saves 0.12 kg of CO₂" in told
    assert "0.90 km more for a van: 0.19 kg. As planned now: 1.50 km, 0.31 kg." in told
    assert "free of charge · as good for the air" in told
    assert told.count("until ") == 5


def test_before_the_second_factor_it_says_what_is_possible_and_nothing_of_the_recipient(client: Client) -> None:
    link = make_offered()
    services.ask(link.shipment, Action.SAFE_PLACE, {"where": "behind the shed"}, by=LINK, at=timezone.now())

    response = client.get(reverse("tracking:options", args=[link.token]))

    told = words(response)
    assert "28 November, 17:00–20:00" in told
    assert "Postcode of the delivery" in told
    assert "behind the shed" not in told
    assert "Change it" not in told
    assert not [secret for secret in SECRETS if secret in response.content.decode()]


def test_a_change_is_made_shown_and_undone(client: Client) -> None:
    opened(client, link := make_offered())

    response = ask(client, link, key="evening")

    assert (response.status_code, response["Location"]) == (302, reverse("tracking:options", args=[link.token]))
    change = Change.objects.get()
    assert (change.action, change.asked_by, change.details) == (Action.SLOT, Asker.LINK, saturday())
    told = page(client, link)
    assert "What you have changed Another time: evening, weekend and more Saturday 28 November, 17:00–20:00" in told

    assert undo(client, link).status_code == 302
    assert "What you have changed" not in page(client, link)
    assert not services.in_force([link.shipment])


@pytest.mark.parametrize(
    ("action", "answers", "details"),
    [
        ("safe_place", {"where": " in the shed "}, {"where": "in the shed"}),
        ("neighbour", {"name": "Virtanen", "door": "B 8"}, {"name": "Virtanen", "door": "B 8"}),
        ("instructions", {"words": "Beware of the cat"}, {"words": "Beware of the cat"}),
        ("needs", {"minutes": "3"}, {"minutes": 3, "words": ["3 minutes to the door"]}),
        (
            "needs",
            {"text_only": "on", "no_bell": "on"},
            {"text_only": True, "no_bell": True, "words": ["Text, do not call", "Do not ring"]},
        ),
    ],
)
def test_what_is_written_is_kept_for_the_driver(
    client: Client, action: str, answers: dict[str, str], details: dict[str, Any]
) -> None:
    opened(client, link := make_offered(status=Status.OUT_FOR_DELIVERY))

    assert ask(client, link, action, **answers).status_code == 302

    assert Change.objects.get().details == details


@pytest.mark.parametrize(
    ("action", "answers", "problem"),
    [
        ("slot", {}, "This field is required."),
        ("slot", {"key": "sunday"}, "Select a valid choice."),
        ("hold", {"key": "week"}, "This is not possible for your delivery now."),
        ("safe_place", {"where": ""}, "This field is required."),
        ("safe_place", {"where": "x" * 121}, "at most 120 characters"),
        ("instructions", {"words": "a\0b"}, "Null characters are not allowed."),
        ("needs", {}, "Please tell us at least one thing."),
        ("needs", {"minutes": "16"}, "less than or equal to 15"),
        ("needs", {"minutes": "soon"}, "Enter a whole number."),
    ],
)
def test_what_cannot_be_is_said_where_it_was_asked_and_nothing_is_stored(
    client: Client, action: str, answers: dict[str, str], problem: str
) -> None:
    opened(client, link := make_offered())

    response = ask(client, link, action, **answers)

    assert response.status_code == 422
    assert problem in words(response)
    assert not Change.objects.exists()


def test_the_last_place_that_is_gone_is_said_to_be_gone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(client, link := make_offered())
    other = make_offered()

    def keep(change: Change, at: datetime) -> dict[str, Any]:
        raise NoRoom

    monkeypatch.setattr(keeping, "_keepers", {Action.SLOT: Keeper(keep, lambda *_: None)})
    response = ask(client, link, key="evening")

    assert response.status_code == 422
    assert "This is no longer to be had. Please choose something else." in words(response)
    assert not services.in_force([link.shipment, other.shipment])


def test_after_its_cut_off_nothing_is_shown_asked_or_undone(client: Client) -> None:
    opened(client, link := make_offered())
    ask(client, link, key="evening")
    past = timezone.now() - HOUR
    OfferedAction.objects.update(until=past)
    Change.objects.update(undo_until=past)

    assert "Nothing can be changed about this delivery now." in page(client, link)
    assert ask(client, link, key="late").status_code == 422
    assert undo(client, link).status_code == 422
    assert len(services.in_force([link.shipment])) == 1


def test_without_the_second_factor_nothing_is_changed(client: Client) -> None:
    link = make_offered()
    services.ask(link.shipment, Action.SLOT, {"key": "evening"}, by=LINK, at=timezone.now())

    for response in (ask(client, link, "needs", minutes="3"), ask(client, link, key="late"), undo(client, link)):
        assert response.status_code == 403
        assert "Postcode of the delivery" in words(response)

    assert Change.objects.get().details["key"] == "evening"


def test_the_second_factor_of_another_delivery_opens_nothing(client: Client) -> None:
    link, other = make_offered(), make_offered()
    opened(client, other)

    assert ask(client, link, key="evening").status_code == 403
    assert not Change.objects.exists()


@pytest.mark.parametrize("name", ["ask", "undo"])
def test_a_stranger_finds_nothing_and_a_get_changes_nothing(client: Client, name: str) -> None:
    link = make_offered()

    assert client.get(reverse("tracking:options", args=["no-such-token"])).status_code == 404
    assert client.post(reverse(f"tracking:{name}", args=["no-such-token", "slot"])).status_code == 404
    assert client.get(reverse(f"tracking:{name}", args=[link.token, "slot"])).status_code == 405
    assert opened(client, link).post(reverse(f"tracking:{name}", args=[link.token, "teleport"])).status_code in {
        404,
        422,
    }
    assert not Change.objects.exists()


def test_who_found_it_by_number_proves_who_they_are_by_a_code(client: Client) -> None:
    link = links.look_up(make_offered().shipment.reference, "00100", at=timezone.now())

    response = client.post(reverse("tracking:unlock", args=[link.token]), {"code": "123456", "to": "options"})

    assert response.status_code == 422
    assert ask(client, link, key="evening").status_code == 403
    assert "Send me a code" in page(client, link)


def test_the_second_factor_leads_back_to_the_page_that_asked_for_it(client: Client) -> None:
    link = make_offered()

    response = client.post(reverse("tracking:unlock", args=[link.token]), {"postcode": "00100", "to": "options"})

    assert response["Location"] == reverse("tracking:options", args=[link.token])


def test_the_tracking_page_leads_to_what_can_be_changed_and_names_it(client: Client) -> None:
    link, plain = make_offered(), make_link(make_shipment(status=Status.DELIVERED, at=timezone.now() - 20 * HOUR))

    assert "Change your delivery" in words(client.get(reverse("tracking:page", args=[link.token])))
    assert "Change your delivery" not in words(client.get(reverse("tracking:page", args=[plain.token])))
    actions = client.get(reverse("tracking:page_json", args=[link.token])).json()["actions"]
    assert actions == ["slot", "safe_place", "neighbour", "instructions", "needs", "preferences", "share", "case"]


def test_what_has_ended_can_no_longer_be_changed(client: Client) -> None:
    opened(client, link := make_offered())
    shipments.record(link.shipment, Status.CANCELLED, at=timezone.now())

    assert ask(client, link, key="evening").status_code == 422
    assert "Nothing can be changed about this delivery now." in page(client, link)


def test_the_page_costs_the_same_few_questions_however_much_is_possible(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    few, many = make_offered(), make_offered()
    row = OfferedAction.objects.get(shipment=many.shipment, action=Action.SLOT)
    row.choices = [saturday(str(number)) for number in range(50)]
    row.save()

    for link in (few, many):
        opened(client, link)
        with django_assert_num_queries(3):
            page(client, link)


def test_a_photo_of_the_safe_place_is_made_anew_and_shown_to_who_gave_it(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    link = make_offered()
    opened(client, link)

    ask(client, link, "safe_place", where="behind the shed", photo=photo())
    shown = client.get(reverse("tracking:hint", args=[link.token]))

    change = Change.objects.get()
    assert change.details["where"] == "behind the shed"
    assert "behind the shed" in page(client, link)
    assert change.details["photo"] not in page(client, link)
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["Cache-Control"] == "no-store"
    assert b"Secret Camera" not in shown.content
    with Image.open(BytesIO(shown.content)) as picture:
        assert picture.size == (40, 30)


def test_the_photo_is_for_nobody_without_the_second_factor(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    link = make_offered()
    ask(opened(client, link), link, "safe_place", where="behind the shed", photo=photo())

    assert Client().get(reverse("tracking:hint", args=[link.token])).status_code == 404
    assert client.get(reverse("tracking:hint", args=[make_link().token])).status_code == 404
    undo(client, link, "safe_place")
    assert client.get(reverse("tracking:hint", args=[link.token])).status_code == 404


@pytest.mark.parametrize("given", [b"<svg/>", b"GIF89a", b"\xff\xd8\xff" + bytes(11 * 1024 * 1024)])
def test_what_is_no_photo_is_refused_and_nothing_is_stored(
    client: Client, settings: Settings, tmp_path: Path, given: bytes
) -> None:
    settings.MEDIA_ROOT = tmp_path
    link = make_offered()

    refused = ask(opened(client, link), link, "safe_place", where="shed", photo=SimpleUploadedFile("a.jpg", given))

    assert refused.status_code == 422
    assert "photo" in words(refused)
    assert not Change.objects.exists()
    assert not list(tmp_path.rglob("*.jpg"))


def test_where_a_wish_comes_too_late_its_photo_is_not_kept(
    client: Client, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path
    link = make_offered()

    def refuse(*_: object, **__: object) -> None:
        raise NoRoom

    monkeypatch.setattr(services, "ask", refuse)
    assert ask(opened(client, link), link, "safe_place", where="shed", photo=photo()).status_code == 422

    assert not list(tmp_path.rglob("*.jpg"))


def photo() -> SimpleUploadedFile:
    """Take a photo that says with which camera."""
    made, exif = BytesIO(), Image.Exif()
    exif[0x010F] = "Secret Camera"
    Image.new("RGB", (40, 30), "green").save(made, "JPEG", exif=exif)
    return SimpleUploadedFile("shed.jpg", made.getvalue(), "image/jpeg")
