"""What a neighbour or concierge may know: when it comes and its PIN, for as long as the shopper wants."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import NOON, make_brand, make_link, make_shipment
from tests.notifications.test_scanners import everything, visits
from tests.tracking.test_races import at_once
from tracking.links import services as links
from tracking.links import sharing
from tracking.links.models import SharedLink, TrackingLink
from tracking.links.services import NoSuchLink
from tracking.links.sharing import TooMany
from tracking.proof import pins
from tracking.shipments import services as shipments
from tracking.shipments.lifecycle import Status
from tracking.shipments.window import Cause, Window

DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


def make_shared(link: TrackingLink | None = None, *, lasts: timedelta = DAY) -> SharedLink:
    link = link or make_link()
    return sharing.share(link, name="Concierge", lasts=lasts, at=NOON)


def make_on_its_way() -> TrackingLink:
    """Make a delivery that comes within the hour and asks for a PIN."""
    at = timezone.now()
    brand = make_brand(name="Päivänsäde", asks_for_pin=True)
    shipment = make_shipment(status=Status.OUT_FOR_DELIVERY, brand=brand, at=at - DAY)
    day = at.astimezone(shipment.zone).date()
    window = Window(day, at + timedelta(minutes=20), at + timedelta(minutes=40))
    shipments.estimate(shipment, window, cause=Cause.ON_THE_ROAD, at=at)
    return make_link(shipment, at=at)


def opened(client: Client, link: TrackingLink) -> Client:
    client.post(reverse("tracking:unlock", args=[link.token]), {"postcode": "00100"})
    return client


def test_it_shows_the_window_and_the_pin_and_nothing_else(client: Client) -> None:
    link = make_on_its_way()
    shared = sharing.share(link, name="Concierge", lasts=DAY, at=timezone.now())
    shipment = link.shipment
    shipment.refresh_from_db()

    response = client.get(reverse("tracking:shared", args=[shared.token]))

    body = response.content.decode()
    main = re.search(r"<main.*</main>", body, flags=re.DOTALL)
    told = " ".join(unescape(re.sub(r"<[^>]+>|\u2060", " ", main[0] if main else "")).split())
    assert shipment.window_start
    assert shipment.window_end
    start, end = (
        f"{moment.astimezone(shipment.zone):%H:%M}" for moment in (shipment.window_start, shipment.window_end)
    )
    pin = pins.shown(shipment, at=timezone.now())
    assert re.fullmatch(r"\d{6}", pin)
    assert told == f"A delivery that you take in comes Today, {start} – {end} PIN for the driver {pin}"
    secrets = [
        "Aleksanterinkatu",
        "00100",
        "Meikäläinen",
        "maija@example.org",
        "401234567",
        "4711B",
        "Päivänsäde",
        "Concierge",
        shipment.reference,
        link.token,
        "#0b6e5f",
        "colours",
        *shipment.parcels.values_list("number", flat=True),
    ]
    assert not [secret for secret in secrets if secret in body]
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert not response.cookies


@pytest.mark.parametrize(
    "suffix", [".json", ".txt", ".ics", "options/", "code/", "messages/", "case/", "data/", "widget/"]
)
def test_it_opens_no_other_page(client: Client, suffix: str) -> None:
    shared = make_shared(make_on_its_way())

    for address in (f"/t/{shared.token}/{suffix}", f"/t/{shared.token}{suffix}", f"/shared/{shared.token}{suffix}"):
        assert client.get(address, follow=True).status_code in {404, 405}


def test_it_opens_no_live_page() -> None:
    shared = make_shared()

    with pytest.raises(NoSuchLink):
        links.find(shared.token, at=NOON)


def test_it_ends_with_its_term_when_it_is_taken_back_with_its_link_and_with_the_delivery() -> None:
    expired, revoked, of_revoked, of_ended = (make_shared() for _ in range(4))
    lookup = make_link()
    TrackingLink.objects.filter(id=lookup.id).update(expires_at=NOON + timedelta(hours=1))
    of_expired = make_shared(lookup)
    sharing.revoke(revoked.link.shipment, revoked.token, at=NOON)
    links.revoke(of_revoked.link, at=NOON)
    shipments.record(of_ended.link.shipment, Status.CANCELLED, at=NOON)

    assert sharing.find(expired.token, at=NOON + DAY - timedelta(seconds=1)) == expired
    for shared, at in [
        (expired, NOON + DAY),
        (revoked, NOON),
        (of_revoked, NOON),
        (of_ended, NOON),
        (of_expired, NOON + timedelta(hours=1)),
    ]:
        with pytest.raises(NoSuchLink):
            sharing.find(shared.token, at=at)


@pytest.mark.parametrize("token", ["", "x" * 41, "é", "a\0b", "no-such-token"])
def test_what_is_no_token_finds_nothing(token: str) -> None:
    with pytest.raises(NoSuchLink):
        sharing.find(token, at=NOON)


def test_guessing_is_counted_against_the_address(client: Client) -> None:
    answers = [client.get(f"/shared/guess-{number}/").status_code for number in range(42)]

    assert answers == [404] * 40 + [429] * 2


def test_the_shopper_makes_lists_and_takes_back(client: Client) -> None:
    opened(client, link := make_on_its_way())

    made = client.post(reverse("tracking:share_new", args=[link.token]), {"name": "Concierge", "days": "3"})
    shared = SharedLink.objects.get()
    listed = client.get(reverse("tracking:share", args=[link.token])).content.decode()
    taken_back = client.post(reverse("tracking:unshare", args=[link.token, shared.token]))

    assert (made.status_code, taken_back.status_code) == (302, 302)
    assert (shared.name, shared.expires_at - shared.created_at) == ("Concierge", 3 * DAY)
    assert f"http://testserver/shared/{shared.token}/" in listed
    assert client.get(reverse("tracking:shared", args=[shared.token])).status_code == 404
    assert "Concierge" not in client.get(reverse("tracking:share", args=[link.token])).content.decode()


def test_nobody_else_lists_makes_or_takes_back(client: Client) -> None:
    link, other = make_on_its_way(), make_on_its_way()
    shared = sharing.share(link, name="Concierge", lasts=DAY, at=timezone.now())
    opened(client, other)

    assert "Concierge" not in client.get(reverse("tracking:share", args=[link.token])).content.decode()
    for response in (
        client.post(reverse("tracking:share_new", args=[link.token]), {"name": "Me", "days": "7"}),
        client.post(reverse("tracking:unshare", args=[link.token, shared.token])),
    ):
        assert response.status_code == 403
    client.post(reverse("tracking:unshare", args=[other.token, shared.token]))
    assert client.post(reverse("tracking:share_new", args=["no-such-token"])).status_code == 404
    assert sharing.list_good(link.shipment, at=timezone.now()) == [shared]


@pytest.mark.parametrize("answers", [{}, {"name": "Me"}, {"name": "Me", "days": "30"}, {"name": "x" * 61, "days": "1"}])
def test_what_cannot_be_read_makes_no_link(client: Client, answers: dict[str, str]) -> None:
    opened(client, link := make_on_its_way())

    assert client.post(reverse("tracking:share_new", args=[link.token]), answers).status_code == 422
    assert not SharedLink.objects.exists()


def test_five_people_are_enough() -> None:
    link = make_link()
    for _ in range(5):
        make_shared(link)

    with pytest.raises(TooMany):
        make_shared(link)
    sharing.revoke(link.shipment, SharedLink.objects.all()[0].token, at=NOON)
    assert make_shared(link) in sharing.list_good(link.shipment, at=NOON)


@pytest.mark.django_db(transaction=True)
def test_links_made_at_once_are_no_more_than_five() -> None:
    link = make_link()

    made = at_once(*[lambda: make_shared(link)] * 7)

    assert sum(isinstance(each, SharedLink) for each in made) == SharedLink.objects.count() == 5
    assert sum(isinstance(each, TooMany) for each in made) == 2


def test_a_thousand_scanners_on_every_page_of_changes_change_nothing(client: Client) -> None:
    link = make_on_its_way()
    shared = sharing.share(link, name="Concierge", lasts=DAY, at=timezone.now())
    pages = [reverse(f"tracking:{name}", args=[link.token]) for name in ("options", "share", "preferences")]
    pages.append(reverse("tracking:shared", args=[shared.token]))
    before = everything()

    for path, visitor in visits(set(pages)):
        assert client.get(path, headers={"user-agent": visitor}).status_code == 200
    for path in pages:
        assert client.head(path).status_code == 200
        assert client.options(path).status_code in {200, 405}

    assert everything() == before
