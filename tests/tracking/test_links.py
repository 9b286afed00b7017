import math
import string
from collections import Counter
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from tests.factories import NOON, make_brand, make_link, make_recipient, make_shipment
from tracking.links import services as links
from tracking.links import signals
from tracking.links.models import LinkUse, Origin, TrackingLink, UseKind, make_token
from tracking.links.services import NoSuchLink, TooManyTries
from tracking.rounds.models import make_key
from tracking.shipments import services
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.mark.parametrize("make", [make_token, make_key])
def test_a_secret_has_more_random_bits_than_anybody_can_guess(make: type[str]) -> None:
    secrets = [make() for _ in range(10_000)]

    seen = Counter("".join(secrets))
    alphabet = set(string.ascii_letters + string.digits + "-_")
    assert set(seen) == alphabet
    assert {len(secret) for secret in secrets} == {32}
    assert len(set(secrets)) == len(secrets)
    assert 32 * math.log2(len(alphabet)) == 192
    assert max(seen.values()) / min(seen.values()) < 1.25


def test_a_token_opens_its_shipment_and_no_other(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    link, other = make_link(), make_link()

    with django_assert_num_queries(1):
        found = links.find(link.token, at=NOON)
        assert found.shipment.brand.name == "Kauppa"

    assert found == link
    assert links.find(other.token, at=NOON).shipment == other.shipment


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 32, "A" * 41, "ä" * 32, "\0", "' OR 1=1 --", "%", "../../etc/passwd", "\ud800"]
)
def test_what_is_no_token_opens_nothing(token: str) -> None:
    make_link()

    with pytest.raises(NoSuchLink):
        links.find(token, at=NOON)


def test_neither_case_nor_spaces_nor_a_part_of_a_token_will_do() -> None:
    token = make_link().token

    for guess in (token.swapcase(), f" {token}", f"{token}\n", token[:-1], token[:-1] + "%", f"{token}A"):
        with pytest.raises(NoSuchLink):
            links.find(guess, at=NOON)


def test_a_link_ends_the_brands_days_after_its_shipment() -> None:
    shipment = make_shipment(brand=make_brand(link_days=3), status=Status.OUT_FOR_DELIVERY)
    link = make_link(shipment)
    assert links.find(link.token, at=NOON + 1000 * DAY) == link
    services.record(shipment, Status.DELIVERED, at=NOON)

    assert links.find(link.token, at=NOON + 3 * DAY - timedelta(seconds=1)) == link
    with pytest.raises(NoSuchLink):
        links.find(link.token, at=NOON + 3 * DAY)


