import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from carriers.models import Account, Alarm, AlarmKind, Format, Letter, LetterState, Via
from carriers.services import accounts, alarms, folder, letters
from desk.models import Role
from tests.carriers.partners import SECRET, hear, make_account, make_carrier, say, update
from tests.factories import NOON, make_member

pytestmark = pytest.mark.django_db

KEY = "EZAK1"


@pytest.fixture
def user() -> User:
    return make_member(Role.ADMIN)


@pytest.fixture
def client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form(**fields: object) -> dict[str, object]:
    """Fill in the form of an account as its page has it."""
    known = {"name": "Posti", "slug": "posti", "format": Format.GENERIC, "carriers": [make_carrier().id]}
    return {**known, "is_active": "on", "silent_after_hours": "24", **fields}


def address(account: Account) -> str:
    return f"/admin/carriers/account/{account.id}/change/"


def errors(client: Client, account: Account, **fields: object) -> dict[str, list[str]]:
    answer = client.post(address(account), form(**fields))
    assert answer.status_code == 200
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return found


def act(client: Client, model: str, action: str, *rows: Account | Letter | Alarm) -> str:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(f"/admin/carriers/{model}/", chosen, follow=True).content.decode()


def test_an_account_is_made_with_secrets_that_are_never_shown(client: Client) -> None:
    begun_at = timezone.now()

    client.post("/admin/carriers/account/add/", form(new_secret=SECRET, new_api_key=KEY))

    account = Account.objects.get()
    page = client.get(address(account)).content.decode()
    assert accounts.secrets_of(account, at=timezone.now()) == [SECRET]
    assert accounts.api_key_of(account) == KEY
    assert begun_at <= account.created_at <= timezone.now()
    assert not any(secret in page for secret in (SECRET, KEY, account.secret, account.api_key))


def test_secrets_stay_where_none_are_written(client: Client) -> None:
    account = make_account()

    client.post(address(account), form(name="Posti Group"))

    account.refresh_from_db()
    assert account.name == "Posti Group"
    assert accounts.secrets_of(account, at=timezone.now()) == [SECRET]


def test_a_new_secret_lets_the_one_before_count_for_a_day(client: Client) -> None:
    account = make_account()

    client.post(address(account), form(new_secret="whsec_b3RoZXI="))

    account.refresh_from_db()
    assert accounts.secrets_of(account, at=timezone.now()) == ["whsec_b3RoZXI=", SECRET]
    assert accounts.secrets_of(account, at=timezone.now() + accounts.FORMER_LASTS) == ["whsec_b3RoZXI="]


def test_a_secret_that_we_make_is_shown_once(client: Client) -> None:
    account, other = make_account(), make_account(slug="other")

    assert "Choose one account." in act(client, "account", "make_secret", account, other)
    page = act(client, "account", "make_secret", account)

    account.refresh_from_db()
    secret, _ = accounts.secrets_of(account, at=timezone.now())
    assert secret in page
    assert secret not in client.get(address(account)).content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"poll_minutes": 30},
        {"poll_minutes": 30, "format": Format.EASYPOST},
        {"poll_minutes": 30, "api_url": "https://api.example.com"},
        {"poll_minutes": 0, "api_url": "https://api.example.com", "format": Format.EASYPOST},
    ],
)
def test_only_who_has_an_api_can_be_asked(client: Client, fields: dict[str, object]) -> None:
    account = make_account()

    assert list(errors(client, account, **fields)) == ["poll_minutes"]

    account.refresh_from_db()
    assert account.poll_minutes is None


def test_a_table_is_brought_by_hand(client: Client) -> None:
    account = make_account(format=Format.CSV)
    table = SimpleUploadedFile("today.csv", b"tracking_number,status\n")

    client.post(address(account), form(format=Format.CSV, table=table))

    letter = Letter.objects.get()
    assert (letter.via, bytes(letter.body)) == (Via.FILE, b"tracking_number,status\n")


def test_a_table_that_nobody_can_read_is_refused(client: Client) -> None:
    account = make_account(format=Format.CSV)
    large = SimpleUploadedFile("large.csv", b"x" * (folder.LARGEST + 1))

    assert list(errors(client, account, format=Format.CSV, table=large)) == ["table"]
    assert list(errors(client, account, table=SimpleUploadedFile("a.csv", b"a"))) == ["table"]
    assert not Letter.objects.exists()


def test_an_account_says_how_it_is(client: Client) -> None:
    account = make_account()
    hear(account, say(update()), at=NOON)
    hear(account, b"{", at=timezone.now())

    page = client.get(address(account)).content.decode()

    assert '<div class="readonly">2026-11-22 10:00:00</div>' in page
    assert '<div class="readonly">1</div>' in page


def test_a_letter_is_shown_as_text(client: Client) -> None:
    account = make_account()
    letters.store(account, b"<script>alert(1)</script>\xff\x00", via=Via.WEBHOOK, at=NOON)

    page = client.get(f"/admin/carriers/letter/{Letter.objects.get().id}/change/").content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;\ufffd" in page
    assert "<script>alert(1)" not in page


def test_letters_are_read_again_by_a_click(client: Client) -> None:
    account = make_account()
    hear(account, b"{", b"[")
    first, second = Letter.objects.order_by("id")

    assert "1 to be read again." in act(client, "letter", "read_again", first)
    assert "1 to be read again." in act(client, "letter", "read_again", first, second)

    assert {*Letter.objects.values_list("state", flat=True)} == {LetterState.WAITING}


def test_alarms_are_settled_by_a_click(client: Client, user: User) -> None:
    account = make_account()
    alarms.sound(account.id, AlarmKind.UNKNOWN_CODE, subject="X9", at=NOON)

    assert "1 settled." in act(client, "alarm", "settle", Alarm.objects.get())

    alarm = Alarm.objects.get()
    assert alarm.settled_by == user
    assert alarm.settled_at is not None


def test_a_lead_may_settle_but_not_read() -> None:
    client = Client()
    client.force_login(make_member(Role.LEAD))

    assert client.get("/admin/carriers/alarm/").status_code == 200
    assert client.get("/admin/carriers/letter/").status_code == 403
    assert client.get("/admin/carriers/account/").status_code == 403
