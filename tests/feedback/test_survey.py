from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feedback.models import Rating, RatingVersion
from feedback.reasons import Reason
from tests import factories
from tracking.links.models import TrackingLink
from tracking.shipments.lifecycle import Status

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def make_link(status: Status = Status.DELIVERED) -> TrackingLink:
    return factories.make_link(factories.make_shipment(status=status, at=timezone.now() - timedelta(days=1)))


def address(name: str, link: TrackingLink) -> str:
    return reverse(f"feedback:{name}", args=[link.token])


def test_one_tap_on_a_star_is_stored_at_once(client: Client) -> None:
    link = make_link()

    response = client.post(address("rate", link), {"score": "2"}, follow=True)

    assert Rating.objects.get().score == 2
    assert "Please tell us what went wrong." in response.text
    assert "I did not get it" in response.text
    assert "The driver was friendly" not in response.text


def test_a_link_that_points_at_a_star_stores_nothing(client: Client) -> None:
    link = make_link()

    for method in (client.get, client.head):
        for _ in range(3):
            assert method(address("survey", link), {"score": "5"}).status_code == 200

    assert not Rating.objects.exists()
    assert "Give 5 stars" in client.get(address("survey", link), {"score": "5"}).text


@pytest.mark.parametrize("score", ["", "0", "6", "-1", "five", "1.5", "\u0665\u0665", "\0", "9" * 5000])
def test_a_score_that_is_none_points_at_nothing_and_is_not_stored(client: Client, score: str) -> None:
    link = make_link()

    assert client.get(address("survey", link), {"score": score}).status_code == 200
    assert client.post(address("rate", link), {"score": score}).status_code == 422

    assert not Rating.objects.exists()


def test_more_may_be_said_after_the_stars(client: Client) -> None:
    link = make_link()
    client.post(address("rate", link), {"score": "5"})

    more = {"reasons": ["on_time", "friendly"], "words": "Kiitos!", "recommends": "10"}
    response = client.post(address("elaborate", link), more, follow=True)

    rating = Rating.objects.get()
    assert "We have your answer." in response.text
    assert (rating.reasons, rating.words, rating.recommends) == (["on_time", "friendly"], "Kiitos!", 10)
    assert list(RatingVersion.objects.order_by("id").values_list("score", "words")) == [(5, ""), (5, "Kiitos!")]


def test_a_reason_that_does_not_fit_the_stars_is_refused(client: Client) -> None:
    link = make_link()
    client.post(address("rate", link), {"score": "5"})

    response = client.post(address("elaborate", link), {"reasons": [Reason.LATE], "words": "x"})

    assert response.status_code == 422
    assert Rating.objects.get().words == ""


def test_other_stars_keep_what_was_said_but_for_reasons_that_no_longer_fit(client: Client) -> None:
    link = make_link()
    client.post(address("rate", link), {"score": "5"})
    client.post(address("elaborate", link), {"reasons": ["on_time"], "words": "Hm.", "recommends": "7"})

    client.post(address("rate", link), {"score": "3"})

    rating = Rating.objects.get()
    assert (rating.score, rating.reasons, rating.words, rating.recommends) == (3, [], "Hm.", 7)


def test_an_answer_stays_as_it_is_after_a_day(client: Client) -> None:
    link = make_link()
    client.post(address("rate", link), {"score": "4"})
    Rating.objects.update(rated_at=timezone.now() - timedelta(hours=24))

    again = client.post(address("rate", link), {"score": "1"})
    more = client.post(address("elaborate", link), {"words": "Too late"})

    assert (again.status_code, more.status_code) == (422, 422)
    assert "stays as it is" in again.text
    assert list(Rating.objects.values_list("score", "words")) == [(4, "")]
    assert "<fieldset" not in client.get(address("survey", link)).text


@pytest.mark.parametrize("status", [Status.PLANNED, Status.OUT_FOR_DELIVERY, Status.RETURNED, Status.CANCELLED])
def test_what_was_not_delivered_cannot_be_rated(client: Client, status: Status) -> None:
    link = make_link(status)

    response = client.post(address("rate", link), {"score": "5"})

    assert (response.status_code, Rating.objects.count()) == (422, 0)
    assert "has not arrived yet" in client.get(address("survey", link)).text


def test_nothing_is_said_without_stars(client: Client) -> None:
    link = make_link()

    assert client.post(address("elaborate", link), {"words": "Hello"}).status_code == 422

    assert not Rating.objects.exists()


@pytest.mark.parametrize("name", ["survey", "rate", "elaborate"])
def test_only_who_holds_a_link_is_asked(client: Client, name: str) -> None:
    wrong = reverse(f"feedback:{name}", args=["wrong"])

    assert (client.get(wrong) if name == "survey" else client.post(wrong)).status_code == 404


@pytest.mark.parametrize("name", ["rate", "elaborate"])
def test_only_a_post_stores(client: Client, name: str) -> None:
    assert client.get(address(name, make_link()), {"score": "5"}).status_code == 405


def test_the_survey_is_kept_out_of_caches_and_shows_nobodys_name(client: Client) -> None:
    link = make_link()

    response = client.get(address("survey", link))

    assert response["Cache-Control"] == "no-store"
    assert "Maija" not in response.text


def test_the_delivery_page_leads_there_once_it_has_come(client: Client) -> None:
    waiting, delivered = make_link(Status.OUT_FOR_DELIVERY), make_link()

    def page(link: TrackingLink) -> str:
        return client.get(reverse("tracking:page", args=[link.token])).text

    assert address("survey", delivered) in page(delivered)
    assert address("survey", waiting) not in page(waiting)
    assert client.get(reverse("tracking:page_json", args=[delivered.token])).json()["actions"] == ["feedback", "case"]