def test_a_revoked_link_opens_nothing_and_its_twin_still_does(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    shipment = make_shipment()
    link, twin = make_link(shipment), make_link(shipment)
    heard: list[int] = []
    signals.link_revoked.connect(lambda shipment_id, **_: heard.append(shipment_id), weak=False, dispatch_uid="test")

    with django_capture_on_commit_callbacks(execute=True):
        links.revoke(link, at=NOON)
        links.revoke(link, at=NOON + HOUR)

    signals.link_revoked.disconnect(dispatch_uid="test")
    link.refresh_from_db()
    assert link.revoked_at == NOON
    assert heard == [shipment.id]
    with pytest.raises(NoSuchLink):
        links.find(link.token, at=NOON)
    assert links.find(twin.token, at=NOON) == twin


@pytest.mark.parametrize("postcode", ["00100", " 00100 ", "00-100", "001 00"])
def test_a_number_and_its_postcode_make_a_link_that_lasts_a_day(postcode: str) -> None:
    shipment = make_shipment(parcel_numbers=["JJFI-1", "JJFI-2"])

    for number in (shipment.reference, shipment.reference.lower(), " jjfi-2 "):
        link = links.look_up(number, postcode, at=NOON)

        assert (link.shipment, link.origin, link.takes_postcode) == (shipment, Origin.LOOKUP, False)
        assert links.find(link.token, at=NOON + DAY - timedelta(seconds=1)) == link
        with pytest.raises(NoSuchLink):
            links.find(link.token, at=NOON + DAY)


@pytest.mark.parametrize(
    ("number", "postcode"),
    [
        ("DS-nobody", "00100"),
        ("P-1", "00101"),
        ("P-1", ""),
        ("P-1", "-"),
        ("", "00100"),
        ("P-", "00100"),
        ("%", "00100"),
    ],
)
def test_a_number_and_a_postcode_that_do_not_belong_together_make_no_link(number: str, postcode: str) -> None:
    make_shipment(parcel_numbers=["P-1"])

    with pytest.raises(NoSuchLink):
        links.look_up(number, postcode, at=NOON)

    assert not TrackingLink.objects.exists()


def test_a_number_that_two_brands_use_at_one_postcode_makes_no_link() -> None:
    first, second, elsewhere = make_shipment(), make_shipment(), make_shipment()
    Shipment.objects.filter(id__in=[second.id, elsewhere.id]).update(reference=first.reference)
    Shipment.objects.filter(id=elsewhere.id).update(postcode="00200")

    with pytest.raises(NoSuchLink):
        links.look_up(first.reference, "00100", at=NOON)

    assert links.look_up(first.reference, "00200", at=NOON).shipment == elsewhere


def test_a_shipment_whose_links_have_ended_is_not_found_any_more() -> None:
    shipment = make_shipment(status=Status.DELIVERED)

    with pytest.raises(NoSuchLink):
        links.look_up(shipment.reference, "00100", at=NOON + 30 * DAY)


def test_a_shipment_without_a_postcode_is_neither_found_nor_unlocked_by_none() -> None:
    shipment = make_shipment()
    Shipment.objects.filter(id=shipment.id).update(postcode=" - ")
    link = make_link(Shipment.objects.get(id=shipment.id))

    with pytest.raises(NoSuchLink):
        links.look_up(shipment.reference, "", at=NOON)

    assert not links.unlock(link, postcode="", at=NOON)


@pytest.mark.parametrize("postcode", ["00100", "00 100", "\uff10\uff10\uff11\uff10\uff10"])
def test_the_postcode_unlocks_a_link_that_was_sent(postcode: str) -> None:
    link = make_link()

    assert links.unlock(link, postcode=postcode, at=NOON)

    assert LinkUse.objects.get(link=link).kind == UseKind.UNLOCKED


def test_the_postcode_is_spent_for_who_came_by_the_lookup() -> None:
    shipment = make_shipment()
    link = links.look_up(shipment.reference, "00100", at=NOON)

    assert not links.unlock(link, postcode="00100", at=NOON)

    assert LinkUse.objects.get(link=link).kind == UseKind.REFUSED


def test_after_five_wrong_tries_within_an_hour_not_even_the_right_one_is_looked_at() -> None:
    link, other = make_link(), make_link()
    for minute in range(5):
        assert not links.unlock(link, postcode="99999", at=NOON + timedelta(minutes=minute))

    with pytest.raises(TooManyTries):
        links.unlock(link, postcode="00100", at=NOON + timedelta(minutes=59))

    assert LinkUse.objects.filter(link=link).count() == 5
    assert links.unlock(other, postcode="00100", at=NOON)
    assert links.unlock(link, postcode="00100", at=NOON + HOUR)


def test_a_right_try_does_not_give_the_wrong_ones_back() -> None:
    link = make_link()
    for _ in range(4):
        links.unlock(link, postcode="99999", at=NOON)
    assert links.unlock(link, postcode="00100", at=NOON)
    assert not links.unlock(link, postcode="99999", at=NOON)

    with pytest.raises(TooManyTries):
        links.unlock(link, postcode="00100", at=NOON)


def test_a_shipment_in_another_brand_is_never_behind_a_link() -> None:
    mine = make_shipment(brand=make_brand(slug="mine"), recipient=make_recipient())
    theirs = make_shipment(brand=make_brand(slug="theirs"), recipient=make_recipient())
    link = make_link(mine)

    assert links.find(link.token, at=NOON).shipment.brand.slug == "mine"
    assert links.look_up(theirs.reference, "00100", at=NOON).shipment.brand.slug == "theirs"


def test_the_link_to_send_is_the_latest_good_one_of_those_sent() -> None:
    shipment = make_shipment()
    make_link(shipment, at=NOON - DAY)
    latest = make_link(shipment, at=NOON - HOUR)
    links.look_up(shipment.reference, "00100", at=NOON)
    links.revoke(make_link(shipment, at=NOON), at=NOON)
    TrackingLink.objects.create(shipment=shipment, created_at=NOON, expires_at=NOON + HOUR)

    assert links.for_sending([shipment], at=NOON + HOUR) == {shipment.id: latest}


def test_links_to_send_are_made_where_there_are_none(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    shipments = [make_shipment() for _ in range(3)]

    with django_assert_num_queries(2):
        made = links.for_sending(shipments, at=NOON)

    assert made == {link.shipment_id: link for link in TrackingLink.objects.all()}
    assert {link.origin for link in made.values()} == {Origin.SENT}
    assert links.for_sending(shipments, at=NOON) == made


def test_a_shipment_whose_links_have_ended_gets_no_link_to_send() -> None:
    shipment = make_shipment(status=Status.DELIVERED)

    assert links.for_sending([shipment], at=NOON + 15 * DAY) == {}
    assert not TrackingLink.objects.exists()
