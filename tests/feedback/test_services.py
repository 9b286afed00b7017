from datetime import timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from feedback import services, signals
from feedback.models import Rating, RatingVersion, Source
from feedback.services import Closed, NotDelivered, NotRated
from tests.factories import NOON, make_shipment
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment


def rate(shipment: Shipment, score: int = 4) -> Rating:
    return services.rate(shipment, score=score, source=Source.PAGE, at=NOON)


@pytest.mark.django_db
def test_a_rating_is_told_to_whoever_listens(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    heard = []

    def hear(rating_id: int, shipment_id: int, **_: object) -> None:
        heard.append((rating_id, shipment_id))

    signals.rated.connect(hear)
    shipment = make_shipment(status=Status.DELIVERED)
    with django_capture_on_commit_callbacks(execute=True):
        rating = rate(shipment)

    assert heard == [(rating.id, shipment.id)]


@pytest.mark.django_db
def test_the_same_stars_twice_are_one_answer() -> None:
    shipment = make_shipment(status=Status.DELIVERED)

    rate(shipment)
    rate(shipment)

    assert (Rating.objects.count(), RatingVersion.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_refusals_change_nothing() -> None:
    waiting, delivered = make_shipment(status=Status.OUT_FOR_DELIVERY), make_shipment(status=Status.DELIVERED)

    with pytest.raises(NotDelivered):
        rate(waiting)
    with pytest.raises(NotRated):
        services.elaborate(delivered, given=[], words="x", recommends=None, source=Source.PAGE, at=NOON)
    rate(delivered)
    with pytest.raises(Closed):
        services.rate(delivered, score=1, source=Source.SMS, at=NOON + timedelta(hours=24))

    assert list(Rating.objects.values_list("score", "source")) == [(4, "page")]


@pytest.mark.django_db
@pytest.mark.parametrize(("score", "recommends"), [(0, None), (6, None), (3, 11)])
def test_the_database_holds_no_impossible_opinion(score: int, recommends: int | None) -> None:
    rating = rate(make_shipment(status=Status.DELIVERED))

    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.filter(id=rating.id).update(score=score, recommends=recommends)


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_are_one_answer_and_both_are_kept() -> None:
    shipment = make_shipment(status=Status.DELIVERED)

    def tap(score: int) -> None:
        rate(shipment, score)
        connection.close()

    taps = [Thread(target=tap, args=[score]) for score in (2, 5)]
    for thread in taps:
        thread.start()
    for thread in taps:
        thread.join()

    assert Rating.objects.get().score in (2, 5)
    assert sorted(RatingVersion.objects.values_list("score", flat=True)) == [2, 5]
