import asyncio
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient, Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from carriers import signals
from carriers.models import Account, Format, Letter, LetterState, Via
from carriers.services import accounts, letters
from carriers.views import hooks
from tests.carriers import partners
from tests.carriers.partners import make_account, post, say, signed, update

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]

OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = say(update())
ADDRESS = "/hooks/carriers/posti/"
MANY = 40


@pytest.fixture(autouse=True)
def account() -> Account:
    return make_account()


def test_what_is_signed_is_kept_byte_for_byte(account: Account) -> None:
    begun_at = timezone.now()

    assert post(BODY).status_code == 200

    letter = Letter.objects.get()
    assert (letter.account, letter.via, letter.state) == (account, Via.WEBHOOK, LetterState.WAITING)
    assert bytes(letter.body) == BODY
    assert begun_at <= letter.received_at <= timezone.now()


def test_what_comes_at_once_is_kept_together_and_answered_each_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = [say(update(id=str(number))) for number in range(MANY)]
    headers = [signed(body) for body in bodies]
    headers[3], headers[7] = {}, headers[8]
    batches = []

    def store_all(written: Collection[tuple[Account, bytes]], **how: Any) -> None:
        batches.append(len(written))
        store(written, **how)

    store = letters.store_all
    monkeypatch.setattr(letters, "store_all", store_all)

    async def post_all() -> list[int]:
        client = AsyncClient()
        posts = [
            client.post(ADDRESS, body, content_type="application/json", headers=signature)
            for body, signature in zip(bodies, headers, strict=True)
        ]
        return [answer.status_code for answer in await asyncio.gather(*posts)]

    statuses = async_to_sync(post_all)()

    assert [number for number, status in enumerate(statuses) if status != 200] == [3, 7]
    assert {bytes(body) for body in Letter.objects.values_list("body", flat=True)} == {
        body for body, status in zip(bodies, statuses, strict=True) if status == 200
    }
    assert sum(batches) == MANY - 2
    assert len(batches) <= 4


def test_it_takes_two_questions_to_the_database(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    headers = signed(BODY)
    begins_and_ends = 2

    with django_assert_num_queries(2 + begins_and_ends):
        assert post(BODY, headers).status_code == 200


def test_the_same_again_is_the_same_letter() -> None:
    assert [post(BODY).status_code for _ in range(3)] == [200, 200, 200]

    assert Letter.objects.count() == 1


@pytest.mark.parametrize("position", range(0, len(BODY), 7))
def test_a_single_bit_that_differs_is_refused_and_leaves_nothing(position: int) -> None:
    headers = signed(BODY)
    forged = bytearray(BODY)
    forged[position] ^= 1

    assert post(bytes(forged), headers).status_code == 403

    assert not Letter.objects.exists()


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_missing_or_another_is_refused(name: str) -> None:
    headers = signed(BODY)
    without = {other: value for other, value in headers.items() if other != name}

    assert post(BODY, without).status_code == 403
    assert post(BODY, {**headers, name: headers[name][:-1] + "!"}).status_code == 403
    assert not Letter.objects.exists()


@pytest.mark.parametrize("minutes", [-6, 6])
def test_what_was_signed_at_another_time_is_refused(minutes: int) -> None:
    assert post(BODY, signed(BODY, at=timezone.now() + timedelta(minutes=minutes))).status_code == 403

    assert not Letter.objects.exists()


def test_nobody_learns_which_partners_we_have(account: Account) -> None:
    Account.objects.create(
        slug="closed", name="Closed", format=Format.GENERIC, is_active=False, created_at=timezone.now()
    )
    make_account(slug="bare", secret="")
    make_account(slug="table", format=Format.CSV)

    forged = post(BODY, {})
    others = [post(BODY, slug=slug) for slug in ("nobody", "closed", "bare", "table")]

    assert forged.status_code == 403
    assert [(answer.status_code, answer.content) for answer in others] == [(403, forged.content)] * 4
    assert not Letter.objects.exists()


def test_two_secrets_count_for_a_day(account: Account) -> None:
    accounts.set_secret(account, OTHER_SECRET, at=timezone.now())

    assert post(BODY, signed(BODY)).status_code == 200
    assert post(BODY, signed(BODY, secret=OTHER_SECRET)).status_code == 200

    Account.objects.update(former_until=timezone.now())
    assert post(BODY, signed(BODY)).status_code == 403
    assert post(BODY, signed(BODY, secret=OTHER_SECRET)).status_code == 200


def test_secrets_are_sealed(account: Account) -> None:
    accounts.set_secret(account, OTHER_SECRET, at=timezone.now())
    accounts.set_api_key(account, "EZAK1")
    account.refresh_from_db()

    assert accounts.secrets_of(account, at=timezone.now()) == [OTHER_SECRET, partners.SECRET]
    assert accounts.api_key_of(account) == "EZAK1"
    kept = "".join(map(str, Account.objects.values_list("secret", "former_secret", "api_key").get()))
    assert not any(secret in kept for secret in (OTHER_SECRET, partners.SECRET, "EZAK1"))


def test_nothing_larger_than_a_megabyte_is_read() -> None:
    largest = b" " * hooks.LARGEST_BODY

    assert post(largest).status_code == 200
    answer = post(largest + b" ")

    assert answer.status_code == 413
    assert answer.json() == {"error": "The body is larger than 1024 kB."}
    assert Letter.objects.count() == 1


def test_a_secret_that_cannot_be_opened_any_more_is_none(settings: Settings, account: Account) -> None:
    settings.SECRET_KEY = "another"

    assert post(BODY).status_code == 403
    assert accounts.secrets_of(account, at=timezone.now()) == []
    assert accounts.api_key_of(account) == ""


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_a_post_brings_news(method: str) -> None:
    assert Client().generic(method, ADDRESS, BODY, headers=signed(BODY)).status_code == 405


def test_it_needs_no_token_of_a_form() -> None:
    client = Client(enforce_csrf_checks=True)

    answer = client.post(ADDRESS, BODY, content_type="application/json", headers=signed(BODY))

    assert answer.status_code == 200


@pytest.mark.parametrize("body", [b"", b"\x00", b"\xff\xfe", b"{", b"[" * 9000, b"null"])
def test_what_is_signed_is_kept_even_if_nobody_can_read_it(body: bytes) -> None:
    headers = {**signed(b""), "webhook-signature": ""}
    seconds = headers["webhook-timestamp"]
    headers["webhook-signature"] = partners.sign_bytes(body, seconds)

    assert post(body, headers).status_code == 200

    assert bytes(Letter.objects.get().body) == body


def test_reading_begins_once_a_letter_is_kept() -> None:
    heard = []

    def hear(**_: object) -> None:
        heard.append((Letter.objects.get().state, connection.in_atomic_block))

    signals.letter_stored.connect(hear)
    try:
        post(BODY)
        post(BODY, {})
    finally:
        signals.letter_stored.disconnect(hear)

    assert heard == [(LetterState.WAITING, False)]
