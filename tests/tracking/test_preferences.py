"""Standing wishes: proved by a code, kept for one brand and one address, and applied to what comes next."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import NOON, make_brand, make_link, make_recipient, make_shipment
from tracking.changes import keeping, preferences, services
from tracking.changes.models import Action, Asker, Preference
from tracking.changes.preferences import Nobody, NotStanding
from tracking.changes.services import LINK, Offer
from tracking.links import codes
from tracking.links import services as links
from tracking.links.models import LinkCode, TrackingLink
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Brand, Shipment
from tracking.shipments.services import Recipient

SHED = {"where": "in the shed"}
CODE = "123456"

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture(autouse=True)
def _nobody_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at tracking alone, without the apps above that make room for changes."""
    monkeypatch.setattr(keeping, "_keepers", {})


def make_offered(brand: Brand | None = None, *, recipient: Recipient | None = None) -> Shipment:
    shipment = make_shipment(status=Status.AT_HUB, brand=brand, recipient=recipient)
    offers = [Offer(action, NOON + timedelta(days=1)) for action in (Action.SAFE_PLACE, Action.NEIGHBOUR, Action.NEEDS)]
    services.offer(shipment, offers, at=NOON)
    return shipment


def in_force(shipment: Shipment) -> list[tuple[str, str, dict[str, Any]]]:
    return [(change.action, change.asked_by, change.details) for change in services.in_force([shipment])]


def test_a_wish_holds_for_the_next_delivery_of_the_brand_to_the_same_recipient() -> None:
    brand = make_brand()
    preferences.wish(make_offered(brand), Action.SAFE_PLACE, SHED, at=NOON)
    later = make_offered(brand)

    preferences.apply(later, at=NOON)
    preferences.apply(later, at=NOON)

    assert in_force(later) == [(Action.SAFE_PLACE, Asker.STANDING, SHED)]


@pytest.mark.parametrize(
    "change", [{"phone": "+358407654321"}, {"phone": "", "email": "other@example.org"}, {"phone": "", "email": ""}]
)
def test_a_wish_holds_for_nobody_else(change: dict[str, str]) -> None:
    brand, maija = make_brand(), make_recipient()
    preferences.wish(make_offered(brand), Action.SAFE_PLACE, SHED, at=NOON)
    known = {field: getattr(maija, field) for field in maija.__slots__}
    other = make_offered(brand, recipient=Recipient(**{**known, **change}))
    elsewhere = make_offered(make_brand())

    for shipment in (other, elsewhere):
        assert preferences.apply(shipment, at=NOON) == []
        assert preferences.of(shipment) == []


def test_an_order_with_the_mail_of_another_recipient_does_not_read_their_wishes() -> None:
    brand, maija = make_brand(), make_recipient()
    known = {field: getattr(maija, field) for field in maija.__slots__}
    preferences.wish(
        make_offered(brand, recipient=Recipient(**{**known, "phone": ""})), Action.SAFE_PLACE, SHED, at=NOON
    )

    assert preferences.of(make_offered(brand)) == []


def test_what_was_decided_about_a_delivery_is_left_alone() -> None:
    brand = make_brand()
    preferences.wish(make_offered(brand), Action.SAFE_PLACE, SHED, at=NOON)
    later = make_offered(brand)
    change = services.ask(later, Action.NEIGHBOUR, {"name": "Virtanen"}, by=LINK, at=NOON)
    services.undo(change, at=NOON)

    assert preferences.apply(later, at=NOON) == []


def test_what_is_not_possible_for_a_delivery_is_left_out() -> None:
    brand = make_brand()
    preferences.wish(make_offered(brand), Action.SAFE_PLACE, SHED, at=NOON)

    assert preferences.apply(make_shipment(brand=brand), at=NOON) == []


def test_one_wish_takes_the_place_of_its_rival_and_is_forgotten() -> None:
    shipment = make_offered()
    preferences.wish(shipment, Action.SAFE_PLACE, SHED, at=NOON)
    preferences.wish(shipment, Action.NEIGHBOUR, {"name": "Virtanen"}, at=NOON)

    assert [wish.action for wish in preferences.of(shipment)] == [Action.NEIGHBOUR]
    assert preferences.forget(shipment, Action.NEIGHBOUR) is True
    assert preferences.forget(shipment, Action.NEIGHBOUR) is False


def test_only_some_things_can_be_wished_for_and_only_by_somebody() -> None:
    with pytest.raises(NotStanding):
        preferences.wish(make_offered(), Action.HOLD, {}, at=NOON)
    shipment = make_offered()
    shipment.phone = shipment.email = ""
    with pytest.raises(Nobody):
        preferences.wish(shipment, Action.SAFE_PLACE, SHED, at=NOON)
    assert not Preference.objects.exists()


def make_opened(client: Client) -> TrackingLink:
    at = timezone.now()
    shipment = make_shipment(status=Status.AT_HUB, at=at - timedelta(hours=20))
    services.offer(shipment, [Offer(Action.SAFE_PLACE, at + timedelta(hours=5))], at=at)
    link = make_link(shipment, at=at)
    client.post(reverse("tracking:unlock", args=[link.token]), {"postcode": "00100"})
    return link


def make_code(link: TrackingLink) -> None:
    kept = links.request_code(link, at=timezone.now())
    LinkCode.objects.filter(id=kept.id).update(digest=codes.digest(CODE, link_id=link.id))


def wish(client: Client, link: TrackingLink, **answers: str) -> int:
    known = {"action": "safe_place", "where": "in the shed", "code": CODE}
    return client.post(reverse("tracking:wish", args=[link.token]), {**known, **answers}).status_code


def page(client: Client, link: TrackingLink) -> str:
    return client.get(reverse("tracking:preferences", args=[link.token])).content.decode()


def test_a_code_keeps_a_wish_which_holds_at_once(client: Client) -> None:
    link = make_opened(client)
    asked = client.post(reverse("tracking:preferences_code", args=[link.token]))
    make_code(link)

    assert (asked.status_code, wish(client, link)) == (302, 302)

    assert "in the shed" in page(client, link)
    assert in_force(link.shipment) == [(Action.SAFE_PLACE, Asker.STANDING, SHED)]
    assert client.post(reverse("tracking:forget", args=[link.token, "safe_place"])).status_code == 302
    assert "in the shed" not in page(client, link)


def test_what_somebody_needs_is_wished_for_once_and_for_all(client: Client) -> None:
    link = make_opened(client)
    needs = [Offer(action, timezone.now() + timedelta(hours=5)) for action in (Action.SAFE_PLACE, Action.NEEDS)]
    services.offer(link.shipment, needs, at=timezone.now())
    make_code(link)

    assert wish(client, link, minutes="3", text_only="on", no_bell="on") == 302

    words = ["3 minutes to the door", "Text, do not call", "Do not ring"]
    assert in_force(link.shipment) == [
        (Action.SAFE_PLACE, Asker.STANDING, SHED),
        (Action.NEEDS, Asker.STANDING, {"minutes": 3, "text_only": True, "no_bell": True, "words": words}),
    ]
    assert "3 minutes to the door · Text, do not call · Do not ring" in page(client, link)


def test_needs_alone_are_a_wish_and_forgotten_alone(client: Client) -> None:
    link = make_opened(client)
    make_code(link)

    assert wish(client, link, where="", no_bell="on") == 302

    assert Preference.objects.get().details == {"no_bell": True, "words": ["Do not ring"]}
    assert client.post(reverse("tracking:forget", args=[link.token, "needs"])).status_code == 302
    assert not Preference.objects.exists()


@pytest.mark.parametrize(
    "answers", [{"code": "654321"}, {"code": ""}, {"where": ""}, {"action": "hold"}, {"minutes": "99"}]
)
def test_without_the_right_code_and_a_wish_nothing_is_kept(client: Client, answers: dict[str, str]) -> None:
    link = make_opened(client)
    make_code(link)

    assert wish(client, link, **answers) == 422
    assert not Preference.objects.exists()


def test_a_code_is_good_once_and_guessing_ends(client: Client) -> None:
    link = make_opened(client)
    make_code(link)
    assert wish(client, link) == 302

    assert [wish(client, link, where="elsewhere") for _ in range(6)] == [422] * 5 + [429]
    assert Preference.objects.get().details == SHED


def test_without_the_second_factor_nothing_is_shown_sent_kept_or_forgotten() -> None:
    link = make_opened(Client())
    make_code(link)
    preferences.wish(link.shipment, Action.SAFE_PLACE, SHED, at=timezone.now())
    stranger = Client()

    assert "in the shed" not in page(stranger, link)
    assert wish(stranger, link, where="in my van") == 403
    for name, more in (("preferences_code", []), ("forget", ["safe_place"])):
        assert stranger.post(reverse(f"tracking:{name}", args=[link.token, *more])).status_code == 403
    assert Preference.objects.get().details == SHED
    assert LinkCode.objects.count() == 1
    assert stranger.get(reverse("tracking:preferences", args=["no-such-token"])).status_code == 404
